"""List the boards.

One line each: name, microcontroller, core, default engine, clocks."""

from __future__ import annotations

import argparse

from scopeless.board import board_names, load_board
from scopeless.cli._output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """Print the table of boards."""
    rows = []
    for name in board_names():
        board = load_board(name)
        clocks = ", ".join(map(str, board.clocks_mhz))
        rows.append((name, board.title, board.mcu, board.core, board.engine, clocks, ", ".join(board.libm)))
    header = ("name", "board", "mcu", "core", "engine", "clocks MHz", "libm")
    Output().table("Boards", header, rows, left=len(header))
    return 0
