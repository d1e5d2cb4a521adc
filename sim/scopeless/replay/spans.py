"""The windows that the edges of a trace make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scopeless.benchmark.windows import PROTOCOL, Window, between
from scopeless.machine import Edge


class Span(NamedTuple):
    """One window, between two of the edges by their places in the list."""

    name: str
    first: int
    last: int
    window: Window


def spans(edges: Sequence[Edge], counter_names: Sequence[str]) -> list[Span]:
    """The windows between ``edges`` of one pin: of the benchmark's runs, toggle and prediction; of any other
    firmware, each between two neighbours."""
    levels = tuple(edge.level for edge in edges)
    runs, rest = divmod(len(edges), len(PROTOCOL))
    if rest == 0 and levels == PROTOCOL * runs:
        places = [
            (f"run {run + 1} {name}", len(PROTOCOL) * run + first, len(PROTOCOL) * run + last)
            for run in range(runs)
            for name, first, last in (("toggle", 0, 4), ("prediction", 4, 5))
        ]
    else:
        words = ("low", "high")
        places = [(f"{words[edge.level]} {n + 1}", n, n + 1) for n, edge in enumerate(edges[:-1])]
    return [
        Span(name, first, last, between(edges[first], edges[last], counter_names))
        for name, first, last in places
    ]
