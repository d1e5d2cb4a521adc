"""Pin edges as a Value Change Dump, for GTKWave, PulseView and the like."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from vcd import VCDWriter

from scopeless import __version__
from scopeless.files import write_atomically

TIMESCALE = "1 ns"
"""Shorter than a core's cycle, so that an edge gives its cycle back; PulseView takes a sample for each."""
NANOSECONDS_PER_S = 10**9
LAST_LEVEL_NS = 1000
"""How long the level behind the last edge is shown; viewers leave out one that takes no time."""


class PinEdge(Protocol):
    """A level change of a pin, at a cycle since reset."""

    @property
    def cycle(self) -> int: ...
    @property
    def pin(self) -> str: ...
    @property
    def level(self) -> int: ...


class Trace(Protocol):
    """What a dump shows; a :class:`~scopeless.benchmark.record.Record` is one."""

    @property
    def board(self) -> str: ...
    @property
    def engine(self) -> str: ...
    @property
    def clock_hz(self) -> int: ...
    @property
    def edges(self) -> Sequence[PinEdge]: ...


def vcd_text(record: Trace) -> str:
    """The edges of ``record`` as VCD. Time 0 is cycle 0, at its clock, rounded to a nanosecond.

    A pin is unknown (``x``) until its first edge. There is no date in it, so that the same run gives the
    same bytes.
    """
    file = io.StringIO()
    hz = record.clock_hz
    title = f"{record.board} at {hz / 1e6:g} MHz, engine {record.engine}"
    with VCDWriter(
        file, timescale=TIMESCALE, date="", comment=title, version=f"scopeless {__version__}"
    ) as writer:
        pins = {
            pin: writer.register_var(record.board, pin, "wire", size=1)
            for pin in sorted({edge.pin for edge in record.edges})
        }
        time_ns = 0
        for edge in record.edges:
            time_ns = (edge.cycle * NANOSECONDS_PER_S + hz // 2) // hz
            writer.change(pins[edge.pin], time_ns, edge.level)
        writer.close(time_ns + LAST_LEVEL_NS)
    return file.getvalue()


def write_vcd(path: Path, record: Trace) -> None:
    """Write :func:`vcd_text` to ``path``. Raises :class:`UsageError` when it cannot be written."""
    write_atomically(path, vcd_text(record))
