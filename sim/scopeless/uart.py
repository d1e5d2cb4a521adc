"""From bytes on a wire to lines of text."""

from __future__ import annotations

from scopeless.machine import UartLine


class LineAssembler:
    """Collects what a firmware sends. Lines end in LF; a CR before it is dropped; bytes that are not ASCII
    are shown as ``\\xNN``."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._line_start = 0

    def feed(self, value: int, cycle: int) -> UartLine | None:
        """Take the byte ``value`` whose stop bit ended at ``cycle``; return the line that it completes."""
        self._bytes.append(value)
        if value != ord("\n"):
            return None
        text = (
            self._bytes[self._line_start : -1].removesuffix(b"\r").decode("ascii", errors="backslashreplace")
        )
        self._line_start = len(self._bytes)
        return UartLine(cycle, text)

    @property
    def transcript(self) -> bytes:
        """Everything sent so far, the line under way included."""
        return bytes(self._bytes)
