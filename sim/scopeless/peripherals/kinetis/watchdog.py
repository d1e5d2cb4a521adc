"""Watchdog. K20P64M72SF1RM and K64P144M120SF5RM, chapter WDOG."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Register
from scopeless.peripherals.events import Event
from scopeless.peripherals.kinetis.block import Block
from scopeless.peripherals.system import System

UNLOCK_SEQUENCE = (0xC520, 0xD928)
REFRESH_SEQUENCE = (0xA602, 0xB480)
CONFIGURATION_CYCLES = 256  # of the bus clock ('watchdog configuration time')
SEQUENCE_CYCLES = 20  # of the bus clock, from the first word to the second
LOW_POWER_HZ = 1000
REFRESH, UNLOCK = 0x0C, 0x0E  # offsets
WDOGEN, CLKSRC, ALLOWUPDATE = 1 << 0, 1 << 1, 1 << 4


class Watchdog(Block, model="kinetis.wdog"):
    """Runs from reset on. Unlocking must begin within 256 bus cycles of reset, and a change must follow
    within 256 of unlocking; each register takes one change. Window and test modes are not modelled."""

    width = 2

    STCTRLH = Register(0x00, reset=0x01D3)
    STCTRLL = Register(0x02, reset=0x0001)
    TOVALH = Register(0x04, reset=0x004C)
    TOVALL = Register(0x06, reset=0x4B4C)
    WINH = Register(0x08)
    WINL = Register(0x0A, reset=0x0010)
    REFRESH_WORD = Register(REFRESH, reset=0xB480)
    UNLOCK_WORD = Register(UNLOCK, reset=0xD928)
    TMROUTH = Register(0x10, writable=0)
    TMROUTL = Register(0x12, writable=0)
    RSTCNT = Register(0x14, writable=0)
    PRESC = Register(0x16, reset=0x0400, writable=0x0700)

    CONFIGURATION = frozenset((0x00, 0x04, 0x06, 0x08, 0x0A, 0x16))

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._deadline: Event | None = None
        self._timeout: Event | None = None
        super().__init__(spec, system)
        system.clocks.on_change.append(self._restart)

    def reset(self) -> None:
        super().reset()
        self._first_word: dict[int, int] = {}  # cycle of a sequence's first word, by register
        self._is_open = False
        self._changed: set[int] = set()
        self._expect("The watchdog was not unlocked within 256 bus cycles of reset")
        self._restart()

    def write_word(self, offset: int, value: int) -> None:
        if offset not in self.CONFIGURATION:
            super().write_word(offset, value)
        elif self._is_open and offset not in self._changed:
            self._changed.add(offset)
            super().write_word(offset, value)
            self._restart()

    def write_unlock_word(self, value: int) -> None:
        if not self.STCTRLH & ALLOWUPDATE:
            return
        if self._sequence(UNLOCK, value, UNLOCK_SEQUENCE):
            self._is_open = True
            self._changed.clear()
            self._expect("The watchdog was unlocked, but not configured within 256 bus cycles")

    def write_refresh_word(self, value: int) -> None:
        if self._sequence(REFRESH, value, REFRESH_SEQUENCE):
            self._restart()

    def _sequence(self, register: int, value: int, words: tuple[int, int]) -> bool:
        """Whether this write completes the sequence."""
        now = self.system.now()
        if value == words[0] and register not in self._first_word:
            self._first_word[register] = now
            if register == UNLOCK and self._deadline is not None:
                self._deadline.cancel()
            return False
        first = self._first_word.pop(register, None)
        if value == words[1] and first is not None and now - first <= self._bus(SEQUENCE_CYCLES):
            return True
        self._reset_chip("The watchdog got a wrong or late unlock or refresh sequence")
        return False

    def _bus(self, cycles: int) -> int:
        """Core cycles of ``cycles`` bus cycles."""
        hz = self.system.clocks.hz
        return round(cycles * hz["core"] / hz.get("bus", hz["core"]))

    def _expect(self, complaint: str) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.system.after(self._bus(CONFIGURATION_CYCLES), lambda: self._close(complaint))

    def _close(self, complaint: str) -> None:
        self._deadline = None
        if not self._changed:
            self._reset_chip(complaint)
        self._is_open = False

    def _restart(self) -> None:
        """Also at every change of clock, in whose cycles the time is counted."""
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None
        if self.STCTRLH & WDOGEN:
            hz = self.system.clocks.hz
            clock = hz.get("bus", hz["core"]) if self.STCTRLH & CLKSRC else LOW_POWER_HZ
            ticks = (self.TOVALH << 16 | self.TOVALL) * ((self.PRESC >> 8 & 7) + 1)
            self._timeout = self.system.after_us(
                ticks * 1e6 / clock, lambda: self._reset_chip("The watchdog timed out")
            )

    def _reset_chip(self, complaint: str) -> None:
        self.system.notes.add(f"{complaint}, and has reset the chip.")
        self.system.request_reset()
