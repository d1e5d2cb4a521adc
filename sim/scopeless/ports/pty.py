"""A pseudo terminal, for picocom and every other program that opens a serial port."""

from __future__ import annotations

import contextlib
import fcntl
import os
import termios
import time
import tty
from array import array

CHUNK = 4096
LAST_MOMENT_S = 0.3


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
        """See :class:`Port`. The kernel drops what is unread then: a reader gets a moment to fetch it."""
        end = time.monotonic() + LAST_MOMENT_S
        while self._theirs >= 0 and time.monotonic() < end and self._unread():
            time.sleep(LAST_MOMENT_S / 100)
        for handle in (self._ours, self._theirs):
            if handle >= 0:
                os.close(handle)
        self._ours = self._theirs = -1

    def _unread(self) -> int:
        count = array("i", [0])
        fcntl.ioctl(self._theirs, termios.FIONREAD, count)
        return count[0]
