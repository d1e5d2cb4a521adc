"""Lines that are sent to the firmware: at once, or each when it asks for one."""

from __future__ import annotations

import re
import sys
from collections import deque
from pathlib import Path
from typing import Self

from scopeless.errors import UsageError
from scopeless.machine import Machine

MAX_BYTES = 16 << 20


class InputLines:
    """``after`` is the regular expression that the firmware's lines are to match; None for all at once."""

    def __init__(self, data: bytes, after: str | None) -> None:
        self.after = after
        self._lines = deque(data.splitlines(keepends=True))

    @classmethod
    def open(cls, name: str, after: str | None) -> Self:
        """The lines of a file, or of standard input for ``-``. Raises :class:`UsageError` for one that cannot
        be read or is too long."""
        try:
            if name == "-":
                data = sys.stdin.buffer.read(MAX_BYTES + 1)
            else:
                with Path(name).open("rb") as file:
                    data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}.") from error
        if len(data) > MAX_BYTES:
            raise UsageError(f"{name} has more than {MAX_BYTES >> 20} MiB; use --uart-tcp for so much input.")
        return cls(data, after)

    def begin(self, machine: Machine) -> None:
        """The run begins."""
        if self.after is None:
            machine.uart_send(b"".join(self._lines), wait=True)
            self._lines.clear()

    def heard(self, machine: Machine, text: str) -> None:
        """The firmware has sent a line."""
        if self._lines and self.after is not None and re.search(self.after, text):
            machine.uart_send(self._lines.popleft(), wait=True)
