"""A pseudo terminal, for picocom and every other program that opens a serial port."""

from __future__ import annotations

import contextlib
import os
import tty

CHUNK = 4096


class Pty:
    """``path`` is what such a program opens. Its baud rate settings mean nothing: bytes pass at the
    firmware's pace."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()  # theirs stays open, or ours fails while nobody is there
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)

    def fileno(self) -> int:
        """See :class:`Port`."""
        return self._ours

    def read(self) -> bytes:
        """See :class:`Port`."""
        try:
            return os.read(self._ours, CHUNK)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        """See :class:`Port`. What nobody reads is dropped when the kernel's buffer is full."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._ours, data)

    def close(self) -> None:
        """See :class:`Port`."""
        for handle in (self._ours, self._theirs):
            if handle >= 0:
                os.close(handle)
        self._ours = self._theirs = -1
