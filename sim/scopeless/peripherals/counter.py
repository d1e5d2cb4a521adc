"""What all timers have in common: a counter that nobody has to step."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil

from scopeless.peripherals.events import Event
from scopeless.peripherals.system import System

STOPPED = Fraction(0)
FINEST = 1 << 64
"""Denominators stay below: a firmware that changes its clocks all day must not make fractions ever longer."""


class Counter:
    """Counts 0, 1, ... ``period - 1``, 0 and is worked out from the cycle when somebody looks.

    It runs from a clock of ``hz()``, one tick each ``divider`` clocks, stopped at first. ``marks`` are the
    positions at which something happens, by the flag that stands for it; position ``period`` (and 0, the
    same) is the step back to 0. :meth:`advance` tells which were passed, :meth:`watch` asks to be called for
    some. Phases are kept in fractions of a cycle over any change of clocks.
    """

    def __init__(self, system: System, hz: Callable[[], int], bits: int = 32) -> None:
        self._system, self._hz = system, hz
        self.modulus = self._limit = 1 << bits
        """Where the counter runs out of bits."""
        self.period = self.modulus
        """Ticks from 0 to 0; see :meth:`set_period`."""
        self.marks: dict[int, int] = {}
        self.on_wrap: Callable[[], None] = lambda: None
        """Called when the counter went back to 0: may stop it, and change its divider, period and marks from
        that tick on."""
        self.running = False
        self.divider = 1
        """Clocks for one tick; :meth:`set_clock` changes it while the counter runs."""
        self._ratio = STOPPED
        self._flags = 0
        self._event: Event | None = None
        self._wanted, self._callback = 0, lambda: None
        self._base, self._position, self._seen = STOPPED, STOPPED, 0
        system.clocks.on_change.append(self._clock_changed)

    @property
    def value(self) -> int:
        """The counter, as of the last :meth:`advance`."""
        return self._seen

    def start(self, value: int, delay_clocks: int = 0) -> None:
        """Count from ``value`` on, the first tick ``delay_clocks`` later than otherwise."""
        self._ratio = self._clocks_per_cycle()
        delay = delay_clocks / self._ratio if self._ratio else STOPPED
        self._base, self._position, self._seen = self._system.now() + delay, Fraction(value), value
        self.running = True
        self.set_period(self._limit)

    def stop(self) -> None:
        """Keep the value. Look with :meth:`advance` first."""
        self._rebase()
        self.running = False

    def set_clock(self, divider: int) -> None:
        """Count at another rate from now on: ``hz()`` or the divider has changed."""
        self._flags |= self.advance()
        self._rebase()
        self.divider, self._ratio = divider, self._clocks_per_cycle()

    def set_period(self, period: int) -> None:
        """Go back to 0 after ``period`` ticks; a counter that is beyond runs to the end of its bits first."""
        self._limit = period
        self.period = period if self._seen < period else self.modulus

    def advance(self) -> int:
        """Bring the counter up to now; gives the flags of the marks passed since the last time."""
        flags, self._flags = self._flags, 0
        position = self._ticks()
        if position >= self.period:
            flags |= self._passed(self._seen, self.period)
            self._base += (self.period - self._position) / self._rate()
            self._position, self._seen = STOPPED, 0
            self.period = self._limit
            self.on_wrap()
            position = self._ticks()
            if position >= self.period:
                flags |= self._passed(0, self.period)
                whole = position // self.period * self.period
                self._base += whole / self._rate()
                position -= whole
        flags |= self._passed(self._seen, position)
        self._seen = position
        return flags

    def watch(self, flags: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` once at the next of these marks, or at the step back to 0 where the mark is
        behind it. Replaces what was asked before. After :meth:`advance`."""
        self._wanted, self._callback = flags, callback
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if not self.running or not self._rate():
            return
        marks = [mark or self.period for flag, mark in self.marks.items() if flag & flags]
        ticks = [mark if mark > self._seen else self.period for mark in marks if mark <= self.period]
        if ticks:
            cycle = ceil(self._base + (min(ticks) - self._position) / self._rate())
            self._event = self._system.events.schedule(cycle, callback)

    def _clocks_per_cycle(self) -> Fraction:
        return Fraction(self._hz(), self._system.clocks.hz["core"])

    def _clock_changed(self) -> None:
        if self._clocks_per_cycle() != self._ratio:
            self.set_clock(self.divider)
            self.watch(self._wanted, self._callback)

    def _rate(self) -> Fraction:
        """Ticks a core cycle."""
        return self._ratio / self.divider if self.running else STOPPED

    def _exact(self) -> Fraction:
        return self._position + max(self._system.now() - self._base, STOPPED) * self._rate()

    def _ticks(self) -> int:
        return int(self._exact())

    def _rebase(self) -> None:
        position, base = self._exact(), max(self._base, Fraction(self._system.now()))
        self._position = position.limit_denominator(FINEST)
        self._base = base.limit_denominator(FINEST)

    def _passed(self, seen: int, position: int) -> int:
        flags = 0
        for flag, mark in self.marks.items():
            if seen < (mark or self.period) <= position:
                flags |= flag
        return flags
