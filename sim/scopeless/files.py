"""Writing results so that a reader never meets half a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from scopeless.errors import UsageError


def check_writable(path: Path) -> None:
    """Raise :class:`UsageError` when ``path`` could not be written, before time is spent on what goes into
    it."""
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file in it.")
    if not folder.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {folder}; create it first.")
    if not os.access(path if _is_special(path) else folder, os.W_OK):
        raise UsageError(f"{path} cannot be written: no permission; choose another place.")


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` (text as UTF-8) so that ``path`` holds either its old or its whole new content at
    any moment.

    A symbolic link is followed; a device or pipe is written directly. Raises :class:`UsageError` when the
    file cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    check_writable(path)
    if _is_special(path):
        path.write_bytes(data)
        return
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _is_special(path: Path) -> bool:
    return path.exists() and not stat.S_ISREG(path.stat().st_mode)
