"""SysTick, the 24-bit down counter. ARMv7-M (DDI 0403) B3.3."""

from __future__ import annotations

from collections.abc import Callable

from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.events import Event

ENABLE, TICKINT, CLKSOURCE, COUNTFLAG = 1 << 0, 1 << 1, 1 << 2, 1 << 16


class SysTick(Peripheral, model="cortexm.systick"):
    """The counter is worked out from the cycle whenever somebody looks; only a tick that interrupts is an
    event.

    It counts RVR, RVR - 1, ... 1, 0, RVR: a period is RVR + 1 clocks. COUNTFLAG and the exception come
    with the step from 1 to 0. Options: ``divider``, core clocks per clock of the external source (STM32F1:
    8, RM0008 7.2).
    """

    CSR = Register(0x00, writable=7)
    RVR = Register(0x04, writable=0xFF_FFFF)
    CVR = Register(0x08)
    CALIB = Register(0x0C, writable=0)

    pend: Callable[[], None] = staticmethod(lambda: None)

    def reset(self) -> None:
        super().reset()
        self._base_tick = 0
        self._base_value = 0
        self._flag = False
        self._event: Event | None = None

    def _divider(self) -> int:
        return 1 if self.CSR & CLKSOURCE else int(self.spec.options.get("divider", 8))

    def _elapsed(self) -> int:
        return self.system.now() // self._divider() - self._base_tick

    def _state(self) -> tuple[int, int]:
        """The counter now, and how many steps from 1 to 0 it made since the base."""
        if not self.CSR & ENABLE:
            return self._base_value, 0
        elapsed, start, period = self._elapsed(), self._base_value, self.RVR + 1
        if elapsed < start:
            return start - elapsed, 0
        crossings = 1 if start else 0
        if self.RVR == 0:
            return 0, crossings
        beyond = elapsed - start  # clocks since the counter was 0
        value = -beyond % period
        return value, crossings + beyond // period

    def _rebase(self) -> None:
        """Start counting afresh from the present value."""
        value, crossings = self._state()
        self._flag = self._flag or crossings > 0
        self._base_value = value
        self._base_tick = self.system.now() // self._divider()

    def _plan(self) -> None:
        """Schedule the next exception."""
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if self.CSR & (ENABLE | TICKINT) != ENABLE | TICKINT:
            return
        value, _ = self._state()
        steps = value or (self.RVR + 1 if self.RVR else 0)
        if steps:
            divider = self._divider()
            cycle = (self.system.now() // divider + steps) * divider
            self._event = self.system.events.schedule(cycle, lambda: self._tick(cycle))

    def _tick(self, cycle: int) -> None:
        self.pend()
        self._event = None
        if self.RVR:
            following = cycle + (self.RVR + 1) * self._divider()
            self._event = self.system.events.schedule(following, lambda: self._tick(following))

    def read_csr(self) -> int:
        self._rebase()
        value = self.CSR | (COUNTFLAG if self._flag else 0)
        self._flag = False
        return value

    def write_csr(self, value: int) -> None:
        self._rebase()
        self.CSR = value & 7
        self._base_tick = self.system.now() // self._divider()
        self._plan()

    def write_rvr(self, value: int) -> None:
        self._rebase()
        self.RVR = value & 0xFF_FFFF
        self._plan()

    def read_cvr(self) -> int:
        return self._state()[0]

    def write_cvr(self, value: int) -> None:
        """Any write clears the counter and COUNTFLAG, without an exception."""
        self._rebase()
        self._base_value = 0
        self._flag = False
        self._plan()
