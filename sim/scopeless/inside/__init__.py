"""What a run looks like inside: functions over time, flame graphs, calls, annotated source (docs/inside.md).

All of it is made from a trace (:mod:`scopeless.calls`), a profile, and what the board's connections showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scopeless.calls import Call
from scopeless.elf import Elf
from scopeless.machine import Edge, ProfileRow, UartByte
from scopeless.timeline import Timeline


@dataclass(frozen=True)
class View:
    """A stretch of a run. ``weights`` are the self cycles of each stack of callers, ``calls`` all calls or,
    of a long run, the first ones. ``bit_s``: how long a bit takes on the serial line."""

    title: str
    weights: Mapping[tuple[str, ...], int]
    calls: Sequence[Call]
    rows: Sequence[ProfileRow]
    elf: Elf | None
    timeline: Timeline
    edges: Sequence[Edge] = ()
    uart: Sequence[UartByte] = ()
    bit_s: float = 0.0
