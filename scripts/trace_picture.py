"""Draw a stretch of a Perfetto trace as SVG: ``trace_picture.py run.pftrace BEGIN_US END_US picture.svg``.

For docs/inside.md. The file is read as Perfetto does it: by Google's protobuf library, with Perfetto's own
message definitions.
"""

from __future__ import annotations

import sys
import zlib
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import Any

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as proto

WIDTH, LABELS, ROW, TOP = 1200, 110, 16, 30  # pixels
CHARACTER = 6.1
SHADES = ("#bcd9f2", "#c6e6c3", "#f3dfae", "#e9c8dd", "#d3cdf0")


def main(path: str, begin_us: str, end_us: str, picture: str) -> None:
    trace = proto.Trace()
    trace.ParseFromString(Path(path).read_bytes())
    begin, end = round(float(begin_us) * 1000), round(float(end_us) * 1000)
    names, packets = {}, defaultdict(list)
    for packet in trace.packet:
        if packet.HasField("track_descriptor"):
            names[packet.track_descriptor.uuid] = packet.track_descriptor.name
        else:
            packets[packet.track_event.track_uuid].append(packet)
    y, parts = TOP, []
    for uuid, name in names.items():
        if not packets[uuid]:
            continue
        counter = packets[uuid][0].track_event.type == proto.TrackEvent.TYPE_COUNTER
        drawn, height = (levels if counter else slices)(packets[uuid], begin, end, y)
        if height:
            parts += [f'<text x="6" y="{y + 12}" font-weight="bold">{escape(name)}</text>', *drawn]
            y += height + 10
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="monospace" '
        f'font-size="10"><rect width="100%" height="100%" fill="#fff"/>'
    )
    Path(picture).write_text("\n".join([head, *axis(begin, end, y), *parts, "</svg>\n"]))


def place(ns: int, begin: int, end: int) -> float:
    return LABELS + (min(max(ns, begin), end) - begin) / (end - begin) * (WIDTH - LABELS - 8)


def axis(begin: int, end: int, height: int) -> list[str]:
    step = next(s for s in (100, 500, 1000, 2000, 5000, 10_000, 10**5, 10**6) if (end - begin) / s < 16)
    lines = []
    for ns in range(-(-begin // step) * step, end, step):
        x = place(ns, begin, end)
        lines.append(f'<path d="M{x:.1f} 18V{height}" stroke="#e4e4e4"/>')
        lines.append(f'<text x="{x + 2:.1f}" y="14" fill="#777">{ns / 1000:.10g} us</text>')
    return lines


def slices(packets: list[Any], begin: int, end: int, y: int) -> tuple[list[str], int]:
    drawn, stack, deepest = [], [], 0
    for packet in packets:
        event = packet.track_event
        if event.type == proto.TrackEvent.TYPE_SLICE_BEGIN:
            stack.append((packet.timestamp, event.name))
            continue
        began, name = stack.pop()
        x, width = place(began, begin, end), place(packet.timestamp, begin, end) - place(began, begin, end)
        if width < 0.3:
            continue
        top = y + len(stack) * ROW
        deepest = max(deepest, len(stack) + 1)
        room = int((width - 4) / CHARACTER)
        label = name if len(name) <= room else name[: room - 1] + "…" if room > 3 else ""
        fill = SHADES[zlib.crc32(name.encode()) % len(SHADES)]
        drawn.append(
            f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{ROW - 1}" fill="{fill}"/>'
            f'<text x="{x + 2:.1f}" y="{top + 11}">{escape(label)}</text>'
        )
    return drawn, deepest * ROW


def levels(packets: list[Any], begin: int, end: int, y: int) -> tuple[list[str], int]:
    edges = [(packet.timestamp, packet.track_event.counter_value) for packet in packets]
    level = next((level for ns, level in reversed(edges) if ns <= begin), 0)
    path = f"M{LABELS} {y + 2 + 12 * (1 - level)}"
    for ns, level in edges:
        if begin < ns < end:
            path += f"H{place(ns, begin, end):.1f}V{y + 2 + 12 * (1 - level)}"
    return [f'<path d="{path}H{place(end, begin, end)}" fill="none" stroke="#1a6b2c"/>'], ROW


if __name__ == "__main__":
    main(*sys.argv[1:])
