"""How long pins stay high and low."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from scopeless.machine import Edge
from scopeless.timeline import Timeline


class Pulse(NamedTuple):
    """From one edge of a pin to its next: ``level`` in between, the cycle it began on, and its length."""

    pin: str
    level: int
    cycle: int
    cycles: int
    us: float


class Spread(NamedTuple):
    """Of some numbers. The median of an even count is the lower of the two in the middle: a value that was
    seen."""

    number: int
    min: float
    median: float
    max: float


class PulseFinder:
    """Pairs the edges of each pin, which come in parts and in order."""

    def __init__(self) -> None:
        self._open: dict[str, Edge] = {}

    def feed(self, edges: Iterable[Edge], timeline: Timeline) -> Iterator[Pulse]:
        """The pulses that ``edges`` complete. ``timeline`` reaches to the last of them, so that widths in
        microseconds are right across changes of the clock."""
        for edge in edges:
            began = self._open.get(edge.pin)
            self._open[edge.pin] = edge
            if began is not None:
                us = timeline.exact_us(edge.cycle) - timeline.exact_us(began.cycle)
                yield Pulse(edge.pin, began.level, began.cycle, edge.cycle - began.cycle, float(us))


@dataclass
class Widths:
    """The widths of one pin's pulses at one level, each counted: as long as a pin repeats itself, that needs
    no more room for an hour than for a second."""

    cycles: Counter[int] = field(default_factory=Counter)
    us: Counter[float] = field(default_factory=Counter)

    def add(self, pulse: Pulse) -> None:
        """Count one more."""
        self.cycles[pulse.cycles] += 1
        self.us[pulse.us] += 1


def spread(counts: Mapping[int, int] | Mapping[float, int]) -> Spread:
    """Of at least one number; ``counts`` says how often each was seen."""
    numbers: list[tuple[float, int]] = sorted(counts.items())
    total, seen = sum(count for _, count in numbers), 0
    median = numbers[-1][0]
    for value, count in numbers:
        seen += count
        if 2 * seen >= total:
            median = value
            break
    return Spread(total, numbers[0][0], median, numbers[-1][0])
