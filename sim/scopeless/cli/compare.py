"""Set every recorded oscilloscope figure beside the emulated time.

Runs the matrix of boards and clocks, or takes the records of an earlier run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scopeless.cli.matrix import DEFAULT_FOLDER

if TYPE_CHECKING:
    from scopeless.benchmark.record import Record
    from scopeless_analysis.compare import Row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless compare``."""
    parser.add_argument("boards", metavar="BOARD", nargs="*", help="boards to run; default: all")
    parser.add_argument(
        "--records", type=Path, metavar="DIR", help="compare the records in DIR instead of running the boards"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the rows as CSV")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the comparison and write the files asked for."""
    from scopeless.board import load_board
    from scopeless.cli._output import Output
    from scopeless.files import check_writable, write_atomically
    from scopeless_analysis.compare import compare_all, summarize
    from scopeless_analysis.tables import rows_to_csv, rows_to_json

    for path in filter(None, (args.csv, args.json)):
        check_writable(path)
    rows = compare_all(records_of(args), load_board)
    output = Output()
    header = (
        "board",
        "MHz",
        "model",
        "quantity",
        "published",
        "cursor",
        "emulated us",
        "1 insn = 1 cycle",
        "error %",
    )
    output.table(
        "Recorded and emulated times in us", (*header, "basis"), [_cells(row) for row in rows], left=4
    )
    for basis in ("predicted", "fitted"):
        if summary := summarize(rows, basis):
            output.line(
                f"{summary.rows} {basis} rows: median error {summary.median_percent:.1f} %, worst "
                f"{summary.worst_percent:.1f} %, {len(summary.outside)} outside 5 %."
            )
    for row in rows:
        for note in row.notes:
            output.line(f"Note on {row.board} {row.clock_mhz} MHz {row.model} {row.quantity}: {note}.")
    if args.csv:
        write_atomically(args.csv, rows_to_csv(rows))
    if args.json:
        write_atomically(args.json, rows_to_json(rows))
    return 0


def records_of(args: argparse.Namespace) -> list[Record]:
    """The records in ``args.records``, or those of a fresh run, of ``args.boards`` or all boards."""
    from scopeless.benchmark.matrix import all_runs, read_records, run_matrix
    from scopeless.cli._output import progress
    from scopeless.errors import ScopelessError

    if args.records:
        return [r for r in read_records(args.records) if not args.boards or r.board in args.boards]
    runs = all_runs(args.boards or None)
    with progress(f"{len(runs)} runs") as step:
        results = run_matrix(runs, DEFAULT_FOLDER, done=lambda run: step(f"{run.stem} is done"))
    records = []
    for result in results.values():
        if isinstance(result, ScopelessError):
            raise result
        records.append(result)
    return records


def _cells(row: Row) -> tuple[str, ...]:
    def figure(value: float | None, form: str = ".4g") -> str:
        return "" if value is None else format(value, form)

    return (
        row.board,
        str(row.clock_mhz),
        row.model,
        row.quantity,
        figure(row.published_us),
        figure(row.cursor_us),
        figure(row.emulated_us),
        figure(row.instructions_only_us),
        figure(row.error_percent, "+.1f"),
        row.basis,
    )
