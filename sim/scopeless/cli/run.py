"""Run any firmware: its UART on the terminal, its pins measured.

Standard output is what the firmware sends, byte by byte; everything else goes to standard error. Without
--for and --until it runs until Ctrl-C."""

from __future__ import annotations

import argparse
from pathlib import Path

from scopeless.cli._inside import add_inside_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless run``."""
    add = parser.add_argument
    add("board", metavar="BOARD", help="name of a board; 'scopeless boards' lists them")
    add("firmware", metavar="FIRMWARE", type=Path, help="ELF, Intel HEX, or raw bytes (with --address)")
    add("--address", metavar="A", help="where raw bytes go, such as 0x08000000")
    add("--engine", metavar="E", help="engine; default: the board's own")
    add("--strict", action="store_true", help="fail on any access to an unmodelled peripheral")
    add("--for", dest="limit", metavar="TIME", help="end after a simulated time, such as 10ms or 1.5s")
    add("--until", metavar="REGEX", help="end when a line of the UART matches; exit code 1 when none has")
    add("--gdb", type=int, metavar="PORT", help="stand still until a GDB connects to this TCP port; 0: any")
    add("--speed", choices=("real", "max"), help="default: real at a terminal, a pty or a socket, else max")

    uart = parser.add_argument_group("UART")
    uart.add_argument("--uart", metavar="NAME", help="which one; default: the board's usual one")
    uart.add_argument("--pty", action="store_true", help="on a pseudo terminal for picocom; prints its path")
    uart.add_argument("--uart-tcp", type=int, metavar="PORT", help="on a TCP port of this machine; 0: any")
    uart.add_argument(
        "--input", metavar="FILE", help="send this file's lines (-: standard input) once the receiver is on"
    )
    uart.add_argument(
        "--input-after", metavar="REGEX", help="send each line when a line of the firmware matches"
    )

    pins = parser.add_argument_group("pins")
    pins.add_argument(
        "--pin", action="append", default=[], metavar="PIN", help="measure its pulses; repeat, or 'all'"
    )
    pins.add_argument(
        "--vcd", type=Path, metavar="FILE", help="record the pins of --pin (default: the board's own)"
    )
    pins.add_argument("--inject", metavar="FILE.vcd[,SIGNAL=PIN]", help="drive input pins from a VCD")

    add_inside_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result (docs/run.md)")


def run(args: argparse.Namespace) -> int:
    """Run until something ends it, then report and write files. A fault, or a line that did not come, ends in
    exit code 1."""
    from scopeless.cli._run import Live

    return Live(args).run()
