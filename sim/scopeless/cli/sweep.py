"""What if: run a board's benchmark over clocks, wait states, prefetch, caches, -O levels, floats and libms.

The firmware is built anew for each point and sets them itself. A list is like 72,128 or 0..3 or all; what is
not listed stays as the board has it. Writes sweep.csv, sweep.svg and every result record."""

from __future__ import annotations

import argparse
from pathlib import Path

from scopeless.benchmark.session import MODELS
from scopeless.board import load_board
from scopeless.sweep.axes import AXES, BY_NAME, choices_of, points, select

DEFAULT_FOLDER = Path("build/sweep")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless sweep``."""
    parser.add_argument("board", metavar="BOARD", help="name of a board; 'scopeless boards' lists them")
    for axis in AXES:
        parser.add_argument(axis.option, dest=axis.name, metavar="LIST", help=axis.title)
    parser.add_argument(
        "--model", choices=(*MODELS, "all"), default="all", help="which network to show; default: all"
    )
    parser.add_argument("--engine", metavar="E", help="engine; default: the board's own")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"where results go; default: {DEFAULT_FOLDER}/BOARD"
    )
    parser.add_argument("--resume", action="store_true", help="take the results that are in DIR already")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="sessions at a time; default: one per processor"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="let a Dask cluster run the sessions: tcp://host:8786"
    )
    parser.add_argument(
        "--colour", choices=BY_NAME, metavar="AXIS", help="axis that the plot's colours are by"
    )
    parser.add_argument("--top", type=int, default=5, metavar="N", help="rows at each end; default: 5")


def run(args: argparse.Namespace) -> int:
    """Run the points, write the files, print both ends and what each axis does. Exit code 1 when a point
    failed; a wrong prediction is reported, not a failure: it may be what the sweep was to find out."""
    from scopeless.cli import _sweep
    from scopeless.cli._output import Output, progress
    from scopeless.errors import CheckFailed, UsageError
    from scopeless.files import write_atomically
    from scopeless.sweep.run import JOURNAL, run_sweep
    from scopeless_analysis.raster import svg_to_png
    from scopeless_analysis.sweep import build_sweep

    for name in ("jobs", "top"):
        if (value := getattr(args, name)) is not None and value < 1:
            raise UsageError(f"--{name} must be at least 1, not {value}.")
    board = load_board(args.board)
    choices = choices_of(board)
    wanted = {name: getattr(args, name) for name in BY_NAME if getattr(args, name) is not None}
    selected = select(board, choices, wanted)
    if args.colour and args.colour not in choices:
        raise UsageError(f"{board.name} has no axis {args.colour}; choose one of: {', '.join(choices)}.")
    chosen = points(board, choices, selected)
    models = MODELS if args.model == "all" else (args.model,)
    folder = args.out or DEFAULT_FOLDER / board.name
    with progress(f"{len(chosen)} points of {board.name}") as step:
        sweep = run_sweep(
            board,
            chosen,
            folder,
            engine=args.engine,
            jobs=args.jobs,
            scheduler=args.scheduler,
            resume=args.resume,
            step=step,
        )
    built = build_sweep(sweep.results, models, args.colour)
    output = Output()
    reused = f"; {sweep.reused} taken from before" if sweep.reused else ""
    output.line(f"{board.title}: {_sweep.counted(chosen, models)}{reused}", "bold")
    output.line()
    _sweep.show(output, built, args.top)
    if svg := built.files.get("sweep.svg"):
        if png := svg_to_png(svg):
            built.files["sweep.png"] = png
        else:
            output.line("sweep.png is left out: rsvg-convert is not installed (Debian: librsvg2-bin).")
    for name, content in built.files.items():
        write_atomically(folder / name, content)
    output.line(f"In {folder}: {', '.join(built.files)}; the records in {JOURNAL}.")
    failed = [result for result in sweep.results if result.error]
    if failed:
        raise CheckFailed(
            f"{len(failed)} of {len(chosen)} points gave no result, sweep.csv says why; the first, "
            f"{failed[0].point.stem}: {failed[0].error}"
        )
    return 0
