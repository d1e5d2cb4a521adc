"""What is wrong in a file, and where."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Problem(NamedTuple):
    """One mistake, at a line (counted from 1) of a file."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file.parent.name}/{self.file.name}:{self.line}: {self.text}"


def read_text(path: Path) -> tuple[str, list[Problem]]:
    """The text of a file, and a problem where it is not UTF-8; such bytes are replaced."""
    content = path.read_bytes()
    try:
        return content.decode(), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return content.decode(errors="replace"), [Problem(path, line, "this is not UTF-8")]
