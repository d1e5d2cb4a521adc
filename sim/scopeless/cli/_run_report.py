"""What ``scopeless run`` says at its end, on standard error and as JSON (docs/run.md)."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from typing import Any

from scopeless.bench import Bench
from scopeless.board import Board
from scopeless.cli._inside import show_inside
from scopeless.cli._output import Output
from scopeless.errors import EngineCrash
from scopeless.files import write_atomically
from scopeless.image import Image
from scopeless.inside import View
from scopeless.machine import Machine
from scopeless.measure import MAX_LINES, Measurements
from scopeless.pulses import Spread, spread
from scopeless.units import show_us

SCHEMA = 1
LEVELS = {1: "high", 0: "low"}


def report(
    args: argparse.Namespace,
    board: Board,
    machine: Machine,
    image: Image,
    bench: Bench,
    measured: Measurements,
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
    if args.function:
        _functions(output, measured)
    for note in notes:
        output.line(f"Note: {note}")
    _look_inside(args, board, image, bench, measured, output)
    how = {"for": "Ended", "until": "Ended by its line", "signal": "Interrupted", "error": "Ended"}[ended]
    output.line(f"{how} after {show_us(float(bench.now_us))} of simulated time, at cycle {bench.cycle}.")
    if args.json:
        data = _record(board, machine, image, bench, measured, ended, notes)
        write_atomically(args.json, json.dumps(data, indent=2) + "\n")


def _look_inside(
    args: argparse.Namespace,
    board: Board,
    image: Image,
    bench: Bench,
    measured: Measurements,
    output: Output,
) -> None:
    title = f"{image.path.name} on {board.name}"
    view = View(
        title,
        measured.calls,
        measured.rows,
        image.elf,
        bench.timeline,
        measured.edges,
        measured.uart,
        1 / board.baud,
    )
    # The functions have a table of their own, for which the calls need not be kept.
    show_inside(argparse.Namespace(**{**vars(args), "function": []}), view, output)


def _pins(output: Output, measured: Measurements) -> None:
    rows = []
    for (pin, level), widths in sorted(measured.widths.items(), key=lambda item: (item[0][0], -item[0][1])):
        cycles, us = spread(widths.cycles), spread(widths.us)
        rows.append((pin, LEVELS[level], *map(str, cycles), *(f"{number:.6g}" for number in us[1:])))
    if rows:
        header = ("pin", "level", "pulses", "min", "median", "max", "min us", "median us", "max us")
        output.table("Pulses, in cycles and microseconds", header, rows, left=2)
    if idle := [pin for pin, count in measured.edge_counts.items() if count < 2]:
        shown = ", ".join(idle) if len(idle) < 9 else f"{len(idle)} pins"
        output.line(f"No pulse: {shown}.")


def _functions(output: Output, measured: Measurements) -> None:
    rows = []
    for name, cycles in sorted(measured.functions.items(), key=lambda item: (-_total(item[1].own), item[0])):
        inclusive, own = spread(cycles.inclusive), spread(cycles.own)
        rows.append((name, *map(str, inclusive), *map(str, own[1:])))
    if rows:
        header = ("function", "calls", "min", "median", "max", "self min", "self median", "self max")
        output.table("Complete calls, in cycles", header, rows)
    else:
        output.line("No complete call of the functions asked for.")


def _total(counts: Counter[int]) -> int:
    return sum(cycles * count for cycles, count in counts.items())


def _record(
    board: Board,
    machine: Machine,
    image: Image,
    bench: Bench,
    measured: Measurements,
    ended: str,
    notes: list[str],
) -> dict[str, Any]:
    """The result, as docs/run.md describes it."""
    timeline = bench.timeline
    pins: dict[str, dict[str, Any]] = {pin: {"edges": count} for pin, count in measured.edge_counts.items()}
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
            name: {"inclusive": _spread(spread(cycles.inclusive)), "self": _spread(spread(cycles.own))}
            for name, cycles in sorted(measured.functions.items())
        },
        "notes": notes,
    }


def _spread(numbers: Spread) -> dict[str, float]:
    return numbers._asdict()
