"""What ``scopeless run`` says at its end, on standard error and as JSON (docs/run.md)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from scopeless.board import Board
from scopeless.cli._output import Output
from scopeless.cli._run_inside import Inside
from scopeless.errors import EngineCrash
from scopeless.files import write_atomically
from scopeless.firmware.image import Image
from scopeless.inside.functions import FunctionCost
from scopeless.machine import Machine
from scopeless.pins.pulses import Spread, spread
from scopeless.run.bench import Bench
from scopeless.run.measure import MAX_LINES, Measurements
from scopeless.units import show_us

SCHEMA = 1
ENDED = {
    "for": "Ended",
    "until": "Ended by its line",
    "signal": "Interrupted",
    "killed": "Killed by GDB",
    "error": "Ended",
}
LEVELS = {1: "high", 0: "low"}


def report(
    args: argparse.Namespace,
    board: Board,
    machine: Machine,
    image: Image,
    bench: Bench,
    measured: Measurements,
    inside: Inside,
    ended: str,
) -> None:
    """Print tables, notes and the time; write the JSON file where one is asked for."""
    try:
        notes = machine.notes()
    except EngineCrash:
        notes = []
    output = Output(stream=sys.stderr)
    if args.pin:
        _pins(output, measured)
    inside.show(output, bench.timeline)
    for note in notes:
        output.line(f"Note: {note}")
    how = ENDED[ended]
    output.line(f"{how} after {show_us(float(bench.now_us))} of simulated time, at cycle {bench.cycle}.")
    if args.json:
        data = _record(board, machine, image, bench, measured, inside.functions(), ended, notes)
        write_atomically(args.json, json.dumps(data, indent=2) + "\n")


def _pins(output: Output, measured: Measurements) -> None:
    rows = []
    for (pin, level), widths in sorted(measured.widths.items(), key=lambda item: (item[0][0], -item[0][1])):
        cycles, us = spread(widths.cycles), spread(widths.us)
        rows.append((pin, LEVELS[level], *map(str, cycles), *(f"{number:.6g}" for number in us[1:])))
    if rows:
        header = ("pin", "level", "pulses", "min", "median", "max", "min us", "median us", "max us")
        output.table("Pulses, in cycles and microseconds", header, rows, left=2)
    if idle := [pin for pin, count in measured.edges.items() if count < 2]:
        shown = ", ".join(idle) if len(idle) < 9 else f"{len(idle)} pins"
        output.line(f"No pulse: {shown}.")


def _record(
    board: Board,
    machine: Machine,
    image: Image,
    bench: Bench,
    measured: Measurements,
    functions: Mapping[str, FunctionCost],
    ended: str,
    notes: list[str],
) -> dict[str, Any]:
    """The result, as docs/run.md describes it."""
    timeline = bench.timeline
    pins: dict[str, dict[str, Any]] = {pin: {"edges": count} for pin, count in measured.edges.items()}
    for (pin, level), widths in measured.widths.items():
        pins[pin][LEVELS[level]] = {
            "cycles": _spread(spread(widths.cycles)),
            "us": _spread(spread(widths.us)),
        }
    return {
        "schema": SCHEMA,
        "board": board.name,
        "engine": machine.engine,
        "firmware": {"name": image.path.name, "sha256": image.sha256},
        "ended": ended,
        "cycle": bench.cycle,
        "time_us": float(bench.now_us),
        "clock_hz": timeline.hz,
        "uart": {
            "bytes": measured.uart_bytes,
            "lines": measured.uart_lines,
            "first_lines": [
                {"cycle": line.cycle, "time_us": timeline.time_us(line.cycle), "text": line.text}
                for line in measured.lines[:MAX_LINES]
            ],
        },
        "pins": pins,
        "functions": {
            name: {"inclusive": _spread(cost.inclusive), "self": _spread(cost.own)}
            for name, cost in sorted(functions.items())
        },
        "notes": notes,
    }


def _spread(numbers: Spread) -> dict[str, float]:
    return numbers._asdict()
