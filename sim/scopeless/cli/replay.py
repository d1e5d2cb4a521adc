"""Time what Renode executed: a trace of it, instruction for instruction, through our timing model.

Shows the windows between the edges of the board's pin in the chip's cycles, and where all cycles of the trace
go. docs/renode.md says how to make a trace."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scopeless.board import load_board

if TYPE_CHECKING:
    from scopeless.cli._output import Output
    from scopeless.replay.spans import Span


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless replay``."""
    parser.add_argument("board", metavar="BOARD", help="name of a Cortex-M board")
    parser.add_argument("elf", type=Path, metavar="ELF", help="the firmware that was executed")
    parser.add_argument("trace", type=Path, metavar="TRACE", help="binary trace from reset on, or gzip of it")
    parser.add_argument(
        "--window", metavar="NAME", help="show where the cycles of this window go; 'all': of all"
    )
    parser.add_argument("--by", choices=("function", "line", "instruction"), default="function")
    parser.add_argument("--top", type=int, default=25, metavar="N", help="rows to show; default: 25")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write windows and all rows")


def run(args: argparse.Namespace) -> int:
    """Follow the trace, print windows and shares."""
    from scopeless.cli._output import Output, progress
    from scopeless.engines import start_replay
    from scopeless.errors import UsageError, hint
    from scopeless.files import check_writable, write_atomically
    from scopeless.firmware.elf import Elf
    from scopeless.inside.profile import group
    from scopeless.replay.spans import spans

    board = load_board(args.board)
    if args.json:
        check_writable(args.json)
    with progress(f"following {args.trace.name}") as step, start_replay(board) as machine:
        elf = Elf.open(args.elf)
        machine.load(args.elf)
        machine.profile_start()
        result = machine.replay(args.trace)
        rows = machine.profile_stop()
        found = spans(result.edges, machine.counter_names)
        notes, clock_hz = machine.notes(), machine.clock_hz()
        shown = "the whole trace"
        if args.window not in (None, "all"):
            span = next((span for span in found if span.name == args.window), None)
            if span is None:
                names = [span.name for span in found]
                raise UsageError(f"The trace has no window {args.window!r}; {hint(args.window, names)}")
            step(f"profiling {span.name}")
            shown = span.name
            machine.reset()
            machine.replay(args.trace, until_edges=span.first + 1)
            machine.profile_start()
            machine.replay(until_edges=span.last - span.first)
            rows = machine.profile_stop()
    shares = group(rows, elf, args.by)
    total = sum(share.cycles for share in shares)
    output = Output()
    output.line(
        f"{board.title} at {clock_hz / 1e6:g} MHz: what {args.trace.name} executed, in the chip's cycles"
    )
    output.line()
    if found:
        _windows(output, found[: args.top], clock_hz)
    cells = [(s.place, str(s.cycles), f"{100 * s.cycles / total:.1f}", str(s.instructions)) for s in shares]
    output.table(
        f"Self cycles of {shown} by {args.by}", (args.by, "cycles", "%", "instructions"), cells[: args.top]
    )
    for note in notes:
        output.line(f"Note: {note}")
    if args.json:
        data = {
            "board": board.name,
            "clock_hz": clock_hz,
            "windows": [
                {"name": span.name, "cycles": span.window.cycles, "counters": span.window.counters}
                for span in found
            ],
            "by": args.by,
            "rows": [{"place": s.place, "cycles": s.cycles, "instructions": s.instructions} for s in shares],
        }
        write_atomically(args.json, json.dumps(data, indent=2) + "\n")
    return 0


def _windows(output: Output, found: Sequence[Span], clock_hz: int) -> None:
    cells = [
        (
            span.name,
            str(span.window.cycles),
            f"{span.window.cycles * 1e6 / clock_hz:.3f}",
            str(span.window.counters["traced"]),
            str(span.window.counters["it_skipped"]),
        )
        for span in found
    ]
    header = ("window", "cycles", "us", "instructions", "of these skipped")
    output.table("Windows between the pin's edges", header, cells)
    causes = [name for name in found[0].window.breakdown if any(s.window.breakdown.get(name) for s in found)]
    parts = [(span.name, *(str(span.window.breakdown[name]) for name in causes)) for span in found]
    columns = ("window", *(name.replace("_", " ") for name in causes))
    output.table("Where their cycles go", columns, parts)
