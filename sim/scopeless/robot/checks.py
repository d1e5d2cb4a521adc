"""The comparisons behind the keywords. Each raises :class:`CheckFailed` with the figures and the limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from scopeless.benchmark import golden as trained
from scopeless.benchmark.session import INPUTS
from scopeless.benchmark.windows import Windows
from scopeless.board import Board
from scopeless.errors import CheckFailed, UsageError
from scopeless.guard.baseline import read_baseline
from scopeless.machine import Edge
from scopeless.robot.limits import Reference, Tolerance
from scopeless_analysis.compare import comparable

Quantity = Literal["toggle", "predict"]
NAMES: dict[Quantity, str] = {"toggle": "the pin's toggle", "predict": "the prediction"}


def regular_expression(pattern: str) -> re.Pattern[str]:
    """``pattern``, compiled. Raises :class:`UsageError` for one that is not valid."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}.") from error


def check_outputs(
    model: str,
    outputs: Sequence[float],
    board: Board,
    golden: Sequence[float] | None,
    tolerance: float | None,
) -> None:
    """Compare eight ``outputs`` with ``golden`` or, for None, with the trained network's."""
    expected = trained.golden_outputs(model) if golden is None else tuple(golden)
    if len(expected) != len(INPUTS):
        raise UsageError(f"A golden table has {len(INPUTS)} outputs, not {len(expected)}.")
    wrong = [
        f"[{' '.join(map(str, inputs))}] = {output:.8f} should be {gold:.8f}"
        for inputs, output, gold in zip(INPUTS, outputs, expected, strict=True)
        if not abs(output - gold) <= (trained.tolerance(gold, board.core) if tolerance is None else tolerance)
    ]
    if wrong:
        raise CheckFailed(
            f"{model} on {board.name} does not predict the golden table: its weights, inputs or arithmetic "
            f"differ; {len(wrong)} of {len(INPUTS)} outputs are wrong: {'; '.join(wrong)}."
        )


def list_edges(edges: Sequence[Edge], most: int = 12) -> str:
    """``edges`` as text, the first ``most`` of them."""
    shown = ", ".join(f"{'high' if edge.level else 'low'} at cycle {edge.cycle}" for edge in edges[:most])
    return (shown or "no edge") + (f" and {len(edges) - most} more" if len(edges) > most else "")


def pulse(edges: Sequence[Edge], level: int, number: int) -> int:
    """Cycles of complete pulse ``number`` of ``level``: 1 is the first, -1 the last."""
    widths = [end.cycle - begin.cycle for begin, end in pairwise(edges) if begin.level == level]
    if number == 0 or abs(number) > len(widths):
        raise CheckFailed(
            f"There is no pulse {number}: the pin had {len(widths)} complete "
            f"{'high' if level else 'low'} pulses since power-on."
        )
    return widths[number - 1 if number > 0 else number]


def check_window(
    board: Board,
    clock_hz: int,
    model: str,
    quantity: Quantity,
    windows: Windows,
    reference: Reference,
    tolerance: Tolerance,
) -> None:
    """Compare the toggle's or the prediction's window with a recorded figure, a baseline or a duration."""
    mhz = round(clock_hz / 1e6)
    cycles: float = windows.toggle.cycles if quantity == "toggle" else windows.predict.cycles
    if reference.quantity is not None:
        expected, of_what = reference.quantity.cycles(clock_hz), str(reference.quantity)
    elif reference.baseline is not None:
        expected, of_what = _baseline(reference, board, mhz, model, quantity)
    else:
        figures = comparable(board, mhz, model, quantity, windows.toggle.cycles, windows.predict.cycles)
        if figures is None:
            raise UsageError(
                f"No comparable figure was recorded of {NAMES[quantity]} of {model} on {board.name} at "
                f"{mhz} MHz; see docs/compare.md."
            )
        cycles, recorded_us = figures
        expected, of_what = recorded_us * clock_hz / 1e6, f"the recorded {recorded_us:.5g} us"
    what = f"{NAMES[quantity]} of {model} on {board.name} at {mhz} MHz"
    check_within(cycles, expected, tolerance, clock_hz, what, of_what)


def _baseline(
    reference: Reference, board: Board, mhz: int, model: str, quantity: Quantity
) -> tuple[float, str]:
    path = reference.baseline
    assert path is not None
    baseline = read_baseline(path.parent, path.stem)
    if (baseline.board, baseline.clock_mhz) != (board.name, mhz) or model not in baseline.models:
        raise UsageError(
            f"The baseline {path} is of {', '.join(baseline.models)} on {baseline.board} at "
            f"{baseline.clock_mhz} MHz, not of {model} on {board.name} at {mhz} MHz."
        )
    cost = baseline.models[model]
    cycles = cost.toggle if quantity == "toggle" else cost.predict
    return cycles, f"the baseline's {cycles} cycles ({path.name})"


def check_within(
    cycles: float, expected: float, tolerance: Tolerance, clock_hz: int, what: str, of_what: str
) -> None:
    """Fail when ``cycles`` is further than ``tolerance`` from ``expected``, which is called ``of_what``."""
    if abs(cycles - expected) <= tolerance.cycles(clock_hz, expected) + 1e-9:
        return
    off = cycles - expected
    percent = f"{abs(off) / expected:.1%} " if expected else ""
    raise CheckFailed(
        f"{what[0].upper()}{what[1:]} takes {cycles:g} cycles ({cycles * 1e6 / clock_hz:.5g} us), "
        f"{percent}{'longer' if off > 0 else 'shorter'} than {of_what}; "
        f"allowed are {tolerance} to either side."
    )
