"""What a verb prints: rich tables on a terminal, plain aligned text everywhere else."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scopeless.benchmark.session import Progress
from scopeless.files import write_atomically

if TYPE_CHECKING:
    from rich.console import Console

PICTURE_WIDTH = 112


class Output:
    """Standard output, or ``stream``. A table's first ``left`` columns are aligned left, the others right.

    With ``picture`` everything is also drawn as a terminal would show it, for :meth:`save_picture`.
    """

    def __init__(self, *, picture: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._consoles: list[Console] = []
        self._plain = not (self._stream.isatty() and os.environ.get("TERM") != "dumb")
        self._picture: Console | None = None
        if picture or not self._plain:
            from rich.console import Console

            if not self._plain:
                self._consoles.append(Console(file=stream, highlight=False, soft_wrap=False))
            if picture:
                self._picture = Console(
                    record=True, width=PICTURE_WIDTH, file=io.StringIO(), force_terminal=True, highlight=False
                )
                self._consoles.append(self._picture)

    def line(self, text: str = "", style: str = "") -> None:
        """One line of text."""
        if self._plain:
            print(text, file=self._stream)
        for console in self._consoles:
            console.print(text, style=style or None, markup=False)

    def text(self, text: str) -> None:
        """Lines of any length, as they are."""
        self._stream.write(text)

    def table(
        self, title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1
    ) -> None:
        """A table with an empty line after it."""
        if self._plain:
            print(plain_table(title, header, rows, left=left), end="\n\n", file=self._stream)
        if self._consoles:
            from rich import box
            from rich.table import Table
            from rich.text import Text

            table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
            for index, name in enumerate(header):
                table.add_column(name, justify="left" if index < left else "right", header_style="cyan")
            for row in rows:
                table.add_row(*map(Text, row))
            for console in self._consoles:
                console.print(title, style="bold", markup=False)
                console.print(table)

    def save_picture(self, path: Path, title: str) -> None:
        """Write what was drawn as SVG, in the viewer's own monospaced font."""
        assert self._picture is not None
        svg = self._picture.export_svg(title=title)
        write_atomically(path, re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL))


def plain_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A table in plain text: columns two spaces apart, nothing at line ends."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def text(cells: Sequence[str]) -> str:
        pairs = enumerate(zip(cells, widths, strict=True))
        aligned = [cell.ljust(width) if index < left else cell.rjust(width) for index, (cell, width) in pairs]
        return "  ".join(aligned).rstrip()

    return "\n".join([title, text(header), *map(text, rows)])


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Gives a function to tell each step of long work to; it shows on stderr when that is a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda step: None
        return
    from rich.console import Console
    from rich.status import Status

    with Status(label, console=Console(stderr=True)) as status:
        yield lambda step: status.update(f"{label}: {step}")
