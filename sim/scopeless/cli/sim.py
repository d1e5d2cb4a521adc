"""Run a board's benchmark and show its times beside the recorded ones.

Builds the firmware if needed, emulates the board, runs the whole session over its serial port and measures
its pin."""

from __future__ import annotations

import argparse
from pathlib import Path

from scopeless.board import Board, load_board
from scopeless.errors import CheckFailed
from scopeless.files import check_writable
from scopeless.record import Record
from scopeless.session import MODELS, Progress


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
    from scopeless.cli import _report
    from scopeless.cli._output import Output, progress

    board = load_board(args.board)
    clock_mhz = board.check_clock(args.clock)
    libm = board.check_libm(args.libm)
    for path in filter(None, (args.json, args.vcd, args.svg)):
        check_writable(path)

    with progress(f"{board.name} at {clock_mhz} MHz") as step:
        record = simulate(args, board, clock_mhz, libm, step)
    if args.json:
        from scopeless.record import write_record

        write_record(args.json, record)
    if args.vcd:
        from scopeless.vcd import write_vcd

        write_vcd(args.vcd, record)
    output = Output(picture=args.svg is not None)
    _report.show(output, record, board)
    if args.svg:
        output.save_picture(args.svg, f"scopeless sim {board.name}")
    wrong = [name for name, model in record.models.items() if not model.correct]
    if wrong:
        raise CheckFailed(
            f"{' and '.join(wrong)} did not predict what the trained network does; see the table above."
        )
    return 0


def simulate(args: argparse.Namespace, board: Board, clock_mhz: int, libm: str, step: Progress) -> Record:
    """Build, run and record."""
    from scopeless.elf import Elf
    from scopeless.engines import start
    from scopeless.record import build_record
    from scopeless.session import run_session

    with start(board, engine=args.engine, strict=args.strict) as machine:
        path = args.elf
        if path is None:
            from scopeless.firmware import firmware_for

            step("building the firmware")
            path = firmware_for(board, clock_mhz, libm)
        elf = Elf.open(path)
        machine.load(path)
        session = run_session(machine, MODELS if args.model == "all" else (args.model,), step)
        clock_hz = machine.clock_hz()
        notes = machine.notes()
    if round(clock_hz / 1e6) != clock_mhz:
        notes.append(f"The firmware set the core clock to {clock_hz / 1e6:g} MHz, not to {clock_mhz} MHz.")
    built_for, libm = session.banner() or (None, "unknown")
    if built_for not in (None, board.name):
        notes.append(f"The firmware says that it was built for {built_for}.")
    return build_record(
        session,
        board,
        engine=machine.engine,
        clock_hz=clock_hz,
        libm=libm,
        elf_sha256=elf.sha256,
        compiler=elf.compiler,
        notes=tuple(notes),
    )
