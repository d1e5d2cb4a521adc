"""What ``scopeless sweep`` prints: both ends of each model's times, what each axis does, what to mind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scopeless.cli._output import Output
from scopeless_analysis.sweep import BuiltSweep

MARKS = {"regular": "regular", "unsafe_flash": "UNSAFE FLASH"}


def counted(points: Sequence[object], models: Sequence[str]) -> str:
    """How much was run, in words."""
    return f"{len(points)} point{'s'[: len(points) != 1]}, {' and '.join(models)}"


def show(output: Output, sweep: BuiltSweep, top: int) -> None:
    """Print all of it, ``top`` rows at each end."""
    frame = sweep.frame
    for model, rows in frame.groupby("model", sort=False):
        _ends(output, rows, sweep.varied, str(model), top)
    _effects(output, sweep.effects)
    wrong = int((~frame["correct"].fillna(True)).sum())
    if wrong:
        output.line(
            f"{wrong} of {len(frame)} rows predict wrongly (WRONG; the column correct).", "bold yellow"
        )
    unsafe = int(frame["unsafe_flash"].fillna(False).sum())
    if unsafe:
        output.line(
            f"{unsafe} of {len(frame)} rows set fewer wait states than the manual asks for (UNSAFE FLASH): "
            "they run here, but the real chip may read wrong instructions."
        )


def _ends(output: Output, frame: pd.DataFrame, varied: Sequence[str], model: str, top: int) -> None:
    times = frame[frame["predict_us"].notna()].sort_values("predict_us", kind="stable")
    regular = times[times["regular"]]["predict_us"]
    ranked: list[tuple[int, Any]] = list(enumerate(times.itertuples(), 1))
    if len(ranked) > 2 * top:
        ranked = [*ranked[:top], *ranked[-top:]]
    rows = [
        (
            str(rank),
            *(str(getattr(row, axis)) for axis in varied),
            f"{row.predict_us:.3f}",
            str(row.predict_cycles),
            f"{row.predict_us / regular.iloc[0]:.3f}" if len(regular) else "",
            f"{row.max_error:.1e}",
            ", ".join(_marks(row)),
        )
        for rank, row in ranked
    ]
    if rows:
        ends = ", the fastest and the slowest" if len(times) > len(rows) else ""
        header = ("", *varied, "us", "cycles", "x regular", "max error", "")
        output.table(f"{model}{ends}", header, rows)


def _marks(row: Any) -> list[str]:
    return [text for name, text in MARKS.items() if getattr(row, name)] + ([] if row.correct else ["WRONG"])


def _effects(output: Output, effects: pd.DataFrame) -> None:
    rows = [
        (
            f"{row['axis']} {row['value']}",
            str(row["beside"]),
            str(row["model"]),
            str(row["pairs"]),
            *(f"{row[name]:.3f}" for name in ("median", "lowest", "highest")),
        )
        for row in effects.to_dict("records")
    ]
    if rows:
        header = ("", "beside", "model", "pairs", "median", "lowest", "highest")
        output.table("Time where one axis alone changes, as a ratio", header, rows, left=3)
