"""Power control: the regulator's voltage ranges. ST RM0351 section 5."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import System

VOSF = 1 << 10  # SR2: the voltage is still changing
RANGE_2 = 2
CHANGE_US = 20  # RM0351 5.1.7, range 2 to range 1
MAX_MHZ = {1: 80, 2: 26}  # RM0351 5.1.7


class Pwr(Peripheral, model="stm32l4.pwr"):
    """The low-power modes are not modelled."""

    CR1 = Register(0x00, reset=0x0200, writable=0x4707)
    CR2 = Register(0x04)
    CR3 = Register(0x08, reset=0x8000)
    CR4 = Register(0x0C)
    SR1 = Register(0x10, writable=0)
    SR2 = Register(0x14, reset=0x0100, writable=0)
    SCR = Register(0x18)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        super().__init__(spec, system)
        system.clocks.on_change.append(self._check)

    @property
    def voltage_range(self) -> int:
        """1 or 2, by CR1.VOS; the other values do nothing."""
        return 2 if self.CR1 >> 9 & 3 == RANGE_2 else 1

    def write_cr1(self, value: int) -> None:
        old = self.voltage_range
        self.CR1 = value & Pwr.CR1.writable
        if self.voltage_range < old:
            self.SR2 |= VOSF
            self.system.ready_after_us(CHANGE_US, self._reached)
        self._check()

    def _reached(self) -> None:
        self.SR2 &= ~VOSF

    def _check(self) -> None:
        core, limit = self.system.clocks.hz["core"], MAX_MHZ[self.voltage_range]
        if core > limit * 1_000_000:
            self.system.notes.add(
                f"The core clock of {core / 1e6:g} MHz is beyond the {limit} MHz of voltage range "
                f"{self.voltage_range} (RM0351 5.1.7)."
            )
