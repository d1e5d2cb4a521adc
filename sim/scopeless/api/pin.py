"""One pin of a board: its edges, pulses and windows, and its level from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scopeless.benchmark.windows import EDGES, Window, between, choose, passes
from scopeless.errors import UsageError
from scopeless.machine import Edge, PinChange
from scopeless.pins.pulses import Pulse, PulseFinder
from scopeless.units import time_us

if TYPE_CHECKING:
    import pandas as pd

    from scopeless.api.machine import Machine


class Pin:
    """One pin: its edges where the firmware drives it, its level from outside where it does not."""

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine, self.name = machine, name

    @property
    def _edges(self) -> list[Edge]:
        return [edge for edge in self._machine._edges if edge.pin == self.name]

    @property
    def edges(self) -> pd.DataFrame:
        """Cycle, time_us and level of each edge since reset."""
        return self._machine._frame(self._edges).drop(columns="pin")

    @property
    def pulses(self) -> pd.DataFrame:
        """From each edge to the next: the level in between, the cycle it began on, its length in cycles and
        microseconds."""
        import pandas as pd

        pulses = PulseFinder().feed(self._edges, self._machine._bench.timeline)
        return pd.DataFrame(pulses, columns=list(Pulse._fields)).drop(columns="pin")

    @property
    def level(self) -> int | None:
        """What the firmware drives; None before its first edge."""
        edges = self._edges
        return edges[-1].level if edges else None

    def window(
        self, occurrence: int = 1, *, begin: str = "rising", end: str = "falling", since: int = 0
    ) -> Window:
        """The ``occurrence``-th time from a ``begin`` edge to the next ``end`` edge (-1: the last time) of
        those since a cycle: its ``cycles`` and ``instructions``, and where they went. Raises CheckFailed when
        there is none."""
        for edge in (begin, end):
            if edge not in EDGES:
                raise UsageError(f"An edge is 'rising' or 'falling', not {edge!r}.")
        edges = [edge for edge in self._edges if edge.cycle >= since]
        found = passes(edges, EDGES[begin], EDGES[end])
        first, last = choose(found, occurrence, self.name, len(edges))
        return between(edges[first], edges[last], self._machine._engine.counter_names)

    def drive(self, level: int, at: int | str | None = None) -> None:
        """Put a level on the pin from outside: now, at a cycle, or at a simulated time since reset such as
        ``"10ms"``. The firmware's reads see it from that cycle on."""
        cycle, us = (None, time_us(at)) if isinstance(at, str) else (at, None)
        self._machine._engine.drive([PinChange(self.name, int(bool(level)), cycle, us)])

    def __repr__(self) -> str:
        return f"<Pin {self.name}: {len(self._edges)} edges, level {self.level}>"
