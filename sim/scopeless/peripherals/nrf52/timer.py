"""Timer. PS chapter TIMER."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import WORD, Register
from scopeless.peripherals.counter import Counter
from scopeless.peripherals.nrf52.events import FIRST_EVENT, EventPeripheral
from scopeless.peripherals.system import System

BITS = (16, 8, 24, 32)  # by BITMODE
CAPTURE, COMPARE, CC = 0x040, 0x140, 0x540
FIRST_COMPARE = (COMPARE - FIRST_EVENT) // 4
STOP_SHORTS = 8  # SHORTS: from this bit on COMPARE stops the timer, below it clears


class Timer(EventPeripheral, model="nrf52.timer"):
    """Options: ``channels``, its compare registers (default 4).

    Counts 16 MHz / 2**PRESCALER. With the shortcut from COMPARE to CLEAR a period is CC ticks. As a counter
    (MODE) it counts the task COUNT.
    """

    TASKS_START = Register(0x000)
    TASKS_STOP = Register(0x004)
    TASKS_COUNT = Register(0x008)
    TASKS_CLEAR = Register(0x00C)
    TASKS_SHUTDOWN = Register(0x010)
    SHORTS = Register(0x200, writable=0x3F3F)
    INTENSET = Register(0x304, writable=0x3F << FIRST_COMPARE)
    MODE = Register(0x504, writable=3)
    BITMODE = Register(0x508, writable=3)
    PRESCALER = Register(0x510, reset=4, writable=0xF)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._channels = range(int(spec.options.get("channels", 4)))
        self._counter = Counter(system, lambda: system.clocks.hz.get("hfclk16m", 0))
        self._counter.on_wrap = self._wrapped
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        for n in self._channels:
            self.values |= {COMPARE + 4 * n: 0, CC + 4 * n: 0}
        self._counter.start(0)
        self._counter.running = False
        self._place()
        self.update()

    def _place(self) -> None:
        """Tell the counter its period and what happens on the way."""
        counter = self._counter
        counter.marks = {1 << n: self.values[CC + 4 * n] & counter.modulus - 1 for n in self._channels}
        clears = [counter.marks[1 << n] for n in self._channels if self.SHORTS >> n & 1]
        ahead = [mark for mark in clears if mark > counter.value] or clears
        counter.set_period(min(ahead, default=0) or counter.modulus)

    def _wrapped(self) -> None:
        self._place()

    def _settle(self) -> None:
        passed = self._counter.advance()
        for n in self._channels:
            if passed >> n & 1:
                self.values[COMPARE + 4 * n] = 1
                if self.SHORTS >> (STOP_SHORTS + n) & 1:
                    self._counter.start(0 if self.SHORTS >> n & 1 else self._counter.marks[1 << n])
                    self._counter.running = False

    def update(self) -> None:
        self._settle()
        super().update()
        wanted = self.INTENSET >> FIRST_COMPARE | self.SHORTS >> STOP_SHORTS
        self._counter.watch(wanted, self.update)

    # Registers

    def read_word(self, offset: int) -> int:
        self._settle()
        return super().read_word(offset)

    def write_word(self, offset: int, value: int) -> None:
        self._settle()
        for n in self._channels:
            if offset == CAPTURE + 4 * n and value & 1:
                self.values[CC + 4 * n] = self._counter.value
            elif offset == COMPARE + 4 * n:
                self.values[offset] = value & 1
            elif offset == CC + 4 * n:
                self.values[offset] = value & WORD
        super().write_word(offset, value)
        self._place()
        self.update()

    def write_tasks_start(self, value: int) -> None:
        if value & 1 and not self._counter.running and not self.MODE:
            self._counter.divider = 1 << self.PRESCALER
            self._counter.start(self._counter.value)

    def write_tasks_stop(self, value: int) -> None:
        if value & 1:
            self._counter.stop()

    write_tasks_shutdown = write_tasks_stop

    def write_tasks_count(self, value: int) -> None:
        if value & 1 and self.MODE:
            count = (self._counter.value + 1) % self._counter.modulus
            for n in self._channels:
                if self._counter.marks[1 << n] == count:
                    self.values[COMPARE + 4 * n] = 1
            self._restart(0 if count == self._counter.period else count)

    def write_tasks_clear(self, value: int) -> None:
        if value & 1:
            self._restart(0)

    def _restart(self, value: int) -> None:
        running = self._counter.running
        self._counter.start(value)
        self._counter.running = running

    def write_bitmode(self, value: int) -> None:
        self.BITMODE = value & 3
        self._counter.modulus = 1 << BITS[self.BITMODE]
