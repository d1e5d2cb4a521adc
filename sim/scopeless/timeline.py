"""Cycles and simulated microseconds, through every change of the core clock."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from math import ceil

US_PER_S = 1_000_000


class Timeline:
    """The core clock since reset, as a list of changes; all conversions are exact (rational arithmetic)."""

    def __init__(self, hz: int) -> None:
        """Cycle 0 is at 0 us, with the clock at ``hz``."""
        self._cycles: list[int] = []
        self._us: list[Fraction] = []
        self._hz: list[int] = []
        self._append(0, Fraction(0), hz)

    def _append(self, cycle: int, us: Fraction, hz: int) -> None:
        if hz <= 0:
            raise ValueError(f"a clock of {hz} Hz")
        self._cycles.append(cycle)
        self._us.append(us)
        self._hz.append(hz)

    def change(self, cycle: int, hz: int) -> None:
        """From ``cycle`` on, the clock is ``hz``. Raises ValueError for a cycle before the last change."""
        if cycle < self._cycles[-1]:
            raise ValueError(f"clock change at cycle {cycle}, before the one at {self._cycles[-1]}")
        us = self.exact_us(cycle)
        if cycle == self._cycles[-1]:
            self._cycles.pop(), self._us.pop(), self._hz.pop()
        self._append(cycle, us, hz)

    @property
    def hz(self) -> int:
        """Clock after the last change."""
        return self._hz[-1]

    def exact_us(self, cycle: int) -> Fraction:
        """Simulated time at ``cycle``, in microseconds."""
        at = max(bisect_right(self._cycles, cycle) - 1, 0)
        return self._us[at] + Fraction((cycle - self._cycles[at]) * US_PER_S, self._hz[at])

    def time_us(self, cycle: int) -> float:
        """Simulated time at ``cycle``, in microseconds, rounded to the nearest float."""
        return float(self.exact_us(cycle))

    def cycle_at_us(self, us: float | Fraction) -> int:
        """The first cycle at or after ``us``. A float means its shortest decimal: 0.1 is a tenth."""
        wanted = exact(us)
        at = max(bisect_right(self._us, wanted) - 1, 0)
        # Never past the next change: that is at a whole cycle too.
        return self._cycles[at] + ceil((wanted - self._us[at]) * self._hz[at] / US_PER_S)

    def nearest_cycle(self, us: float | Fraction) -> int:
        """The cycle nearest to ``us``: the inverse of a time that was rounded to less than half a cycle."""
        wanted = exact(us)
        after = self.cycle_at_us(wanted)
        before = max(after - 1, 0)
        return before if wanted - self.exact_us(before) < self.exact_us(after) - wanted else after

    def cycle_after(self, cycle: int, us: float | Fraction) -> int:
        """The first cycle that is at least ``us`` later than ``cycle``."""
        return self.cycle_at_us(self.exact_us(cycle) + exact(us))


def exact(us: float | Fraction) -> Fraction:
    """``us`` as a fraction; a float means its shortest decimal."""
    return us if isinstance(us, Fraction) else Fraction(repr(float(us)))
