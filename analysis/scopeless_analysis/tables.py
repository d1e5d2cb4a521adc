"""Comparison rows as files: CSV and JSON, with the columns that docs/compare.md describes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from scopeless_analysis.compare import Row

COLUMNS = (
    "board",
    "clock_mhz",
    "model",
    "quantity",
    "published_us",
    "cursor_us",
    "emulated_us",
    "instructions_only_us",
    "error_percent",
    "basis",
    "note",
)


def tidy(row: Row) -> dict[str, object]:
    """One row, by column; notes joined to one sentence."""
    values: dict[str, object] = {name: getattr(row, name) for name in COLUMNS if name != "note"}
    return {**values, "note": "; ".join(row.notes)}


def rows_to_csv(rows: Iterable[Row]) -> str:
    """All rows with a header; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(tidy, rows))
    return text.getvalue()


def rows_to_json(rows: Iterable[Row]) -> str:
    """All rows as a JSON array of objects."""
    return json.dumps([tidy(row) for row in rows], indent=2) + "\n"
