"""Runs the suites for boards, in parallel, and merges the results into one log.html, report.html, output.xml
and xunit.xml."""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from robot import rebot
from robot.api import ExecutionResult
from robot.version import get_version

from scopeless.board import board_names, load_board
from scopeless.cli import Parser
from scopeless.engines import engines_for, start
from scopeless.errors import ScopelessError, UsageError
from scopeless.files import make_folder

FOLDER = Path(__file__).resolve().parent
MOST_FAILED_TESTS = 250
"""Robot Framework's exit code counts failed tests up to this; codes above it are errors of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when no test failed, 1 when one did, 2 for misuse."""
    options = parse(arguments)
    if options.engine:  # one that is not installed is said once, not by every test
        start(load_board(options.boards[0]), engine=options.engine).close()
    make_folder(options.output)
    failed = False
    # Each board's work is done in processes of its own; the threads only wait for them.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for board, process in pool.map(lambda board: (board, run(board, options)), options.boards):
            if process.returncode > MOST_FAILED_TESTS:
                raise UsageError(f"Robot Framework could not run the suites of {board}: {process.stderr}")
            failed |= process.returncode != 0
            for line in summary(board, options.output / board / "output.xml"):
                print(line, flush=True)
    merge(options.boards, options.output)
    print(f"Robot Framework {get_version()}; {options.output / 'log.html'}, {options.output / 'xunit.xml'}")
    return int(failed)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line, checked: every board exists, and the engine can run it."""
    parser = Parser(prog="robot/run.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("boards", nargs="*", metavar="BOARD", help="boards to run; default: all")
    parser.add_argument("--engine", help="what executes the firmware; default: each board's own")
    parser.add_argument("--clock", type=int, metavar="MHZ", help="core clock; default: each of the board's")
    parser.add_argument(
        "--elf", type=Path, metavar="FILE", help="firmware to test in place of the board's own"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("build/robot"), metavar="DIR", help="results go here"
    )
    options = parser.parse_args(arguments)
    boards = [load_board(name) for name in options.boards or board_names()]
    if options.engine and not options.boards:
        boards = [board for board in boards if options.engine in engines_for(board)]
        if not boards:
            raise UsageError(f"There is no engine called {options.engine!r} that can run a board.")
    for board in boards:
        engines = engines_for(board)
        if options.engine not in (None, *engines):
            raise UsageError(
                f"{options.engine!r} cannot run {board.name}; its engines: {', '.join(engines)}."
            )
        board.check_clock(options.clock)
    if options.elf and len(boards) > 1:
        raise UsageError("Firmware of your own fits one board; say which.")
    options.boards = [board.name for board in boards]
    return options


def run(board: str, options: argparse.Namespace) -> subprocess.CompletedProcess[str]:
    """Run all suites for one board in a process of its own."""
    variables = {"BOARD": board, "ENGINE": options.engine, "CLOCK": options.clock, "ELF": options.elf}
    command = [sys.executable, "-m", "robot", "--name", board, "--outputdir", str(options.output / board)]
    command += ["--log", "NONE", "--report", "NONE", "--console", "quiet"]
    for name, value in variables.items():
        if value is not None:
            command += ["--variable", f"{name}:{value}"]
    suites = sorted(map(str, FOLDER.glob("*.robot")))
    return subprocess.run([*command, *suites], capture_output=True, text=True, check=False)


def summary(board: str, output: Path) -> Iterator[str]:
    """A line with the number of tests, and two for each that failed."""
    result = ExecutionResult(str(output))
    total = result.statistics.total
    yield f"{board:18}{total.passed:3} passed  {total.failed:3} failed  {total.skipped:3} skipped"
    for suite in result.suite.suites:
        for test in suite.tests:
            if test.failed:
                yield f"  FAILED {suite.name}: {test.name}"
                yield f"    {test.message}"


def merge(boards: Sequence[str], folder: Path) -> None:
    """One log, report, output and xunit file of all boards."""
    outputs = [str(folder / board / "output.xml") for board in boards]
    files = {"log": "log.html", "report": "report.html", "output": "output.xml", "xunit": "xunit.xml"}
    rebot(*outputs, name="Scopeless", outputdir=str(folder), stdout=io.StringIO(), **files)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ScopelessError as problem:
        print(f"scopeless: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
