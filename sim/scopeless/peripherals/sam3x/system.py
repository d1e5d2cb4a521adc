"""Watchdog and reset controller. Atmel 11057, chapters WDT and RSTC."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.events import Event
from scopeless.peripherals.sam3x.pmc import SLOW_CLOCK_HZ
from scopeless.peripherals.system import System

WATCHDOG_KEY = RESET_KEY = 0xA5
WDRSTEN, WDDIS = 1 << 13, 1 << 15
PROCRST = 1 << 0  # CR
URSTEN = 1 << 0  # MR: ATSAM3X8E.svd has its reset value


class Watchdog(Peripheral, model="sam3x.wdt"):
    """Runs from reset on, 16 s long, until the firmware's one write of its mode register."""

    CR = Register(0x00)
    MR = Register(0x04, reset=0x3FFF_2FFF)
    SR = Register(0x08, writable=0)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._timeout: Event | None = None
        super().__init__(spec, system)
        system.clocks.on_change.append(self._restart)

    def reset(self) -> None:
        super().reset()
        self._written = False
        self._restart()

    def write_cr(self, value: int) -> None:
        if value >> 24 == WATCHDOG_KEY and value & 1:
            self._restart()

    def write_mr(self, value: int) -> None:
        if not self._written:
            self._written = True
            self.MR = value
            self._restart()

    def _restart(self) -> None:
        """Also at every change of the core clock, in which events are counted: a watchdog may come later than
        on silicon, by less than the time to the firmware's last change of clock."""
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None
        if not self.MR & WDDIS:
            periods = (self.MR & 0xFFF) + 1
            self._timeout = self.system.after_us(periods * 128 * 1e6 / SLOW_CLOCK_HZ, self._expire)

    def _expire(self) -> None:
        self.SR |= 1
        if self.MR & WDRSTEN:
            self.system.notes.add("The watchdog has reset the chip; the firmware must disable or restart it.")
            self.system.request_reset()


class ResetController(Peripheral, model="sam3x.rstc"):
    """Resets on the firmware's demand."""

    CR = Register(0x00)
    SR = Register(0x04, writable=0)
    MR = Register(0x08, reset=URSTEN, writable=0x0F11)

    def write_cr(self, value: int) -> None:
        if value >> 24 == RESET_KEY and value & PROCRST:
            self.system.request_reset()

    def write_mr(self, value: int) -> None:
        """Without its key a write is ignored: sam3x8e.h, RSTC_MR_KEY."""
        if value >> 24 == RESET_KEY:
            self.MR = value & ResetController.MR.writable
