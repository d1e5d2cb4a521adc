"""From bytes on a wire to lines of text."""

from __future__ import annotations

from scopeless.machine import UartLine

LONGEST_LINE = 1 << 16
"""Bytes after which a line that does not end is taken as one: a firmware that floods its UART must not fill
our memory."""


class LineAssembler:
    """Collects what a firmware sends. Lines end in LF; a CR before it is dropped; bytes that are not ASCII
    are shown as ``\\xNN``."""

    def __init__(self) -> None:
        self._line = bytearray()

    def feed(self, value: int, cycle: int) -> UartLine | None:
        """Take the byte ``value`` whose stop bit ended at ``cycle``; return the line that it completes."""
        self._line.append(value)
        if value != ord("\n") and len(self._line) < LONGEST_LINE:
            return None
        text = self._line.removesuffix(b"\n").removesuffix(b"\r").decode("ascii", errors="backslashreplace")
        self._line.clear()
        return UartLine(cycle, text)
