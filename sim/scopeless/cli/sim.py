"""Run a board's benchmark and show its times beside the recorded ones.

Builds the firmware if needed, emulates the board, runs the whole session over its serial port and measures
its pin."""

from __future__ import annotations

import argparse
from pathlib import Path

from scopeless.benchmark.session import MODELS
from scopeless.board import load_board
from scopeless.errors import CheckFailed, UsageError
from scopeless.files import check_writable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless sim``."""
    parser.add_argument("board", metavar="BOARD", help="name of a board; 'scopeless boards' lists them")
    parser.add_argument("--clock", type=int, metavar="MHZ", help="core clock; default: the board's first")
    parser.add_argument("--engine", metavar="E", help="engine; default: the board's own")
    parser.add_argument(
        "--model", choices=(*MODELS, "all"), default="all", help="which network; default: all"
    )
    parser.add_argument(
        "--libm", metavar="L", help="which exp(): recorded or stock; default: the board's first"
    )
    parser.add_argument("--elf", type=Path, metavar="FILE", help="run this firmware instead of building one")
    parser.add_argument(
        "--strict", action="store_true", help="fail on any access to an unmodelled peripheral"
    )
    parser.add_argument(
        "--timing",
        action="store_true",
        help="with --engine renode: also the chip's cycles of what Renode executes, and instruction counts "
        "beside the own engine's",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the result record (docs/result-record.md)"
    )
    parser.add_argument(
        "--vcd", type=Path, metavar="FILE", help="write the pin's edges as VCD, for GTKWave and others"
    )
    parser.add_argument(
        "--svg", type=Path, metavar="FILE", help="write the output as a picture of a terminal"
    )


def run(args: argparse.Namespace) -> int:
    """Run the session, print the report, write the files asked for. A wrong prediction ends in exit code
    1."""
    from scopeless.benchmark.simulate import simulate
    from scopeless.cli import _report
    from scopeless.cli._output import Output, progress

    board = load_board(args.board)
    clock_mhz = board.check_clock(args.clock)
    libm = board.check_libm(args.libm)
    if args.timing and args.engine != "renode":
        raise UsageError("--timing is for --engine renode; other engines' cycles are the chip's already.")
    for path in filter(None, (args.json, args.vcd, args.svg)):
        check_writable(path)

    with progress(f"{board.name} at {clock_mhz} MHz") as step:
        record = simulate(
            board,
            clock_mhz,
            libm,
            models=MODELS if args.model == "all" else (args.model,),
            engine=args.engine,
            elf=args.elf,
            strict=args.strict,
            timing=args.timing,
            step=step,
        )
    if args.json:
        from scopeless.benchmark.record import write_record

        write_record(args.json, record)
    if args.vcd:
        from scopeless.pins.vcd import write_vcd

        write_vcd(args.vcd, record)
    output = Output(picture=args.svg is not None)
    _report.show(output, record, board)
    if args.svg:
        output.save_picture(args.svg, f"scopeless sim {board.name}")
    if wrong := record.wrong:
        raise CheckFailed(
            f"{' and '.join(wrong)} did not predict what the trained network does; see the table above."
        )
    if record.chip and (windows := [name for name, c in record.chip.counts.items() if not c.agree]):
        raise CheckFailed(
            f"Renode and the board's own engine do not execute the same in {' and '.join(windows)}; see the "
            "table of instructions above."
        )
    return 0
