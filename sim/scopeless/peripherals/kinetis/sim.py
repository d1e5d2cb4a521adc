"""System integration module: clock dividers and gates. K20P64M72SF1RM and K64P144M120SF5RM, chapter SIM."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.kinetis.block import Block
from scopeless.peripherals.system import System

SIM = 0x1000  # the rest is a block behind SOPT1's


class Sim(Block, model="kinetis.sim"):
    """Options: ``max_mhz``, the data sheet's limits by name of the clock (``core``, ``bus``, ``flash``);
    ``scgc7``, its reset value.

    Core, bus, FlexBus and flash clock are the MCG's output by CLKDIV1; the timing core hears their ratios.
    """

    SOPT1 = Register(0x0000, reset=0x8000_0000)  # the USB regulator is on
    SOPT1CFG = Register(0x0004)
    SOPT2 = Register(SIM + 0x04, reset=0x1000)
    SOPT4 = Register(SIM + 0x0C)
    SOPT5 = Register(SIM + 0x10)
    SOPT7 = Register(SIM + 0x18)
    SDID = Register(SIM + 0x24, writable=0)
    SCGC1 = Register(SIM + 0x28)
    SCGC2 = Register(SIM + 0x2C)
    SCGC3 = Register(SIM + 0x30)
    SCGC4 = Register(SIM + 0x34, reset=0xF010_0030)
    SCGC5 = Register(SIM + 0x38, reset=0x0004_0182)
    SCGC6 = Register(SIM + 0x3C, reset=0x4000_0001)
    SCGC7 = Register(SIM + 0x40)
    CLKDIV1 = Register(SIM + 0x44, reset=0x0011_0000, writable=0xFFFF_0000)
    CLKDIV2 = Register(SIM + 0x48)
    FCFG1 = Register(SIM + 0x4C)
    FCFG2 = Register(SIM + 0x50, writable=0)

    GATES = ("SCGC1", "SCGC2", "SCGC3", "SCGC4", "SCGC5", "SCGC6", "SCGC7")

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        super().__init__(spec, system)
        system.clocks.on_change.append(self._update)

    def reset(self) -> None:
        super().reset()
        self.SCGC7 = int(self.spec.options["scgc7"])
        self._enable()
        self._update()

    def write_word(self, offset: int, value: int) -> None:
        super().write_word(offset, value)
        self._enable()

    def write_clkdiv1(self, value: int) -> None:
        self.CLKDIV1 = value & 0xFFFF_0000
        self._update()

    def _enable(self) -> None:
        self.system.clocks.enabled.update({name.lower(): getattr(self, name) for name in self.GATES})

    def _update(self) -> None:
        mcgout = self.system.clocks.hz.get("mcgout", 0)
        if not mcgout:
            return  # before the MCG's first word
        core, bus, flexbus, flash = ((self.CLKDIV1 >> shift & 15) + 1 for shift in (28, 24, 20, 16))
        self.system.timing(Setting.FLASH_RATIO, max(flash // core, 1))
        self.system.timing(Setting.APB1_DIVIDER, max(bus // core, 1))
        self.system.timing(Setting.APB2_DIVIDER, max(bus // core, 1))
        self.system.clocks.set(
            core=mcgout // core, bus=mcgout // bus, flexbus=mcgout // flexbus, flash=mcgout // flash
        )
        if bus % core or flash % core or flash < bus:
            self.system.notes.add(
                f"SIM_CLKDIV1 divides core, bus and flash clock by {core}, {bus} and {flash}; bus and flash "
                "clock must be whole fractions of the core's and the flash clock the slowest (chapter SIM)."
            )
        for name, limit in self.spec.options.get("max_mhz", {}).items():
            mhz = self.system.clocks.hz[name] / 1e6
            if mhz > limit:
                self.system.notes.add(
                    f"The {name} clock of {mhz:g} MHz is beyond the data sheet's {limit:g} MHz."
                )
