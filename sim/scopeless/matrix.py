"""Every board at every clock, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scopeless.board import board_names, load_board
from scopeless.errors import ScopelessError, UsageError
from scopeless.record import Record, read_record, write_record
from scopeless.session import MODELS
from scopeless.simulate import simulate


@dataclass(frozen=True)
class Run:
    """One cell of the matrix."""

    board: str
    clock_mhz: int
    libm: str
    models: tuple[str, ...] = MODELS
    sketch: str = ""

    @property
    def stem(self) -> str:
        """Name of its record's file, without suffix."""
        return "-".join(filter(None, (self.board, f"{self.clock_mhz}mhz", self.libm, self.sketch)))


def all_runs(boards: Iterable[str] | None = None) -> list[Run]:
    """Every clock of the named boards (default: all), each with the board's first libm; and again where
    recorded rows were made with another build."""
    runs = []
    for board in map(load_board, board_names() if boards is None else boards):
        for mhz in board.clocks_mhz:
            runs.append(Run(board.name, mhz, board.libm[0]))
            for model, sketch in board.sketches.items():
                runs.append(Run(board.name, mhz, board.libm[0], (model,), sketch))
    return runs


def run_matrix(
    runs: Sequence[Run],
    folder: Path,
    *,
    jobs: int | None = None,
    done: Callable[[Run, Record | ScopelessError], None] = lambda run, result: None,
) -> dict[Run, Record | ScopelessError]:
    """Run all of ``runs``, ``jobs`` at a time (default: one for each processor), and write their records to
    ``folder``. A run that fails leaves its error in its place; ``done`` hears of each as it ends.
    """

    def one(run: Run) -> Record | ScopelessError:
        result: Record | ScopelessError
        try:
            board = load_board(run.board)
            result = simulate(board, run.clock_mhz, run.libm, models=run.models, sketch=run.sketch)
            write_record(folder / f"{run.stem}.json", result)
        except ScopelessError as error:
            result = error
        done(run, result)
        return result

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be made: {error.strerror}; choose another.") from error
    # Each run's work is done in its engine's own process; the threads only wait for it.
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        return dict(zip(runs, pool.map(one, runs), strict=True))


def read_records(folder: Path) -> list[Record]:
    """All records in ``folder``, in order of their names. Raises :class:`UsageError` for an empty folder."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise UsageError(f"There are no result records in {folder}; make them with `make matrix`.")
    return [read_record(path) for path in paths]
