"""The report: one self-contained page, its rows as files, and a summary in Markdown. Pure: bytes of files by
name; nothing is run, read or written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import pandas as pd

from scopeless.benchmark.record import Record
from scopeless.board import Board
from scopeless_analysis import figures
from scopeless_analysis.compare import Row, compare_all
from scopeless_analysis.findings import Finding, findings
from scopeless_analysis.frames import frame_files
from scopeless_analysis.markup import to_html, to_svg
from scopeless_analysis.page import build_page, svg_style
from scopeless_analysis.text import figure, summary_lines


def build_report(
    records: Sequence[Record], board_of: Callable[[str], Board], *, docs: str = ""
) -> dict[str, bytes]:
    """The report's files by name. ``docs`` is where the page finds the folder docs, as a relative address;
    without one, its pages are named and not linked. ``rows.parquet`` is left out without pyarrow."""
    records = sorted(records, key=lambda record: (record.board, record.clock_hz, record.sketch))
    rows = compare_all(records, board_of)
    found = findings(records, rows, board_of)
    files = {
        "index.html": to_html(build_page(records, rows, found, board_of, docs)).encode(),
        "summary.md": markdown(rows, found, docs).encode(),
        **frame_files("rows", tidy_frame(rows)),
    }
    if picture := figures.fidelity(rows):
        files["fidelity.svg"] = to_svg(picture, svg_style()).encode()
    return files


def tidy_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """One row for each recorded quantity, one column for each variable (the fields of
    :class:`~scopeless_analysis.compare.Row`; notes joined to one sentence)."""
    frame = pd.DataFrame([{**asdict(row), "notes": "; ".join(row.notes)} for row in rows])
    # Whole numbers stay whole where some are unknown.
    return frame.astype({"instructions": "Int64"})


def markdown(rows: Sequence[Row], found: Sequence[Finding], docs: str) -> str:
    """The summary: how good the emulation is, its rows, and the findings in a sentence each."""
    header = ("board", "MHz", "model", "quantity", "compared µs", "emulated µs", "error %", "basis")
    lines = ["# Emulated beside recorded", ""]
    lines += [f"- {line}" for line in summary_lines(rows)]
    lines += ["", f"| {' | '.join(header)} |", "|---|--:|---|---|--:|--:|--:|---|"]
    for row in rows:
        cells = (
            row.board,
            str(row.clock_mhz),
            row.model,
            row.quantity,
            figure(row.recorded_us if row.compared_us is None else row.compared_us),
            figure(row.emulated_us),
            figure(row.error_percent, "+.1f"),
            row.basis,
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Findings", ""]
    for finding in found:
        page = f"docs/findings/{finding.page}"
        link = f"[{page}]({docs}/findings/{finding.page})" if docs else page
        lines.append(f"- **{finding.title}.** {finding.text} ({link})")
    return "\n".join(lines) + "\n"
