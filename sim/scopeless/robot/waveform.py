"""A pin's edges as a picture, for Robot Framework's log."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from scopeless.benchmark.record import microseconds
from scopeless.machine import Edge

WIDTH, HEIGHT = 900, 120
LEFT, RIGHT = 70, 20
HIGH_Y, LOW_Y = 40, 80
CHARACTER = 7
"""Width of a character of the labels, in pixels."""


def waveform_svg(edges: Sequence[Edge], clock_hz: int, title: str) -> str:
    """One pin's ``edges``, one at least, as an SVG to be put into HTML. Each level that is wide enough is
    labelled with how long it lasts."""
    first, last = edges[0].cycle, edges[-1].cycle
    margin = max((last - first) / 20, 1)
    start, end = first - margin, last + margin
    scale = (WIDTH - LEFT - RIGHT) / (end - start)
    level_y = (LOW_Y, HIGH_Y)

    def x(cycle: float) -> float:
        return round(LEFT + (cycle - start) * scale, 2)

    path = [f"M{x(start)} {level_y[1 - edges[0].level]}"]
    path += [f"H{x(edge.cycle)}V{level_y[edge.level]}" for edge in edges]
    path.append(f"H{x(end)}")
    labels = []
    for edge, following in pairwise(edges):
        cycles = following.cycle - edge.cycle
        text = f"{microseconds(cycles, clock_hz):.4g} us"
        if len(text) * CHARACTER < cycles * scale:
            y = HIGH_Y - 6 if edge.level else LOW_Y + 16
            middle = x(edge.cycle + cycles / 2)
            labels.append(f'<text x="{middle}" y="{y}" text-anchor="middle">{text}</text>')
    total = f"{last - first} cycles, {microseconds(last - first, clock_hz):.6g} us from first to last edge"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="monospace" font-size="11" role="img">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="8" y="16" font-weight="bold">{escape(title)}</text>'
        f'<text x="8" y="{(HIGH_Y + LOW_Y) // 2 + 4}">{escape(edges[0].pin)}</text>'
        f'<path d="{"".join(path)}" fill="none" stroke="#06c" stroke-width="2"/>'
        f'{"".join(labels)}<text x="{LEFT}" y="{HEIGHT - 6}">{total}</text></svg>'
    )
