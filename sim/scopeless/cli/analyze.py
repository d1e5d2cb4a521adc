"""Write the report: one page with every recorded figure, its emulation, screens, cycles and findings.

Runs the matrix of boards and clocks first, or takes the records of an earlier run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

DOCS = Path("docs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless analyze``."""
    parser.add_argument("boards", metavar="BOARD", nargs="*", help="boards to report; default: all")
    parser.add_argument(
        "--records", type=Path, metavar="DIR", help="take the records in DIR instead of running the boards"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("report"),
        help="where the report goes (default: report)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the report's files and say what was left out."""
    from scopeless.board import load_board
    from scopeless.cli._output import Output
    from scopeless.cli.compare import records_of
    from scopeless.files import make_folder, write_atomically
    from scopeless_analysis.raster import svg_to_png
    from scopeless_analysis.report import build_report

    make_folder(args.out)
    in_clone = (DOCS / "findings").is_dir() and Path.cwd() in args.out.resolve().parents
    docs = Path(os.path.relpath(DOCS, args.out)).as_posix() if in_clone else ""
    files = build_report(records_of(args), load_board, docs=docs)
    output = Output()
    if svg := files.get("fidelity.svg"):
        if png := svg_to_png(svg):
            files["fidelity.png"] = png
        else:
            output.line("fidelity.png is left out: rsvg-convert is not installed (Debian: librsvg2-bin).")
    if "rows.parquet" not in files:
        output.line("rows.parquet is left out: pyarrow is not installed (pip install pyarrow).")
    for name, content in files.items():
        write_atomically(args.out / name, content)
    beside = ", ".join(name for name in files if name != "index.html")
    output.line(f"The report is {args.out / 'index.html'}; beside it: {beside}.")
    return 0
