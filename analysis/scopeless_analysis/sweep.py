"""The results of a sweep as one tidy table, what each axis does, and the files made of both. Pure, but for
the sizes that it reads from the firmware."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scopeless.guard.sizes import sizes
from scopeless.machine import UNSAFE_FLASH
from scopeless.sweep.run import Result
from scopeless_analysis.figures import GROUPS, grouped
from scopeless_analysis.frames import frame_files
from scopeless_analysis.markup import to_svg
from scopeless_analysis.page import svg_style
from scopeless_analysis.sweep_plot import sweep_plot

WHOLE = ("clock", "wait_states")
"""Axes whose values are whole numbers."""
COUNTS = ("predict_cycles", "toggle_cycles", "instructions", *(f"{g}_cycles" for g in GROUPS))


@dataclass(frozen=True)
class BuiltSweep:
    """A sweep's table, the axes that it has more than one value of, what they do, and the files by name."""

    frame: pd.DataFrame
    varied: list[str]
    effects: pd.DataFrame
    files: dict[str, bytes]


def build_sweep(results: Sequence[Result], models: Sequence[str], colour: str | None = None) -> BuiltSweep:
    """Everything about a sweep. The plot's colours are by the axis ``colour``; by default, by the one with
    the strongest effect."""
    frame = sweep_frame(results, models)
    points = [result.point for result in results]
    varied = [name for name, _ in points[0].values if frame[name].nunique() > 1]
    effects = sensitivities(frame, varied)
    files = frame_files("sweep", frame) | frame_files("effects", effects)
    picture = sweep_plot(frame, points, varied, colour or strongest(effects) or "clock")
    if picture is not None:
        files["sweep.svg"] = to_svg(picture, svg_style()).encode()
    return BuiltSweep(frame, varied, effects, files)


def sweep_frame(results: Iterable[Result], models: Sequence[str]) -> pd.DataFrame:
    """One row for each point and model, in the points' order. Columns: docs/sweep.md. What a point that
    failed has no value for is empty; its ``error`` says why."""
    rows = [_row(result, model) for result in results for model in models]
    frame = pd.DataFrame(rows)
    whole = [name for name in (*WHOLE, *COUNTS, "flash_bytes", "ram_bytes") if name in frame]
    frame = frame.astype(dict.fromkeys(whole, "Int64") | {"correct": "boolean", "unsafe_flash": "boolean"})
    return frame.astype({"predict_us": "float64", "toggle_us": "float64", "max_error": "float64"})


def _row(result: Result, model: str) -> dict[str, Any]:
    point, record = result.point, result.record
    flash, ram = sizes(result.elf) if result.elf else (None, None)
    row: dict[str, Any] = {"board": point.board}
    row |= {name: int(value) if name in WHOLE else value for name, value in point.values}
    row |= {"regular": point.regular, "model": model}
    run = record.models[model] if record else None
    breakdown = grouped(run.breakdown) if run and run.breakdown else {}
    row |= {name: getattr(run, name, None) for name in ("predict_us", "predict_cycles", "toggle_us")}
    row |= {name: getattr(run, name, None) for name in ("toggle_cycles", "instructions")}
    row |= {f"{group}_cycles": breakdown.get(group) for group in GROUPS}
    row |= {name: getattr(run, name, None) for name in ("max_error", "correct")}
    notes = record.notes if record else ()
    return row | {
        "unsafe_flash": any(UNSAFE_FLASH in note for note in notes) if record else None,
        "flash_bytes": flash,
        "ram_bytes": ram,
        "engine": record.engine if record else None,
        "compiler": record.compiler if record else None,
        "elf_sha256": record.elf_sha256 if record else None,
        "notes": " ".join(notes),
        "error": result.error,
    }


def sensitivities(frame: pd.DataFrame, axes: Sequence[str]) -> pd.DataFrame:
    """What each value of each axis of ``axes`` does to a prediction's time, beside the axis' first value:
    the ratio of times in every pair of rows that differ in nothing else. One row for each axis, value and
    model: ``pairs``, and the pairs' ``median``, ``lowest`` and ``highest`` ratio."""
    rows = []
    done = frame[frame["predict_us"].notna()]
    for axis in axes:
        first = frame[axis].iloc[0]
        others = [name for name in (*axes, "model") if name != axis]
        times = done.set_index([*others, axis])["predict_us"].unstack(axis)
        for value in dict.fromkeys(frame[axis]):
            if value == first or value not in times or first not in times:
                continue
            ratios = (times[value] / times[first]).dropna()
            for model, of_model in ratios.groupby(level="model", sort=False):
                rows.append(
                    {
                        "axis": axis,
                        "value": str(value),
                        "beside": str(first),
                        "model": model,
                        "pairs": len(of_model),
                        "median": of_model.median(),
                        "lowest": of_model.min(),
                        "highest": of_model.max(),
                    }
                )
    names = ("axis", "value", "beside", "model", "pairs", "median", "lowest", "highest")
    return pd.DataFrame(rows, columns=names)


def strongest(effects: pd.DataFrame) -> str | None:
    """The axis with the median ratio furthest from 1; None without any."""
    if effects.empty:
        return None
    median = effects["median"]
    furthest = int(median.where(median >= 1, 1 / median).argmax())
    return str(effects["axis"].iloc[furthest])
