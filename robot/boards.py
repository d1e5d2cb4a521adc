"""Variables of one board, for scopeless.resource: its clocks, and the figures recorded on it."""

from __future__ import annotations

from scopeless.board import load_board
from scopeless_analysis.compare import comparable

WINDOWS = {
    "toggle": ("simple1", "toggle"),
    "simple1": ("simple1", "predict"),
    "simple2": ("simple2", "predict"),
}


def get_variables(name: str, clock: int | str | None = None) -> dict[str, object]:
    """``CLOCKS``: what to run at, in MHz, or ``clock`` alone. ``RECORDED``: for each window the clocks at
    which a comparable figure was recorded. ``SKETCHES``: the build it was recorded with, empty for the
    regular one."""
    board = load_board(name)
    clocks = [board.check_clock(int(clock))] if clock else list(board.clocks_mhz)
    recorded = {
        window: [mhz for mhz in clocks if comparable(board, mhz, model, quantity, 1, 1)]
        for window, (model, quantity) in WINDOWS.items()
    }
    sketches = {window: board.sketches.get(model, "") for window, (model, _) in WINDOWS.items()}
    return {"CLOCKS": clocks, "RECORDED": recorded, "SKETCHES": sketches}
