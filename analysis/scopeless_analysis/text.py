"""Sentences and figures that the page, the summary and their tables share."""

from __future__ import annotations

from collections.abc import Sequence

from scopeless_analysis.compare import TARGET_PERCENT, Row, summarize


def figure(value: float | None, form: str = ".4g") -> str:
    """``value`` as the tables show it; empty where it is unknown."""
    return "" if value is None else format(value, form)


def summary_lines(rows: Sequence[Row]) -> list[str]:
    """A sentence for each basis that has rows."""
    lines = []
    for basis in ("predicted", "fitted"):
        if summary := summarize(rows, basis):
            lines.append(
                f"{summary.rows} {basis} rows: median error {summary.median_percent:.1f} %, worst "
                f"{summary.worst_percent:.1f} %, {len(summary.outside)} outside {TARGET_PERCENT:g} %."
            )
    return lines
