"""Writing results so that a reader never meets half a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

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


def make_folder(path: Path) -> None:
    """Make ``path`` and the folders above it where they are not there. Raises :class:`UsageError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {path} cannot be made: {error.strerror}; choose another.") from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` (text as UTF-8) so that ``path`` holds either its old or its whole new content at
    any moment.

    A symbolic link is followed; a device or pipe is written directly. Raises :class:`UsageError` when the
    file cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    check_writable(path)
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if _is_special(path):
            path.write_bytes(data)
            return
        try:
            if not _write_unnamed(temporary, data):
                with temporary.open("wb") as file:
                    _write_through(file, data)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _write_unnamed(path: Path, data: bytes) -> bool:
    """Write a file that gets its name when it is whole, so that not even a killed process leaves a part of
    it; False where the system or the file system cannot do that (open(2), O_TMPFILE)."""
    try:
        handle = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except (AttributeError, OSError):
        return False
    with open(handle, "wb") as file:
        _write_through(file, data)
        try:
            # Any src_dir_fd makes Python call linkat(2), which follows the link in /proc; link(2) does not.
            os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)
        except OSError:
            return False
    return True


def _write_through(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _is_special(path: Path) -> bool:
    return path.exists() and not stat.S_ISREG(path.stat().st_mode)
