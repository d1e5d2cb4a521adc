"""Flame graphs: the cycles of each stack of callers. Exceptions have a root of their own.

Formats: folded stacks as flamegraph.pl reads them (one line a stack, functions joined by semicolons, then its
weight); speedscope's file format, as its published JSON schema has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from scopeless import __version__
from scopeless.errors import UsageError
from scopeless.inside import View
from scopeless.inside.flamesvg import svg
from scopeless.inside.recorder import Stack
from scopeless.inside.slices import slices

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
SUFFIXES = (".folded", ".txt", ".json", ".svg")


def check_suffix(path: Path) -> None:
    """Raises :class:`UsageError` where a file's name does not say what format it is to be in."""
    if path.suffix not in SUFFIXES:
        raise UsageError(
            f"{path} does not say which kind of flame graph it is to be; name it .folded or .txt (folded "
            "stacks), .json (speedscope) or .svg (a picture)."
        )


def flamegraph(view: View, suffix: str) -> str:
    """A flame graph in the format of a file name's ``suffix``."""
    if suffix == ".json":
        return speedscope(view)
    if suffix == ".svg":
        return svg(view.weights, view.title)
    return folded(view.weights)


def folded(weights: Mapping[Stack, int]) -> str:
    """Folded stacks, weighted in cycles."""
    return "".join(f"{';'.join(stack)} {cycles}\n" for stack, cycles in sorted(weights.items()))


def speedscope(view: View) -> str:
    """Two profiles: all stacks weighted in cycles, and the calls as they followed each other, in microseconds
    of simulated time."""
    frames: dict[str, int] = {}
    total = sum(view.weights.values())
    sampled = {
        "type": "sampled",
        "name": f"{view.title}, cycles",
        "unit": "none",
        "startValue": 0,
        "endValue": total,
        "samples": [[_frame(frames, name) for name in stack] for stack in view.weights],
        "weights": list(view.weights.values()),
    }
    events = [
        {
            "type": "O" if begins else "C",
            "frame": _frame(frames, call.function),
            "at": view.timeline.time_us(at),
        }
        for at, begins, call in slices(view.calls)
    ]
    evented = {
        "type": "evented",
        "name": f"{view.title}, time",
        "unit": "microseconds",
        "startValue": events[0]["at"] if events else 0,
        "endValue": events[-1]["at"] if events else 0,
        "events": events,
    }
    file = {
        "$schema": SCHEMA,
        "exporter": f"scopeless {__version__}",
        "name": view.title,
        "activeProfileIndex": 0,
        "shared": {"frames": _described(frames, view)},
        "profiles": [sampled, evented],
    }
    return json.dumps(file, separators=(",", ":")) + "\n"


def _frame(frames: dict[str, int], name: str) -> int:
    return frames.setdefault(name, len(frames))


def _described(frames: Mapping[str, int], view: View) -> list[dict[str, object]]:
    """Each frame's name, and the file and line where its function begins."""
    described: list[dict[str, object]] = []
    for name in frames:
        frame: dict[str, object] = {"name": name}
        address = view.elf.symbols.get(name) if view.elf else None
        if view.elf is not None and address is not None:
            location = view.elf.locate(address)
            if location.path and location.line:
                frame |= {"file": location.path, "line": location.line}
        described.append(frame)
    return described
