"""Result records beside the recorded oscilloscope figures. Pure functions: no engine, no file, no
terminal."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scopeless.benchmark.record import Record, microseconds
from scopeless.benchmark.windows import WRITES_PER_TOGGLE_WINDOW, single_write_prediction_cycles
from scopeless.board import Board
from scopeless_analysis.scope import ScopeRow, find_row, scope_rows

TARGET_PERCENT = 5.0
"""Every predicted row should be at least this close to the recorded time."""
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
    emulated_cycles: float | None
    emulated_us: float | None
    instructions: int | None
    instructions_only_us: float | None
    """Time if every instruction took one cycle, as instruction-counting emulators have it."""
    compared_us: float | None
    """The recorded time that the error refers to: the cursor reading or the published figure, without the pin
    write where the recorded firmware reached its pin in another way."""
    error_percent: float | None
    """Of the emulated time, against the cursor reading where there is one, else against the published
    figure."""
    implied_mhz: float | None
    """The clock at which the emulated cycles would take the recorded time."""
    basis: str
    """``predicted``: nothing was fitted to this row; ``fitted``: a constant was; ``not comparable``: shown,
    not judged; empty where nothing was recorded."""
    notes: tuple[str, ...]

    @property
    def recorded_us(self) -> float | None:
        """The cursor reading where there is one, else the published figure."""
        return self.published_us if self.cursor_us is None else self.cursor_us


def compare(record: Record, board: Board) -> list[Row]:
    """A row for the pin toggle of the first model and one for each model's prediction."""
    rows = []
    for index, name in enumerate(record.models):
        if index == 0:
            rows.append(_row(record, board, name, "toggle"))
        rows.append(_row(record, board, name, "predict"))
    return rows


def compare_all(records: Iterable[Record], board_of: Callable[[str], Board]) -> list[Row]:
    """Every recorded figure of the boards in ``records``, in the order of the recordings; figures that none
    of the records has a counterpart for come as ``not comparable``."""
    records = list(records)
    # Where the recorded firmware was another sketch, its record comes last and counts.
    rows = [r for record in sorted(records, key=_is_sketch) for r in compare(record, board_of(record.board))]
    found = {(row.board, row.label_mhz, row.model, row.quantity): row for row in rows}
    boards = {record.board for record in records}
    return [
        found.get((scope.board, scope.label_mhz, scope.model, scope.quantity)) or _without_counterpart(scope)
        for scope in scope_rows()
        if scope.board in boards
    ]


def _is_sketch(record: Record) -> bool:
    return bool(record.sketch)


def comparable(
    board: Board, clock_mhz: int, model: str, quantity: str, toggle_cycles: int, predict_cycles: int
) -> tuple[float, float] | None:
    """Emulated cycles and recorded microseconds of the same thing; None where nothing comparable was
    recorded.

    Where the recorded firmware reached its pin in another way, a toggle is not comparable, and both
    predictions are without the pin write that ends their window.
    """
    toggle = quantity == "toggle"
    label_mhz = board.scope_label_mhz(clock_mhz)
    scope = find_row(board.name, label_mhz, model, quantity)
    if scope is None or (toggle and board.pin_path == "other"):
        return None
    if board.pin_path != "other":
        return toggle_cycles if toggle else predict_cycles, scope.best_us
    pin = find_row(board.name, label_mhz, model, "toggle")
    assert pin is not None
    return (
        single_write_prediction_cycles(toggle_cycles, predict_cycles),
        scope.best_us - pin.best_us / WRITES_PER_TOGGLE_WINDOW,
    )


def _row(record: Record, board: Board, name: str, quantity: str) -> Row:
    model = record.models[name]
    toggle = quantity == "toggle"
    instructions = model.toggle_instructions if toggle else model.instructions
    label_mhz = board.scope_label_mhz(record.clock_mhz)
    scope = find_row(record.board, label_mhz, name, quantity)
    recorded_us = None
    cycles: float = model.toggle_cycles if toggle else model.predict_cycles
    figures = comparable(board, record.clock_mhz, name, quantity, model.toggle_cycles, model.predict_cycles)
    if figures:
        cycles, recorded_us = figures
    notes = _notes(scope, record.clock_mhz, label_mhz)
    if record.sketch:
        notes.append(f"run with the {record.sketch} sketch, as recorded: docs/findings/uno-simple1.md")
    elif scope and quantity == "predict" and name in board.sketches:
        notes.append(
            f"recorded with the {board.sketches[name]} sketch, where part of the work left the window: "
            "docs/findings/uno-simple1.md"
        )
    basis = ""
    if scope:
        basis = "fitted" if (quantity if toggle else name) in board.fitted else "predicted"
    if scope and board.pin_path == "other":
        if toggle:
            basis = "not comparable"
            notes.append("other GPIO path")
        else:
            notes.append(f"both without their pin write (Tt/4): recorded {recorded_us:.4g} us")
    emulated_us = microseconds(cycles, record.clock_hz)
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
        compared_us=recorded_us,
        error_percent=percent(emulated_us, recorded_us) if recorded_us else None,
        implied_mhz=round(cycles / recorded_us, 3) if recorded_us else None,
        basis=basis,
        notes=tuple(notes),
    )


def _without_counterpart(scope: ScopeRow) -> Row:
    return Row(
        board=scope.board,
        clock_mhz=scope.label_mhz,
        label_mhz=scope.label_mhz,
        model=scope.model,
        quantity=scope.quantity,
        published_us=scope.published_us,
        cursor_us=scope.cursor_us,
        emulated_cycles=None,
        emulated_us=None,
        instructions=None,
        instructions_only_us=None,
        compared_us=None,
        error_percent=None,
        implied_mhz=None,
        basis="not comparable",
        notes=("another network or window than ours; nothing to set beside it",),
    )


def _notes(scope: ScopeRow | None, clock_mhz: int, label_mhz: int) -> list[str]:
    notes = []
    if scope and label_mhz != clock_mhz:
        notes.append(f"published as {label_mhz} MHz, run at {clock_mhz} MHz")
    if scope and scope.cursor_us is not None:
        off_us = scope.published_us - scope.cursor_us
        if abs(off_us) > scope.resolution_us:
            notes.append(f"the published figure is {off_us:+.3g} us off the capture's own cursors")
    return notes


@dataclass(frozen=True)
class Summary:
    """How far the rows of one basis are off, in percent of the recorded time, signs dropped."""

    basis: str
    rows: int
    median_percent: float
    worst_percent: float
    outside: tuple[Row, ...]
    """Rows further off than :data:`TARGET_PERCENT`."""


def summarize(rows: Iterable[Row], basis: str) -> Summary | None:
    """The summary of the rows of one basis that have an error; None where there are none."""
    chosen = [row for row in rows if row.basis == basis and row.error_percent is not None]
    errors = [abs(row.error_percent) for row in chosen if row.error_percent is not None]
    if not errors:
        return None
    outside = tuple(row for row, error in zip(chosen, errors, strict=True) if error > TARGET_PERCENT)
    return Summary(basis, len(errors), statistics.median(errors), max(errors), outside)


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
