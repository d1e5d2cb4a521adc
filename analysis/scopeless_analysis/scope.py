"""The recorded oscilloscope figures of the published experiment (data/scope.csv, whose header tells each
column's origin)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class ScopeRow:
    """One recorded figure. ``label_mhz`` is the clock that the publication names, which need not be the
    true one."""

    board: str
    mcu: str
    label_mhz: int
    model: str
    quantity: str
    published_us: float
    cursor_us: float | None
    high_us: float | None
    low_us: float | None
    resolution_us: float
    capture: str

    @property
    def best_us(self) -> float:
        """The capture's own cursor difference where there is one, else the published figure, in
        microseconds."""
        return self.published_us if self.cursor_us is None else self.cursor_us


@cache
def scope_rows() -> tuple[ScopeRow, ...]:
    """All recorded figures, in the file's order."""
    text = (files("scopeless_analysis") / "data" / "scope.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return tuple(_row(fields) for fields in csv.DictReader(lines))


def find_row(board: str, label_mhz: int, model: str, quantity: str) -> ScopeRow | None:
    """The figure recorded for one quantity. A pin toggle has nothing to do with the model: any model's will
    do."""
    for row in scope_rows():
        same = (row.board, row.label_mhz, row.quantity) == (board, label_mhz, quantity)
        if same and (quantity == "toggle" or row.model == model):
            return row
    return None


def _row(fields: dict[str, str]) -> ScopeRow:
    def optional(name: str) -> float | None:
        return float(fields[name]) if fields[name] else None

    return ScopeRow(
        board=fields["board"],
        mcu=fields["mcu"],
        label_mhz=int(fields["clock_mhz"]),
        model=fields["model"],
        quantity=fields["quantity"],
        published_us=float(fields["published_us"]),
        cursor_us=optional("cursor_us"),
        high_us=optional("high_us"),
        low_us=optional("low_us"),
        resolution_us=float(fields["resolution_us"]),
        capture=fields["capture"],
    )
