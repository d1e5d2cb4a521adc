"""Pictures of how far the emulated times are off, and of where the cycles go."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence

from scopeless.benchmark.record import Record
from scopeless_analysis.compare import TARGET_PERCENT, Row, percent
from scopeless_analysis.markup import Node, element, number, table

GROUPS = {
    "issue": ("issue", "execute"),
    "branch": ("branch",),
    "flash": ("fetch_flash", "data_flash"),
    "data": ("data", "data_bus"),
    "latency": ("latency", "fetch_core"),
    "other": ("exception", "sleep"),
}
"""Causes of cycles as the pictures show them -> the causes in a result record's breakdown."""


def instructions_only_percent(row: Row) -> float | None:
    """How far off counting instructions is, one cycle each."""
    if row.instructions_only_us is None or row.recorded_us is None or row.error_percent is None:
        return None
    return percent(row.instructions_only_us, row.recorded_us)


def fidelity(rows: Sequence[Row]) -> ET.Element | None:
    """A line for each row that has an error: the emulation as a dot, counting instructions as a cross, the
    recorded time as zero with the target's band around it. None where no row has an error."""
    rows = [row for row in rows if row.error_percent is not None]
    if not rows:
        return None
    crosses = [instructions_only_percent(row) for row in rows]
    values = [row.error_percent or 0.0 for row in rows] + [value for value in crosses if value is not None]
    low = min(-10.0, 10.0 * math.floor(min(values) / 10))
    high = max(10.0, 10.0 * math.ceil(max(values) / 10))
    left, plot, line, top = 184, 300, 20, 56
    bottom = top + line * len(rows)

    def x(value: float) -> float:
        return left + plot * (value - low) / (high - low)

    step = 20 if high - low <= 120 else 50
    axis: list[Node] = []
    for value in range(math.ceil(low / step) * step, int(high) + 1, step):
        axis.append(element("path", d=f"M{number(x(value))} {top}V{bottom}", class_="grid"))
        axis.append(
            element(
                "text",
                f"{value:+d} %" if value else "0",
                x=x(value),
                y=bottom + 16,
                class_="label",
                text_anchor="middle",
            )
        )
    marks: list[Node] = []
    for index, (row, cross) in enumerate(zip(rows, crosses, strict=True)):
        y = top + line * (index + 0.5)
        name = f"{row.board} {row.clock_mhz} {row.model if row.quantity == 'predict' else 'toggle'}"
        marks.append(element("text", name, x=left - 8, y=y + 4, class_="label", text_anchor="end"))
        at = x(row.error_percent or 0.0)
        if cross is not None:
            marks.append(
                element("path", d=f"M{number(x(cross) - 4)} {number(y - 4)}l8 8m0 -8l-8 8", class_="cross")
            )
        marks.append(element("circle", cx=at, cy=y, r=4.5, class_=f"dot {row.basis}"))
    band = element(
        "rect",
        x=x(-TARGET_PERCENT),
        y=top,
        width=x(TARGET_PERCENT) - x(-TARGET_PERCENT),
        height=bottom - top,
        class_="band",
    )
    legend = [
        element("circle", cx=left + 4, cy=14, r=4.5, class_="dot predicted"),
        element("text", "emulated", x=left + 14, y=18, class_="label"),
        element("circle", cx=left + 88, cy=14, r=4.5, class_="dot fitted"),
        element("text", "emulated, fitted", x=left + 98, y=18, class_="label"),
        element("rect", x=left + 206, y=7, width=16, height=14, class_="band"),
        element("text", f"within {TARGET_PERCENT:g} %", x=left + 228, y=18, class_="label"),
        element("path", d=f"M{left} 32l8 8m0 -8l-8 8", class_="cross"),
        element("text", "instructions counted, one cycle each", x=left + 14, y=40, class_="label"),
    ]
    zero = element("path", d=f"M{number(x(0))} {top}V{bottom}", class_="zero")
    return element(
        "svg",
        *legend,
        band,
        *axis,
        zero,
        *marks,
        viewBox=f"0 0 {left + plot + 20} {bottom + 26}",
        role="img",
        aria_label="Error of every comparable row, emulated and by counting instructions",
        class_="fidelity",
    )


def grouped(breakdown: dict[str, int]) -> dict[str, int]:
    """Cycles by group of causes, adding up to the same; causes that no group names count as ``other``."""
    group_of = {cause: group for group, causes in GROUPS.items() for cause in causes}
    result = dict.fromkeys(GROUPS, 0)
    for cause, cycles in breakdown.items():
        result[group_of.get(cause, "other")] += cycles
    return result


def breakdowns(records: Iterable[Record]) -> ET.Element | None:
    """A table with a stacked bar for every window whose cycles are accounted for; None without any."""
    rows: list[tuple[Node, ...]] = []
    for record in records:
        windows: dict[str, dict[str, int]] = {}
        for name, model in record.models.items():
            windows.setdefault("toggle", model.toggle_breakdown)
            windows[name] = model.breakdown
        for name, breakdown in windows.items():
            if breakdown:
                parts = grouped(breakdown)
                cells = (str(cycles) for cycles in parts.values())
                first = (record.board, str(record.clock_mhz), name, _bar(parts))
                rows.append((*first, str(sum(parts.values())), *cells))
    header = ("board", "MHz", "window", "share", "cycles", *GROUPS)
    caption = "Cycles of each window by cause"
    return table(header, rows, left=4, caption=caption, name="breakdown") if rows else None


def _bar(parts: dict[str, int]) -> ET.Element:
    total, at = sum(parts.values()), 0.0
    pieces = []
    for index, cycles in enumerate(parts.values()):
        share = 100 * cycles / total
        if cycles:
            pieces.append(element("rect", x=at, y=0, width=share, height=10, class_=f"part{index}"))
        at += share
    return element(
        "svg",
        *pieces,
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        class_="bar",
        role="img",
        aria_label=", ".join(f"{name} {cycles / total:.0%}" for name, cycles in parts.items() if cycles),
    )


def breakdown_legend() -> ET.Element:
    """What the colours of the bars mean."""
    keys = [
        element(
            "span",
            element(
                "svg",
                element("rect", width=10, height=10, class_=f"part{n}"),
                viewBox="0 0 10 10",
                class_="key",
            ),
            name,
        )
        for n, name in enumerate(GROUPS)
    ]
    return element("p", *keys, class_="legend")
