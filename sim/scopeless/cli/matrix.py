"""Run every board at every clock and write their result records.

The runs share the processors; each is a process of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

DEFAULT_FOLDER = Path("build/matrix")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless matrix``."""
    parser.add_argument("boards", metavar="BOARD", nargs="*", help="boards to run; default: all")
    parser.add_argument("--out", type=Path, metavar="DIR", default=DEFAULT_FOLDER, help="where records go")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="runs at a time; default: one for each processor"
    )


def run(args: argparse.Namespace) -> int:
    """Run the matrix and print a line for each cell. Exit code 1 when one fails or predicts wrongly."""
    from scopeless.benchmark.matrix import all_runs, run_matrix
    from scopeless.benchmark.session import MODELS
    from scopeless.cli._output import Output, progress
    from scopeless.errors import CheckFailed, ScopelessError, UsageError

    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs must be at least 1, not {args.jobs}.")
    runs = all_runs(args.boards or None)
    with progress(f"{len(runs)} runs") as step:
        results = run_matrix(runs, args.out, jobs=args.jobs, done=lambda run: step(f"{run.stem} is done"))
    rows, failed = [], []
    for cell, result in results.items():
        if isinstance(result, ScopelessError):
            failed.append(f"{cell.stem}: {result}")
            continue
        if result.wrong:
            failed.append(f"{cell.stem}: a prediction is wrong; see `scopeless sim {cell.board}`.")
        first = next(iter(result.models.values()))
        cycles = [str(result.models[m].predict_cycles) if m in result.models else "" for m in MODELS]
        build = " ".join(filter(None, (cell.libm, cell.sketch)))
        rows.append((cell.board, str(cell.clock_mhz), build, str(first.toggle_cycles), *cycles))
    header = ("board", "MHz", "build", "toggle", *MODELS)
    Output().table(f"Cycles; records in {args.out}", header, rows)
    if failed:
        raise CheckFailed(" ".join(failed))
    return 0
