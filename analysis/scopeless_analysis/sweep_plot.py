"""The picture of a sweep: a line for each configuration, the fastest on top, a dot for its time."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pandas as pd

from scopeless.sweep.axes import BY_NAME, Point
from scopeless_analysis.markup import Node, element, number

COLOURS = ("#2f6f9f", "#c98a1b", "#b5482f", "#5b8c3a", "#7d5ba6", "#8a949a")
"""Those of the report's bars."""
SCALE = ((47, 111, 159), (201, 138, 27), (181, 72, 47))
"""From the first to the last value of an axis that has more values than there are colours."""
PLOT, GAP, LINE, CHARACTER = 300, 36, 17, 6.7
MOST_LABELS = 200
"""With more lines than these, they are drawn closer together and without their names."""
LOG_FROM = 4.0
"""Times that are further apart than this ratio are drawn on a logarithmic scale."""


def sweep_plot(
    frame: pd.DataFrame, points: Sequence[Point], varied: Sequence[str], colour: str
) -> ET.Element | None:
    """A panel for each model; colours by the axis ``colour``. None where no point has a time."""
    times = frame[frame["predict_us"].notna()]
    if times.empty:
        return None
    models = list(dict.fromkeys(times["model"]))
    per_point = len(frame) // len(points)
    order = times[times["model"] == models[0]].sort_values("predict_us", kind="stable").index
    shown = [index // per_point for index in order]
    names = [points[n].text(varied) + (" ◂ regular" if points[n].regular else "") for n in shown]
    line, left = LINE, 24 + CHARACTER * max(map(len, names))
    if len(shown) > MOST_LABELS:
        line, left, names = 5, 24.0, [""] * len(shown)
    colours = _colours(list(dict.fromkeys(frame[colour])))
    legend, top = _legend(times, colour, colours)
    bottom = top + line * len(shown)
    parts: list[Node] = [*legend]
    for row, name in enumerate(names):
        y = top + line * (row + 0.5)
        parts.append(element("text", name, x=left - 8, y=y + 4, class_="label", text_anchor="end"))
    for column, model in enumerate(models):
        at = left + column * (PLOT + GAP)
        values = frame.loc[[per_point * n + column for n in shown]]
        parts += _panel(values, f"{model}, µs", at, (top, bottom), line, [colours[v] for v in values[colour]])
    width = left + len(models) * (PLOT + GAP)
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {number(width)} {bottom + 28}",
        role="img",
        aria_label="Prediction time of every configuration, the fastest first",
    )


def _panel(
    values: pd.DataFrame, title: str, left: float, span: tuple[int, int], line: int, fills: Sequence[str]
) -> list[Node]:
    top, bottom = span
    times = values["predict_us"]
    low, high, ticks = _scale(float(times.min()), float(times.max()))
    logarithmic = low > 0

    def x(value: float) -> float:
        share = math.log(value / low) / math.log(high / low) if logarithmic else (value - low) / (high - low)
        return left + PLOT * share

    parts: list[Node] = [element("text", title, x=left, y=top - 8, class_="label", font_weight="bold")]
    for tick in ticks:
        parts.append(element("path", d=f"M{number(x(tick))} {top}V{bottom}", class_="grid"))
        parts.append(
            element("text", f"{tick:g}", x=x(tick), y=bottom + 16, class_="label", text_anchor="middle")
        )
    rows = zip(times, values["unsafe_flash"], values["correct"], fills, strict=True)
    for row, (time, unsafe, correct, fill) in enumerate(rows):
        if math.isnan(time):
            continue
        at, y = x(time), top + line * (row + 0.5)
        parts.append(_dot(at, y, fill, hollow=bool(unsafe)))
        if not correct:
            parts.append(_wrong(at, y))
    return parts


def _dot(x: float, y: float, colour: str, *, hollow: bool) -> ET.Element:
    if hollow:
        return element("circle", cx=x, cy=y, r=3.8, fill="#ffffff", stroke=colour, stroke_width=1.8)
    return element("circle", cx=x, cy=y, r=4.5, fill=colour)


def _wrong(x: float, y: float) -> ET.Element:
    return element("path", d=f"M{number(x - 4)} {number(y - 4)}l8 8m0 -8l-8 8", class_="cross")


def _scale(low: float, high: float) -> tuple[float, float, list[float]]:
    """Both ends and the ticks: logarithmic (the lower end is above zero), or from zero."""
    if high / low > LOG_FROM:
        steps = [m * 10.0**e for e in range(-4, 9) for m in (1, 2, 5)]
        first = max(step for step in steps if step <= low)
        last = min(step for step in steps if step >= high)
        return first, last, [step for step in steps if first <= step <= last]
    step = next(m * 10.0**e for e in range(-5, 9) for m in (1, 2, 5) if high / (m * 10.0**e) <= 6)
    last = step * math.ceil(high / step)
    return 0.0, last, [step * n for n in range(round(last / step) + 1)]


def _colours(values: Sequence[object]) -> dict[object, str]:
    if len(values) <= len(COLOURS):
        return dict(zip(values, COLOURS, strict=False))
    numeric = sorted(values, key=lambda value: (not isinstance(value, int), value))
    return {value: _between(n / (len(numeric) - 1)) for n, value in enumerate(numeric)}


def _between(share: float) -> str:
    at = share * (len(SCALE) - 1)
    n = min(int(at), len(SCALE) - 2)
    mixed = (round(a + (b - a) * (at - n)) for a, b in zip(SCALE[n], SCALE[n + 1], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _legend(times: pd.DataFrame, colour: str, colours: dict[object, str]) -> tuple[list[Node], int]:
    """The keys, and where the panels begin below them."""
    axis = BY_NAME[colour]
    keys = [(axis.text(str(value)), fill, False) for value, fill in colours.items()]
    if times["unsafe_flash"].any():
        keys.append(("real flash could not follow", COLOURS[-1], True))
    parts: list[Node] = []
    x, y = 12.0, 16
    for text, fill, hollow in keys:
        width = 22 + CHARACTER * len(text)
        if x + width > 620:
            x, y = 12.0, y + 20
        parts += [
            _dot(x + 4, y - 4, fill, hollow=hollow),
            element("text", text, x=x + 14, y=y, class_="label"),
        ]
        x += width + 10
    if not times["correct"].all():
        parts += [_wrong(16, y + 16), element("text", "wrong prediction", x=26, y=y + 20, class_="label")]
        y += 20
    return parts, y + 34
