"""From pin edges to the two windows of the benchmark, in cycles.

The firmware drives its pin high, low, high, low (two full toggles), high, makes one prediction, and drives
it low:

    level   1 __   1 __   1 __________
             |  |_|  |_|  |           |___
    edge     0  1    2  3 4           5
             |--- toggle -|- predict -|
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scopeless.errors import CheckFailed
from scopeless.machine import Edge

PROTOCOL = (1, 0, 1, 0, 1, 0)
"""Levels of the six edges of one benchmark run."""

WRITES_PER_TOGGLE_WINDOW = 4
"""From the first to the third rising edge the firmware writes its pin four times."""

EDGES = {"rising": 1, "falling": 0}
"""Names of edges, and the level after each."""

COUNTS = ("instructions", "it_skipped", "interrupts", "traced")
"""Counters that count events; those of instructions by kind start with ``mix_``, all others count cycles."""

CHIP = "chip_"
"""What the names of the timing model's counters begin with where it runs over another engine's execution."""


@dataclass(frozen=True)
class Window:
    """What happened between two edges. ``counters`` are the engine's counters, their increase over the
    window."""

    cycles: int
    counters: dict[str, int]

    @property
    def instructions(self) -> int | None:
        """Instructions executed, or None where the engine does not count them."""
        return self.counters.get("instructions")

    @property
    def mix(self) -> dict[str, int]:
        """Instructions by kind."""
        return {name[4:]: count for name, count in self.counters.items() if name.startswith("mix_")}

    @property
    def breakdown(self) -> dict[str, int]:
        """Cycles by cause, adding up to :attr:`cycles`; empty for an engine that does not account for all
        of them."""
        parts = {
            name.removeprefix("cycles_"): count
            for name, count in self.counters.items()
            if name not in COUNTS and not name.startswith(("mix_", CHIP))
        }
        return parts if sum(parts.values()) == self.cycles else {}

    @property
    def chip(self) -> Window | None:
        """The window in the timing model's cycles, where that ran over the engine's execution."""
        cycles = self.counters.get(f"{CHIP}cycles")
        if cycles is None:
            return None
        names = (name for name in self.counters if name.startswith(CHIP) and name != f"{CHIP}cycles")
        return Window(cycles, {name.removeprefix(CHIP): self.counters[name] for name in names})


@dataclass(frozen=True)
class Windows:
    """The windows of one benchmark run.

    ``toggle`` lasts from the first to the third rising edge (the text's Tt), ``predict`` from the third
    rising edge to its falling edge (the text's Thl).
    """

    toggle: Window
    predict: Window


def text_prediction_cycles(toggle_cycles: float, predict_cycles: float) -> float:
    """Tp = Thl - Tt/2, the correction that the published text gives: it takes off two pin writes."""
    return predict_cycles - toggle_cycles / 2


def single_write_prediction_cycles(toggle_cycles: float, predict_cycles: float) -> float:
    """Thl - Tt/4: the prediction without the one pin write that ends its window (docs/result-record.md)."""
    return predict_cycles - toggle_cycles / WRITES_PER_TOGGLE_WINDOW


def pin_windows(edges: Sequence[Edge], counter_names: Sequence[str]) -> Windows:
    """The two windows of one run. Raises :class:`CheckFailed` when ``edges`` are not the six of the pin
    protocol."""
    levels = tuple(edge.level for edge in edges)
    if levels != PROTOCOL or len({edge.pin for edge in edges}) != 1:
        seen = ", ".join(f"{edge.pin}={edge.level} at cycle {edge.cycle}" for edge in edges[:8])
        if len(edges) > 8:
            seen += f" and {len(edges) - 8} more"
        raise CheckFailed(
            "One benchmark run must give six edges of one pin, high low high low high low, but gave "
            f"{seen or 'none'}; check its pin protocol."
        )
    return Windows(between(edges[0], edges[4], counter_names), between(edges[4], edges[5], counter_names))


def between(start: Edge, end: Edge, names: Sequence[str]) -> Window:
    """The window from one edge to another. ``names`` are those of their counters."""
    totals = zip(names, start.counters, end.counters, strict=False)
    return Window(end.cycle - start.cycle, {name: last - first for name, first, last in totals})


def passes(edges: Sequence[Edge], begin: int, end: int) -> list[tuple[int, int]]:
    """Where in ``edges``, which are of one pin, each window begins and ends: with an edge to the level
    ``begin``, and the next one to ``end``. One that ends a window may begin another."""
    found = []
    began: int | None = None
    for at, edge in enumerate(edges):
        if began is not None and edge.level == end:
            found.append((began, at))
            began = None
        if began is None and edge.level == begin:
            began = at
    return found


def choose(found: Sequence[tuple[int, int]], occurrence: int, pin: str, edges: int) -> tuple[int, int]:
    """The ``occurrence``-th of the windows ``found`` among so many ``edges`` of ``pin``: 1 is the first, -1
    the last. Raises :class:`CheckFailed` when there is none."""
    if occurrence == 0 or abs(occurrence) > len(found):
        raise CheckFailed(
            f"{pin} has no window number {occurrence}; it had {edges} edges and {len(found)} windows."
        )
    return found[occurrence - 1 if occurrence > 0 else occurrence]
