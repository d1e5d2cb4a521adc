"""Standard output, and the keyboard where standard input is a terminal."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from typing import Any

CHUNK = 4096


class Terminal:
    """Shows what the firmware sends as it comes. While a keyboard is there, each key goes to the firmware at
    once and is not echoed; Ctrl-C stays what it is."""

    def __init__(self, *, keyboard: bool) -> None:
        self._output = sys.stdout.buffer
        self._input = sys.stdin.fileno() if keyboard else -1
        self._before: list[Any] | None = None
        if keyboard:
            self._before = termios.tcgetattr(self._input)
            tty.setcbreak(self._input)

    def fileno(self) -> int:
        """See :class:`Port`."""
        return self._input

    def read(self) -> bytes:
        """See :class:`Port`."""
        if self._input < 0 or not select.select([self._input], [], [], 0)[0]:
            return b""
        try:
            data = os.read(self._input, CHUNK)
        except OSError:  # the terminal was closed
            data = b""
        if not data:
            self.close()
        return data

    def write(self, data: bytes) -> None:
        """See :class:`Port`. Standard output is waited for."""
        self._output.write(data)
        self._output.flush()

    def close(self) -> None:
        """See :class:`Port`."""
        if self._before is not None:
            before, self._before = self._before, None
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._input, termios.TCSADRAIN, before)
        self._input = -1
