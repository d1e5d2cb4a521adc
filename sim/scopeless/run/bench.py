"""A machine that runs any firmware for as long as it is told, in slices, and tells what each slice brought.

Slices keep the engine's answers short, so that a terminal is live, a file grows while the firmware runs, and
no call meets the limit of host time. They do not show in the result: a run gives the same edges and bytes
however it is cut.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from fractions import Fraction

from scopeless.errors import EngineCrash, FirmwareFault, RunTimeout
from scopeless.machine import Machine, RunResult, Stop

FIRST_SLICE_US = Fraction(1000)
LONGEST_SLICE_US = Fraction(10**6)
SLICE_HOST_S = 0.03
"""Host time that a slice should take: short enough to look live."""

Listener = Callable[[RunResult], None]


class Bench:
    """Runs ``machine``. Each of :attr:`listeners` is called with every slice's result; what a run that fails
    has brought is told before its error is raised."""

    def __init__(self, machine: Machine, *, slice_host_s: float = SLICE_HOST_S) -> None:
        self.machine = machine
        self.listeners: list[Listener] = []
        self.before_slice: list[Callable[[Fraction], None]] = []
        """Called with the simulated time at which the next slice ends at the latest, in microseconds."""
        self.longest_slice_us = LONGEST_SLICE_US
        self.reset_clock()
        self._slice_host_s = slice_host_s

    def reset_clock(self) -> None:
        """The machine was loaded or reset."""
        self.cycle = 0
        self.timeline = self.machine.timeline()
        self._slice_us = FIRST_SLICE_US

    @property
    def now_us(self) -> Fraction:
        """Simulated time since reset."""
        return self.timeline.exact_us(self.cycle)

    def run(
        self, for_us: Fraction, *, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """See :meth:`Machine.run`. The result is the last slice's; the listeners heard the others'."""
        end = self.now_us + for_us
        while True:
            result = self.slice(end, until_line=until_line, until_edges=until_edges)
            if until_edges is not None:
                until_edges -= len(result.edges)
            if result.stop is not Stop.CYCLES or self.now_us >= end:
                return result

    def slice(
        self, end_us: Fraction, *, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """One slice of a run up to the simulated time ``end_us``."""
        return self.advance(
            end_us, lambda us: self.machine.run(for_us=us, until_line=until_line, until_edges=until_edges)
        )

    def advance(self, end_us: Fraction, run: Callable[[Fraction], RunResult]) -> RunResult:
        """One slice, in which ``run`` lets the machine go on for so many microseconds at most."""
        slice_us = min(self._slice_us, self.longest_slice_us, max(end_us - self.now_us, Fraction(0)))
        for call in self.before_slice:
            call(self.now_us + slice_us)
        began = time.perf_counter()
        try:
            result = run(slice_us)
        except (FirmwareFault, RunTimeout) as error:
            with contextlib.suppress(EngineCrash):  # the engine is gone where a call took too long
                self._tell(self.machine.recorded())
            raise error
        host_s = time.perf_counter() - began
        if host_s < self._slice_host_s / 2:
            self._slice_us = min(2 * self._slice_us, LONGEST_SLICE_US)
        elif host_s > self._slice_host_s:
            self._slice_us = max(self._slice_us / 2, FIRST_SLICE_US / 100)
        self._tell(result)
        return result

    def _tell(self, result: RunResult) -> None:
        self.cycle = result.cycle
        self.timeline = self.machine.timeline()
        for listener in self.listeners:
            listener(result)
