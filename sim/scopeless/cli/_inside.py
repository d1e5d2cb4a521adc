"""The options that show what a run looks like inside; the same for every verb that runs firmware."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scopeless.cli._output import Output
    from scopeless.inside import View
    from scopeless.inside.functions import FunctionCost

STANDARD_OUTPUT = Path("-")


def add_inside_arguments(parser: argparse.ArgumentParser) -> None:
    """The options themselves."""
    inside = parser.add_argument_group("look inside (docs/inside.md)")
    inside.add_argument(
        "--function", action="append", default=[], metavar="NAME", help="measure its calls; repeat, or 'all'"
    )
    inside.add_argument(
        "--flamegraph",
        type=Path,
        metavar="FILE",
        help="cycles by stack: .folded or .txt, .json for speedscope, .svg",
    )
    inside.add_argument(
        "--trace", type=Path, metavar="FILE", help="functions, exceptions, pins, UART over time, for Perfetto"
    )
    inside.add_argument(
        "--annotate",
        type=Path,
        nargs="?",
        const=STANDARD_OUTPUT,
        metavar="FILE",
        help="source with cycles, executions and stalls; .html makes a page; without FILE, printed",
    )


def wants_calls(args: argparse.Namespace) -> bool:
    """Whether the run has to be traced."""
    return bool(args.function or args.flamegraph or args.trace)


def wants_rows(args: argparse.Namespace) -> bool:
    """Whether the run has to be profiled."""
    return args.annotate is not None


def check_inside(args: argparse.Namespace) -> None:
    """Before the run. Raises :class:`UsageError` for files that cannot be written or have no known format."""
    from scopeless.files import check_writable
    from scopeless.inside.flamegraph import check_suffix

    for path in (args.flamegraph, args.trace, args.annotate):
        if path is not None and path != STANDARD_OUTPUT:
            check_writable(path)
    if args.flamegraph is not None:
        check_suffix(args.flamegraph)


def show_inside(args: argparse.Namespace, view: View, output: Output) -> None:
    """Print and write what was asked for."""
    from scopeless.files import write_atomically
    from scopeless.inside.annotate import annotate
    from scopeless.inside.flamegraph import flamegraph
    from scopeless.inside.listing import as_html, as_text
    from scopeless.inside.perfetto import perfetto

    if args.flamegraph is not None:
        write_atomically(args.flamegraph, flamegraph(view, args.flamegraph.suffix))
    if args.trace is not None:
        write_atomically(args.trace, perfetto(view))
    if args.annotate is not None and view.elf is not None:
        files = annotate(view.rows, view.elf)
        if args.annotate == STANDARD_OUTPUT:
            output.text(as_text(files, view.title))
        else:
            page = as_html if args.annotate.suffix in (".html", ".htm") else as_text
            write_atomically(args.annotate, page(files, view.title))


def show_functions(costs: Mapping[str, FunctionCost], output: Output) -> None:
    """The table of ``--function``."""
    rows = [
        (name, *map(str, cost.inclusive), *map(str, cost.own[1:]), str(cost.own_total))
        for name, cost in costs.items()
    ]
    if not rows:
        output.line("No complete call of the functions asked for.")
        return
    header = (
        "function",
        "calls",
        "min",
        "median",
        "max",
        "self min",
        "self median",
        "self max",
        "self total",
    )
    output.table("Complete calls, in cycles", header, rows)
    for name, cost in costs.items():
        if cost.open_calls:
            calls = "call was" if cost.open_calls == 1 else "calls were"
            output.line(f"{name}: {cost.open_calls} {calls} open at the beginning or end.")
        if cost.exceptions:
            output.line(f"{name}: {cost.exceptions} cycles more in exceptions meanwhile.")
