"""Source with the cycles, executions and stalls of each line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scopeless.errors import UsageError
from scopeless.firmware.elf import Elf
from scopeless.machine import ProfileRow

CONTEXT = 3
"""Lines shown before and behind one that was executed."""
MAX_BYTES = 4 << 20  # of a source file
NO_SOURCE = "(no source line)"
WORK = "issue"
"""The cause that is an instruction's own cycle; all others are stalls."""


@dataclass
class Line:
    """``executions`` are those of the line's most executed instruction."""

    cycles: int = 0
    executions: int = 0
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def stalls(self) -> str:
        """Cycles by cause, most first, without what every instruction takes."""
        return ", ".join(f"{cause} {n}" for cause, n in self.causes.most_common() if cause != WORK and n)


@dataclass(frozen=True)
class SourceFile:
    """``text`` is None where the file was not found; ``lines`` are those that were executed."""

    path: str
    text: tuple[str, ...] | None
    lines: Mapping[int, Line]

    @property
    def cycles(self) -> int:
        """Cycles of all lines."""
        return sum(line.cycles for line in self.lines.values())

    def shown(self) -> Sequence[int | None]:
        """Numbers of the lines to show; None stands for lines left out."""
        if self.text is None:
            return sorted(self.lines)
        last = len(self.text)
        near = {n for line in self.lines for n in range(line - CONTEXT, line + CONTEXT + 1) if 1 <= n <= last}
        shown: list[int | None] = []
        before = 0
        for number in sorted(near | self.lines.keys()):
            if number != before + 1 and shown:
                shown.append(None)
            shown.append(number)
            before = number
        return shown

    def line(self, number: int) -> str:
        """The text of a line; empty where it is not known."""
        return self.text[number - 1] if self.text is not None and number <= len(self.text) else ""


def check_source(elf: Elf | None) -> None:
    """Raises :class:`UsageError` for firmware without source lines."""
    if elf is None:
        raise UsageError("--annotate needs an ELF: HEX and BIN files have no source lines.")
    if not elf.has_lines:
        raise UsageError(f"Firmware {elf.path} has no source lines; compile it with -g.")


def annotate(rows: Iterable[ProfileRow], elf: Elf) -> list[SourceFile]:
    """The source files that were executed, most cycles first, those that were not found behind the others.
    Their cycles add up to those of the rows."""
    lines: dict[str, dict[int, Line]] = defaultdict(lambda: defaultdict(Line))
    for row in rows:
        location = elf.locate(row.address)
        line = lines[location.path or NO_SOURCE][location.line or 0]
        line.cycles += row.cycles
        line.executions = max(line.executions, row.executions)
        line.causes.update(row.causes)
    files = [SourceFile(path, _read(path, elf.path), dict(found)) for path, found in lines.items()]
    return sorted(files, key=lambda file: (file.text is None, -file.cycles, file.path))


def _read(path: str, elf: Path) -> tuple[str, ...] | None:
    """The file's lines. A path that is not absolute counts from the current folder, from the ELF's, and from
    those around it."""
    for folder in (Path(), *elf.resolve().parents):
        try:
            file = folder / path
            if file.is_file() and file.stat().st_size <= MAX_BYTES:
                return tuple(file.read_text(encoding="utf-8", errors="replace").splitlines())
        except (OSError, ValueError):  # a damaged ELF can name anything
            continue
    return None
