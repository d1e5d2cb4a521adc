"""Result records beside the recorded oscilloscope figures. Pure functions: no engine, no file, no
terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scopeless.board import Board
from scopeless.record import ModelResult, Record, microseconds
from scopeless_analysis.scope import ScopeRow, find_row

LABEL_TOLERANCE = 0.20
"""A published clock label is refuted when the recorded time implies a clock that is further away than
this."""


@dataclass(frozen=True)
class Row:
    """One quantity, emulated and recorded. ``model`` of a toggle is the model whose run it was measured
    in."""

    board: str
    clock_mhz: int
    label_mhz: int
    model: str
    quantity: str
    published_us: float | None
    cursor_us: float | None
    emulated_cycles: int
    emulated_us: float
    instructions: int | None
    instructions_only_us: float | None
    """Time if every instruction took one cycle, as instruction-counting emulators have it."""
    error_percent: float | None
    """Of the emulated time, against the cursor reading where there is one, else against the published
    figure."""
    implied_mhz: float | None
    """The clock at which the emulated cycles would take the recorded time."""
    basis: str
    """``predicted``: nothing was fitted to this row; empty where nothing was recorded."""
    notes: tuple[str, ...]

    @property
    def recorded_us(self) -> float | None:
        """The cursor reading where there is one, else the published figure."""
        return self.published_us if self.cursor_us is None else self.cursor_us


def compare(record: Record, board: Board) -> list[Row]:
    """A row for the pin toggle of the first model and one for each model's prediction."""
    rows = []
    for index, (name, model) in enumerate(record.models.items()):
        if index == 0:
            rows.append(_row(record, board, name, "toggle", model))
        rows.append(_row(record, board, name, "predict", model))
    return rows


def _row(record: Record, board: Board, name: str, quantity: str, model: ModelResult) -> Row:
    toggle = quantity == "toggle"
    cycles = model.toggle_cycles if toggle else model.predict_cycles
    instructions = model.toggle_instructions if toggle else model.instructions
    label_mhz = board.scope_label_mhz(record.clock_mhz)
    emulated_us = microseconds(cycles, record.clock_hz)
    scope = find_row(record.board, label_mhz, name, quantity)
    return Row(
        board=record.board,
        clock_mhz=record.clock_mhz,
        label_mhz=label_mhz,
        model=name,
        quantity=quantity,
        published_us=scope.published_us if scope else None,
        cursor_us=scope.cursor_us if scope else None,
        emulated_cycles=cycles,
        emulated_us=emulated_us,
        instructions=instructions,
        instructions_only_us=None if instructions is None else microseconds(instructions, record.clock_hz),
        error_percent=percent(emulated_us, scope.best_us) if scope else None,
        implied_mhz=round(cycles / scope.best_us, 3) if scope else None,
        basis="predicted" if scope else "",
        notes=_notes(scope, record.clock_mhz, label_mhz),
    )


def _notes(scope: ScopeRow | None, clock_mhz: int, label_mhz: int) -> tuple[str, ...]:
    notes = []
    if scope and label_mhz != clock_mhz:
        notes.append(f"published as {label_mhz} MHz, run at {clock_mhz} MHz")
    if scope and scope.cursor_us is not None:
        off_us = scope.published_us - scope.cursor_us
        if abs(off_us) > scope.resolution_us:
            notes.append(f"the published figure is {off_us:+.3g} us off the capture's own cursors")
    return tuple(notes)


def percent(value: float, reference: float) -> float:
    """How far ``value`` lies above ``reference``, in percent, to three decimals."""
    return round(100 * (value / reference - 1), 3)


def refuted_label(rows: Sequence[Row]) -> str | None:
    """One sentence when every recorded time of one board and clock implies a clock far from the published
    label."""
    implied = sorted(row.implied_mhz for row in rows if row.implied_mhz is not None)
    label_mhz = rows[0].label_mhz
    if not implied or any(abs(mhz / label_mhz - 1) <= LABEL_TOLERANCE for mhz in implied):
        return None
    low, high = f"{implied[0]:.1f}", f"{implied[-1]:.1f}"
    span = low if low == high else f"{low} to {high}"
    return (
        f"The published rows say {label_mhz} MHz, but the recorded times imply {span} MHz "
        "(emulated cycles / recorded time)."
    )
