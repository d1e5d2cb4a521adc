"""Flash controller of one of the two planes. Atmel 11057, chapter EEFC."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.machine import UNSAFE_FLASH
from scopeless.native import Setting
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import System

SCOD, FAM = 1 << 16, 1 << 24
MAX_MHZ = (22.5, 34, 53, 78, 84)
"""By wait states: sam3x8e.h, CHIP_FREQ_FWS_0 to _3, and the chip's limit."""


class Eefc(Peripheral, model="sam3x.eefc"):
    """Options: ``timing = true`` for the plane that the firmware is in: its mode register sets the flash's
    timing. Commands (programming, erasing) are not modelled."""

    FMR = Register(0x00, writable=0x0101_0F01)
    FCR = Register(0x04)
    FSR = Register(0x08, reset=1, writable=0)
    FRR = Register(0x0C, writable=0)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._sets_timing = bool(spec.options.get("timing"))
        super().__init__(spec, system)
        if self._sets_timing:
            system.clocks.on_change.append(self._check)

    def reset(self) -> None:
        super().reset()
        self._apply()

    def write_fmr(self, value: int) -> None:
        self.FMR = value & Eefc.FMR.writable
        self._apply()
        if self._sets_timing:
            self._check()

    def write_fcr(self, value: int) -> None:
        self.system.notes.add(
            f"The firmware gives {self.name} a command; programming and erasing the flash are not modelled."
        )

    def _apply(self) -> None:
        if self._sets_timing:
            self.system.timing(Setting.FLASH_WAIT_STATES, self._wait_states())
            self.system.timing(Setting.FLASH_PREFETCH, int(not self.FMR & SCOD))
            self.system.timing(Setting.FLASH_WIDTH, 8 if self.FMR & FAM else 16)

    def _wait_states(self) -> int:
        return self.FMR >> 8 & 15

    def _check(self) -> None:
        mhz = self.system.clocks.hz["core"] / 1e6
        needed = next((n for n, limit in enumerate(MAX_MHZ) if mhz < limit), len(MAX_MHZ) - 1)
        if needed > self._wait_states():
            self.system.notes.add(
                f"The flash is set to {self._wait_states()} wait states at {mhz:g} MHz, where the chip's "
                f"header (CHIP_FREQ_FWS) asks for {needed}; {UNSAFE_FLASH}."
            )
