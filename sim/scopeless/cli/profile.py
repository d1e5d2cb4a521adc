"""Show where the cycles of one prediction go: by function, source line or instruction.

The parts add up to the window between the pin's edges exactly."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from scopeless.benchmark.session import MODELS
from scopeless.board import load_board
from scopeless.cli._inside import add_inside_arguments, check_inside, show_functions, show_inside, wants_calls


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless profile``."""
    parser.add_argument("board", metavar="BOARD", help="name of a board; 'scopeless boards' lists them")
    parser.add_argument("--clock", type=int, metavar="MHZ", help="core clock; default: the board's first")
    parser.add_argument("--engine", metavar="E", help="engine; default: the board's own")
    parser.add_argument("--model", choices=MODELS, default="simple2", help="which network; default: simple2")
    parser.add_argument("--libm", metavar="L", help="which exp(); default: the board's first")
    parser.add_argument("--elf", type=Path, metavar="FILE", help="run this firmware instead of building one")
    parser.add_argument("--by", choices=("function", "line", "instruction"), default="function")
    parser.add_argument("--top", type=int, default=25, metavar="N", help="rows to show; default: 25")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows")
    add_inside_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Profile one prediction and print the shares."""
    from scopeless.benchmark.session import profile_window
    from scopeless.cli._output import Output, progress
    from scopeless.engines import start
    from scopeless.files import check_writable, write_atomically
    from scopeless.firmware.build import firmware_for
    from scopeless.firmware.elf import Elf
    from scopeless.inside import View
    from scopeless.inside.annotate import check_source
    from scopeless.inside.calls import build
    from scopeless.inside.functions import FunctionCosts
    from scopeless.inside.profile import PIN_WRITE, group

    board = load_board(args.board)
    clock_mhz, libm = board.check_clock(args.clock), board.check_libm(args.libm)
    if args.json:
        check_writable(args.json)
    check_inside(args)
    with progress(f"{board.name} at {clock_mhz} MHz") as step, start(board, engine=args.engine) as machine:
        path = args.elf or firmware_for(board, clock_mhz, libm)
        elf = Elf.open(path)
        functions = FunctionCosts(args.function, elf)
        if args.annotate:
            check_source(elf)
        machine.load(path)
        profile = profile_window(machine, args.model, step, trace=wants_calls(args))
        timeline = machine.timeline()
    shares = group(profile.rows, elf, args.by)
    total = profile.window.cycles
    rows = [(s.place, str(s.cycles), f"{100 * s.cycles / total:.1f}", str(s.instructions)) for s in shares]
    shown = rows[: args.top]
    rest = sum(share.cycles for share in shares[args.top :])
    if rest:
        shown.append((f"({len(shares) - args.top} more)", str(rest), f"{100 * rest / total:.1f}", ""))
    if profile.pin_write_cycles:
        shown.append((PIN_WRITE, str(profile.pin_write_cycles), "", ""))
    shown.append(("window", str(total), "100.0", str(profile.window.instructions)))
    title = f"{args.model} on {board.name} at {clock_mhz} MHz"
    output = Output()
    output.table(
        f"{title}, self cycles by {args.by}",
        (args.by, "cycles", "%", "instructions"),
        shown,
    )
    if args.json:
        data = {
            "board": board.name,
            "clock_mhz": clock_mhz,
            "model": args.model,
            "by": args.by,
            "cycles": total,
            "pin_write_cycles": profile.pin_write_cycles,
            "rows": [asdict(share) for share in shares],
        }
        write_atomically(args.json, json.dumps(data, indent=2) + "\n")
    calls = build(profile.events, elf)
    view = View(title, calls, profile.rows, elf, timeline, profile.edges, profile.uart, 1 / board.baud)
    functions.add(calls)
    show_inside(args, view, output)
    if args.function:
        show_functions(functions.complete(), output)
    return 0
