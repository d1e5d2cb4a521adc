"""A flame graph as a picture: time goes up the stack, width is cycles, callers lie below what they call."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

WIDTH, ROW, TOP = 1200, 18, 34  # pixels
CHARACTER = 6.6  # of the 11 px monospaced font
NARROWEST = 0.4  # pixels: what is narrower is left out


@dataclass
class _Node:
    cycles: int = 0
    callees: dict[str, _Node] = field(default_factory=dict)


def svg(weights: Mapping[tuple[str, ...], int], title: str) -> str:
    """The picture of stacks and their self cycles."""
    root = _Node()
    depth = 0
    for stack, cycles in weights.items():
        node = root
        node.cycles += cycles
        for name in stack:
            node = node.callees.setdefault(name, _Node())
            node.cycles += cycles
        depth = max(depth, len(stack)) if cycles else depth
    height = TOP + ROW * (depth + 1) + 8
    rows: list[str] = []
    _draw(rows, title, root, 0.0, WIDTH / max(root.cycles, 1), height - 8 - ROW, root.cycles)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="monospace" font-size="11">\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<text x="8" y="20" font-size="14">{escape(title)}: {root.cycles} cycles</text>\n'
    )
    return head + "".join(rows) + "</svg>\n"


def _draw(rows: list[str], name: str, node: _Node, x: float, scale: float, y: int, total: int) -> None:
    width = node.cycles * scale
    if width < NARROWEST:
        return
    room = int((width - 6) / CHARACTER)
    label = name if len(name) <= room else name[: room - 1] + "…" if room > 2 else ""
    rows.append(
        f"<g><title>{escape(name)}: {node.cycles} cycles, {100 * node.cycles / max(total, 1):.1f} %</title>"
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" rx="2" fill="{_colour(name)}"/>'
        f'<text x="{x + 3:.1f}" y="{y + 13}">{escape(label)}</text></g>\n'
    )
    for callee, below in sorted(node.callees.items()):
        _draw(rows, callee, below, x, scale, y - ROW, total)
        x += below.cycles * scale


def _colour(name: str) -> str:
    """A warm colour, the same for the same name."""
    number = zlib.crc32(name.encode())
    return f"hsl({20 + number % 35}, {70 + number // 64 % 20}%, {62 + number // 4096 % 12}%)"
