"""Run firmware under the control of GDB.

The board stands still at its reset until a GDB connects and lets it go on; what it sends over its serial port
is printed here. It ends when GDB kills the program."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scopeless.board import load_board


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless gdb``."""
    parser.add_argument("board", metavar="BOARD", help="name of a board; 'scopeless boards' lists them")
    parser.add_argument("firmware", type=Path, metavar="ELF", help="what to run: an ELF or HEX file")
    parser.add_argument("--port", type=int, default=3333, help="on 127.0.0.1; 0: any free one; default: 3333")
    parser.add_argument("--engine", metavar="E", help="engine; default: the board's own")


def run(args: argparse.Namespace) -> int:
    """Serve until GDB kills the program."""
    from scopeless.engines import start
    from scopeless.gdb.server import Server, listen
    from scopeless.machine import RunResult

    def show(result: RunResult) -> None:
        if result.uart:
            sys.stdout.buffer.write(bytes(byte.value for byte in result.uart))
            sys.stdout.buffer.flush()

    board = load_board(args.board)
    with listen(args.port) as listener, start(board, engine=args.engine) as machine:
        debugger = machine.debugger
        machine.load(args.firmware)
        port = listener.getsockname()[1]
        print(
            f"scopeless: {board.name} waits for GDB: gdb-multiarch {args.firmware} -ex 'target remote :{port}'",
            file=sys.stderr,
            flush=True,
        )
        Server(listener, machine, debugger, board, output=show).serve()
    return 0
