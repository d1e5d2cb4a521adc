"""A Value Change Dump that grows while the firmware runs and is complete whenever the run ends."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from vcd import VCDWriter

from scopeless import __version__
from scopeless.errors import UsageError
from scopeless.files import check_writable
from scopeless.machine import Edge
from scopeless.pins.vcd import TIMESCALE
from scopeless.timeline import Timeline

NANOSECONDS_PER_US = 1000


class VcdStream:
    """Writes the edges of ``pins`` to ``path``; time 0 is the reset, a nanosecond is the unit. A pin is
    unknown (``x``) until its first edge.

    The date is that of the run, or of SOURCE_DATE_EPOCH where the environment sets it
    (reproducible-builds.org), in the C locale, as GTKWave and others expect it. Raises :class:`UsageError`
    when the file cannot be written.
    """

    def __init__(self, path: Path, board: str, pins: Sequence[str], comment: str) -> None:
        check_writable(path)
        self._path = path
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        date = time.asctime(time.gmtime(int(epoch))) if epoch.isdecimal() else time.asctime()
        try:
            self._file = path.open("w", encoding="utf-8")
            self._writer = VCDWriter(
                self._file,
                timescale=TIMESCALE,
                date=date,
                comment=comment,
                version=f"scopeless {__version__}",
            )
            self._pins = {pin: self._writer.register_var(board, pin, "wire", size=1) for pin in pins}
            self._writer.flush()
        except OSError as error:
            raise self._failed(error) from error

    def feed(self, edges: Sequence[Edge], timeline: Timeline) -> None:
        """Write further edges, which come in order; ``timeline`` reaches to the last of them."""
        try:
            for edge in edges:
                self._writer.change(self._pins[edge.pin], _nanoseconds(timeline, edge.cycle), edge.level)
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from error

    def close(self, cycle: int, timeline: Timeline) -> None:
        """End the file at ``cycle``: the last levels lasted until then. Safe to call twice."""
        if self._file.closed:
            return
        try:
            self._writer.close(_nanoseconds(timeline, cycle))
            self._file.close()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> UsageError:
        return UsageError(f"{self._path} cannot be written: {(error.strerror or str(error)).lower()}.")


def _nanoseconds(timeline: Timeline, cycle: int) -> int:
    return round(timeline.exact_us(cycle) * NANOSECONDS_PER_US)
