"""What a run looks like inside: functions over time, flame graphs, calls, annotated source (docs/inside.md).

All of it is made from a trace (:mod:`scopeless.inside.calls`), a profile, and what the board's connections
showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scopeless.firmware.elf import Elf
from scopeless.inside.calls import Call
from scopeless.inside.recorder import Stack, weigh
from scopeless.machine import Edge, ProfileRow, UartByte
from scopeless.timeline import Timeline


@dataclass(frozen=True)
class View:
    """A stretch of a run. ``calls`` are all calls or, of a long run, the first ones; then ``recorded`` are
    the self cycles of every stack of callers. ``bit_s``: how long a bit takes on the serial line."""

    title: str
    calls: Sequence[Call]
    rows: Sequence[ProfileRow]
    elf: Elf | None
    timeline: Timeline
    edges: Sequence[Edge] = ()
    uart: Sequence[UartByte] = ()
    bit_s: float = 0.0
    recorded: Mapping[Stack, int] | None = None

    @property
    def weights(self) -> Mapping[Stack, int]:
        """The self cycles of each stack of callers."""
        if self.recorded is not None:
            return self.recorded
        weights: dict[Stack, int] = {}
        for call in self.calls:
            weigh(call, weights)
        return weights
