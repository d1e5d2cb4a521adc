"""The results of a sweep on disk: one line of JSON for each point, written as soon as it is there."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scopeless.errors import UsageError
from scopeless.files import write_atomically


class Journal:
    """The file ``path``, held by one process at a time; used in a ``with`` statement. ``lines`` are the
    results that were there before, by key.

    A process that is killed may leave half a line at the end; it is taken away, and its point runs again.
    """

    def __init__(self, path: Path) -> None:
        """Raises :class:`UsageError` where the file cannot be written, or another process holds it."""
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}; choose another --out.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise UsageError(
                f"Another sweep is writing to {path.parent}; wait for its end or choose another --out."
            ) from error
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.ftruncate(self._file, len(whole))
        self.lines = {
            key: line for line in whole.decode(errors="replace").splitlines() if (key := _key(line))
        }

    def append(self, line: str) -> None:
        """Add one result. Raises :class:`UsageError` when the disk does not take it."""
        data = (line + "\n").encode()
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}.") from error

    def finish(self, lines: Sequence[str]) -> None:
        """Leave ``lines`` in their order, so that the same sweep leaves the same bytes; then what was there
        of other sweeps."""
        done = {_key(line) for line in lines}
        others = [line for key, line in self.lines.items() if key not in done]
        write_atomically(self.path, "".join(f"{line}\n" for line in (*lines, *others)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


def _key(line: str) -> str | None:
    """The key of a result; None for what is none."""
    try:
        data: Any = json.loads(line)
    except ValueError:
        return None
    return data["key"] if isinstance(data, dict) and isinstance(data.get("key"), str) else None
