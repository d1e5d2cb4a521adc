"""The tables of the published text, rebuilt: its own figures, the captures' cursors, and the emulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scopeless.benchmark.record import Record
from scopeless.board import Board
from scopeless_analysis.scope import scope_rows

QUANTITIES = ("toggle", "simple1", "simple2")


@dataclass(frozen=True)
class Line:
    """A line of the published tables: microseconds of the windows by quantity, pin writes included, None
    where there is no figure."""

    board: str
    label_mhz: int
    published: dict[str, float | None]
    cursors: dict[str, float | None]
    emulated: dict[str, float | None]

    def ratios(self, over: str, under: str) -> tuple[float | None, float | None, float | None]:
        """One quantity over another: published, by the cursors, emulated."""
        published, cursors, emulated = (
            _ratio(times[over], times[under]) for times in (self.published, self.cursors, self.emulated)
        )
        return published, cursors, emulated


def published_lines(records: Iterable[Record], board_of: Callable[[str], Board]) -> list[Line]:
    """All boards and clocks of the published tables, in their order, whether or not there is a record."""
    emulated: dict[tuple[str, int, str], float] = {}
    # Where the recorded firmware was another sketch, its record comes last and counts.
    for record in sorted(records, key=lambda record: bool(record.sketch)):
        label_mhz = board_of(record.board).scope_label_mhz(record.clock_mhz)
        for index, (name, model) in enumerate(record.models.items()):
            if index == 0:
                emulated[record.board, label_mhz, "toggle"] = model.toggle_us
            emulated[record.board, label_mhz, name] = model.predict_us
    lines: dict[tuple[str, int], Line] = {}
    for row in scope_rows():
        quantity = "toggle" if row.quantity == "toggle" else row.model
        if quantity not in QUANTITIES:
            continue
        key = row.board, row.label_mhz
        if key not in lines:
            times = {name: emulated.get((*key, name)) for name in QUANTITIES}
            lines[key] = Line(*key, dict.fromkeys(QUANTITIES), dict.fromkeys(QUANTITIES), times)
        lines[key].published[quantity] = row.published_us
        lines[key].cursors[quantity] = row.cursor_us
    return list(lines.values())


def _ratio(over: float | None, under: float | None) -> float | None:
    return None if over is None or under is None else over / under
