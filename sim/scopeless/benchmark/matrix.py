"""Every board at every clock, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from scopeless.benchmark.record import Record, read_record, write_record
from scopeless.benchmark.session import MODELS
from scopeless.benchmark.simulate import simulate
from scopeless.board import board_names, build_name, load_board
from scopeless.errors import ScopelessError, UsageError
from scopeless.files import make_folder

Item = TypeVar("Item")
Result = TypeVar("Result")


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
        return build_name(self.board, self.clock_mhz, self.libm, self.sketch)


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
    done: Callable[[Run], None] = lambda run: None,
) -> dict[Run, Record | ScopelessError]:
    """Run all of ``runs`` as :func:`in_parallel` does, and write their records to ``folder``."""

    def one(run: Run) -> Record:
        board = load_board(run.board)
        record = simulate(board, run.clock_mhz, run.libm, models=run.models, sketch=run.sketch)
        write_record(folder / f"{run.stem}.json", record)
        return record

    make_folder(folder)
    return dict(zip(runs, in_parallel(runs, one, jobs=jobs, done=done), strict=True))


def in_parallel(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    *,
    jobs: int | None = None,
    done: Callable[[Item], None] = lambda item: None,
) -> list[Result | ScopelessError]:
    """``work`` on each of ``items``, ``jobs`` at a time (default: one for each processor), in order. What
    fails leaves its error in its place; ``done`` hears of each as it ends."""

    def one(item: Item) -> Result | ScopelessError:
        try:
            return work(item)
        except ScopelessError as error:
            return error
        finally:
            done(item)

    # The work is done in the engines' own processes; the threads only wait for it.
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        return list(pool.map(one, items))


def read_records(folder: Path) -> list[Record]:
    """All records in ``folder``, in order of their names. Raises :class:`UsageError` for an empty folder."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise UsageError(f"There are no result records in {folder}; make them with `make matrix`.")
    return [read_record(path) for path in paths]
