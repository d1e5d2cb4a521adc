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
