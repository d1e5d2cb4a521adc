"""What a run looks like inside: functions over time, flame graphs, calls, annotated source (docs/inside.md).

All of it is made from a trace (:mod:`scopeless.calls`), a profile, and what the board's connections showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scopeless.calls import Call
from scopeless.elf import Elf
from scopeless.machine import Edge, ProfileRow, UartByte
from scopeless.timeline import Timeline


@dataclass(frozen=True)
class View:
    """A stretch of a run. ``bit_s``: how long a bit takes on the serial line."""

    title: str
    calls: Sequence[Call]
    rows: Sequence[ProfileRow]
    elf: Elf | None
    timeline: Timeline
    edges: Sequence[Edge] = ()
    uart: Sequence[UartByte] = ()
    bit_s: float = 0.0
