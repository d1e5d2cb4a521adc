"""A window of the benchmark as an oscilloscope's screen shows it: the emulated pin on the capture's time
base, its cursors, and the recorded edges as ticks."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from itertools import pairwise

from scopeless.benchmark.record import Record, microseconds
from scopeless.benchmark.windows import PROTOCOL
from scopeless.board import Board
from scopeless_analysis.compare import Row, compare
from scopeless_analysis.markup import element, number
from scopeless_analysis.scope import ScopeRow, find_row

DIVISIONS, ROWS = 10, 6
DIVISION_PX = 32
CURSOR_A_DIVISION = 2
"""Where cursor A, the window's first edge, stands."""
CURSOR_STEPS_PER_DIVISION = 100
"""A capture's time base in steps of its cursors (data/scope.csv, ``resolution_us``)."""
FIRST_EDGE, LAST_EDGE = {"toggle": 0, "predict": 4}, {"toggle": 4, "predict": 5}
"""Edges of the pin protocol that a window lies between."""


@dataclass(frozen=True)
class Screen:
    """One window on the screen. Times are in microseconds from its first edge."""

    row: Row
    edges: tuple[tuple[float, int], ...]
    """The six edges of the run: time and level."""
    window_us: float
    """The emulated window, pin writes included, as cursors would read it."""
    scope: ScopeRow | None
    us_per_division: float
    sketch: str
    """The recorded firmware, where it was built like another sketch and this one is not."""

    @property
    def recorded_ticks(self) -> tuple[float, ...]:
        """Recorded edges: the cursors' two, and between them those that the capture's read-outs of pulse
        widths tell; none where nothing was recorded or it lies beyond the screen."""
        scope = self.scope
        if scope is None or scope.best_us > self.us_per_division * (DIVISIONS - CURSOR_A_DIVISION):
            return ()
        inner: tuple[float, ...] = ()
        if self.row.quantity == "toggle" and scope.high_us is not None and scope.low_us is not None:
            inner = (scope.high_us, scope.high_us + scope.low_us, scope.best_us - scope.low_us)
        return (0.0, *inner, scope.best_us)


def screens(record: Record, board: Board) -> list[Screen]:
    """A screen for each window of ``record``: the toggle of its first model, each model's prediction."""
    result = []
    for row in compare(record, board):
        cycles = run_edges(record, row.model)
        start = cycles[FIRST_EDGE[row.quantity]]
        end = cycles[LAST_EDGE[row.quantity]]
        scope = find_row(board.name, row.label_mhz, row.model, row.quantity)
        window_us = microseconds(end - start, record.clock_hz)
        edges = tuple(
            (microseconds(cycle - start, record.clock_hz), level)
            for cycle, level in zip(cycles, PROTOCOL, strict=True)
        )
        other = "" if record.sketch or row.quantity == "toggle" else board.sketches.get(row.model, "")
        result.append(Screen(row, edges, window_us, scope, time_base_us(window_us, scope), other))
    return result


def run_edges(record: Record, model: str) -> tuple[int, ...]:
    """Cycles of the six edges whose windows the record gives for ``model``. Raises ValueError for a record
    without them."""
    result = record.models[model]
    for start in range(len(record.edges) - len(PROTOCOL) + 1):
        run = record.edges[start : start + len(PROTOCOL)]
        cycles = tuple(edge.cycle for edge in run)
        if (
            tuple(edge.level for edge in run) == PROTOCOL
            and cycles[4] - cycles[0] == result.toggle_cycles
            and cycles[5] - cycles[4] == result.predict_cycles
        ):
            return cycles
    raise ValueError(f"no run of {model} among the edges of {record.board}'s record")


def time_base_us(window_us: float, scope: ScopeRow | None) -> float:
    """Microseconds per division: the capture's, or where there is none, or the window would be under a half
    division on it, the step of 1, 2, 5 that spreads the window over two to five divisions."""
    if scope is not None and scope.cursor_us is not None:
        capture = round(scope.resolution_us * CURSOR_STEPS_PER_DIVISION, 6)
        if window_us >= capture / 2:
            return capture
    decade = 10.0 ** math.floor(math.log10(window_us / 5))
    return next(step * decade for step in (1, 2, 5, 10) if window_us <= 5 * step * decade * (1 + 1e-9))


def time_text(us: float) -> str:
    """Four digits and the unit a reader would choose."""
    if abs(us) < 1:
        return f"{us * 1000:.4g} ns"
    return f"{us / 1000:.4g} ms" if abs(us) >= 1000 else f"{us:.4g} µs"


def picture(screen: Screen) -> ET.Element:
    """The screen as SVG."""
    width, height = DIVISIONS * DIVISION_PX, ROWS * DIVISION_PX
    high, low = 1.5 * DIVISION_PX, 4.5 * DIVISION_PX

    def x(us: float) -> float:
        return (CURSOR_A_DIVISION + us / screen.us_per_division) * DIVISION_PX

    grid = "".join(f"M{n * DIVISION_PX} 0V{height}" for n in range(1, DIVISIONS))
    grid += "".join(f"M0 {n * DIVISION_PX}H{width}" for n in range(1, ROWS))
    cursors: list[ET.Element] = []
    for name, at in (("A", x(0)), ("B", x(screen.window_us))):
        to_the_left = name == "A" or at > width - 16
        where = at - 4 if to_the_left else at + 4
        anchor = "end" if to_the_left else "start"
        cursors.append(element("path", d=f"M{number(at)} 0V{height}", class_="cursor"))
        cursors.append(element("text", name, x=where, y=26, class_="label", text_anchor=anchor))
    base = f"{time_text(screen.us_per_division)}/div"
    # The cursors' own ticks are long, those from read-outs of pulse widths short.
    ticks = screen.recorded_ticks
    marks = "".join(
        f"M{number(x(us))} 0v{12 if us in (ticks[0], ticks[-1]) else 7}"
        f"M{number(x(us))} {height}v{-12 if us in (ticks[0], ticks[-1]) else -7}"
        for us in ticks
    )
    return element(
        "svg",
        element("rect", width=width, height=height, class_="glass"),
        element("path", d=grid, class_="grid"),
        *cursors,
        element("path", d=_trace(screen, x(0), width, high, low), class_="trace"),
        element("path", d=marks, class_="tick") if marks else None,
        element("text", base, x=width - 6, y=height - 6, class_="label", text_anchor="end"),
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=f"{screen.row.board} {screen.row.clock_mhz} MHz, {screen.row.model} {screen.row.quantity}",
    )


def _trace(screen: Screen, zero: float, width: float, high: float, low: float) -> str:
    """The pin as one line. What lies beyond the glass stays outside; a screen's edge cuts the line."""
    scale = DIVISION_PX / screen.us_per_division
    levels = [low, *(high if level else low for _, level in screen.edges)]
    ends = [min(max(zero + us * scale, 0.0), float(width)) for us, _ in screen.edges] + [float(width)]
    path = f"M0 {number(levels[0])}H{number(ends[0])}"
    for (start, end), level in zip(pairwise(ends), levels[1:], strict=True):
        if start > 0 and start < width:
            path += f"V{number(level)}H{number(end)}"
        elif start == 0:
            path = f"M0 {number(level)}H{number(end)}"
    return path
