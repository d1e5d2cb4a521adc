"""Check the Renode platforms against the boards, without Renode.

Reads each .repl and .resc: syntax, references, overlaps, classes and their parameters, and the memory map,
peripherals and interrupts that the board's file lists. Every mistake is shown with its file and line."""

from __future__ import annotations

import argparse
from pathlib import Path

from scopeless.cli._output import Output
from scopeless.errors import CheckFailed
from scopeless.renode import RENODE_DIR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless renode-check``."""
    parser.add_argument(
        "--folder", type=Path, default=RENODE_DIR, metavar="DIR", help="the platforms; default: renode/"
    )


def run(args: argparse.Namespace) -> int:
    """Print every mistake; exit code 1 when there are any."""
    from scopeless.renode.check import check_all, renode_boards

    output = Output()
    problems = check_all(args.folder)
    for problem in problems:
        output.line(str(problem))
    if problems:
        raise CheckFailed(
            f"The Renode platforms have {len(problems)} mistakes, listed above with file and line."
        )
    output.line(f"The Renode platforms of {len(renode_boards())} boards match them.")
    return 0
