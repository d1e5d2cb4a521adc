"""Pin edges as a Value Change Dump, for GTKWave, PulseView and the like."""

from __future__ import annotations

import io
from pathlib import Path

from vcd import VCDWriter

from scopeless import __version__
from scopeless.files import write_atomically
from scopeless.record import Record

PICOSECONDS = 10**12


def vcd_text(record: Record) -> str:
    """The edges of ``record`` as VCD. Time 0 is cycle 0, at the record's clock, rounded to a picosecond.

    A pin is unknown (``x``) until its first edge. There is no date in it, so that the same run gives the
    same bytes.
    """
    file = io.StringIO()
    hz = record.clock_hz
    title = f"{record.board} at {hz / 1e6:g} MHz, engine {record.engine}"
    with VCDWriter(
        file, timescale="1 ps", date="", comment=title, version=f"scopeless {__version__}"
    ) as writer:
        pins = {
            pin: writer.register_var(record.board, pin, "wire", size=1)
            for pin in sorted({edge.pin for edge in record.edges})
        }
        for edge in record.edges:
            writer.change(pins[edge.pin], (edge.cycle * PICOSECONDS + hz // 2) // hz, edge.level)
    return file.getvalue()


def write_vcd(path: Path, record: Record) -> None:
    """Write :func:`vcd_text` to ``path``. Raises :class:`UsageError` when it cannot be written."""
    write_atomically(path, vcd_text(record))
