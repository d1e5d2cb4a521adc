"""Clock control. PS chapter CLOCK."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register

CORE_HZ = 64_000_000  # from the internal oscillator as from the crystal
DEBOUNCE_US = 16  # one step of HFXODEBOUNCE
LFCLK_US = 600  # LFRC start-up, PS electrical specification, t_START_LFRC typical
SOURCE_CRYSTAL, STATE_RUNNING = 1 << 0, 1 << 16  # HFCLKSTAT, LFCLKSTAT


class Clock(Peripheral, model="nrf52.clock"):
    """The core always runs at 64 MHz; starting HFCLK changes only its source, from the internal oscillator
    to the crystal, after the debounce time that HFXODEBOUNCE asks for. POWER shares these addresses and is
    not modelled, nor are the calibration of LFRC and the interrupts of this block."""

    TASKS_HFCLKSTART = Register(0x000)
    TASKS_HFCLKSTOP = Register(0x004)
    TASKS_LFCLKSTART = Register(0x008)
    TASKS_LFCLKSTOP = Register(0x00C)
    EVENTS_HFCLKSTARTED = Register(0x100, writable=1)
    EVENTS_LFCLKSTARTED = Register(0x104, writable=1)
    HFCLKRUN = Register(0x408, writable=0)
    HFCLKSTAT = Register(0x40C, reset=STATE_RUNNING, writable=0)
    LFCLKRUN = Register(0x414, writable=0)
    LFCLKSTAT = Register(0x418, writable=0)
    LFCLKSRCCOPY = Register(0x41C, writable=0)
    LFCLKSRC = Register(0x518, writable=0x3_0003)
    HFXODEBOUNCE = Register(0x528, reset=0x10, writable=0xFF)
    TRACECONFIG = Register(0x55C, writable=0x3_0003)

    def reset(self) -> None:
        super().reset()
        self.system.clocks.set(core=CORE_HZ, hfclk16m=CORE_HZ // 4)

    def write_tasks_hfclkstart(self, value: int) -> None:
        if value & 1 and not self.HFCLKRUN:
            self.HFCLKRUN = 1
            self.system.ready_after_us(DEBOUNCE_US * self.HFXODEBOUNCE, self._crystal_started)

    def _crystal_started(self) -> None:
        if self.HFCLKRUN:
            self.HFCLKSTAT = STATE_RUNNING | SOURCE_CRYSTAL
            self.EVENTS_HFCLKSTARTED = 1

    def write_tasks_hfclkstop(self, value: int) -> None:
        if value & 1:
            self.HFCLKRUN, self.HFCLKSTAT = 0, STATE_RUNNING

    def write_tasks_lfclkstart(self, value: int) -> None:
        if value & 1 and not self.LFCLKRUN:
            self.LFCLKRUN, self.LFCLKSRCCOPY = 1, self.LFCLKSRC
            self.system.ready_after_us(LFCLK_US, self._lfclk_started)

    def _lfclk_started(self) -> None:
        if self.LFCLKRUN:
            self.LFCLKSTAT = STATE_RUNNING | self.LFCLKSRCCOPY & 3
            self.EVENTS_LFCLKSTARTED = 1

    def write_tasks_lfclkstop(self, value: int) -> None:
        if value & 1:
            self.LFCLKRUN = self.LFCLKSTAT = 0
