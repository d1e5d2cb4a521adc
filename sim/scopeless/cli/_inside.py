"""The options that show what a run looks like inside; the same for every verb that runs firmware."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scopeless.cli._output import Output
    from scopeless.inside import View
    from scopeless.inside.functions import FunctionCost, Spread

STANDARD_OUTPUT = Path("-")


def add_inside_arguments(parser: argparse.ArgumentParser) -> None:
    """The options themselves."""
    inside = parser.add_argument_group("look inside (docs/inside.md)")
    inside.add_argument(
        "--function", action="append", default=[], metavar="NAME", help="calls of a function; may be repeated"
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
    """Print and write what was asked for. Raises :class:`UsageError` for a function that was not called and
    for firmware without source lines."""
    from scopeless.errors import UsageError
    from scopeless.files import write_atomically
    from scopeless.inside.annotate import annotate
    from scopeless.inside.flamegraph import flamegraph
    from scopeless.inside.functions import function_cost
    from scopeless.inside.listing import as_html, as_text
    from scopeless.inside.perfetto import perfetto

    if args.flamegraph is not None:
        write_atomically(args.flamegraph, flamegraph(view, args.flamegraph.suffix))
    if args.trace is not None:
        write_atomically(args.trace, perfetto(view))
    if args.annotate is not None:
        if view.elf is None:
            raise UsageError(
                "There is no source without an ELF; give the .elf in place of the HEX or BIN file."
            )
        files = annotate(view.rows, view.elf)
        if args.annotate == STANDARD_OUTPUT:
            print(as_text(files, view.title))
        else:
            page = as_html if args.annotate.suffix in (".html", ".htm") else as_text
            write_atomically(args.annotate, page(files, view.title))
    for name in args.function:
        _show_function(function_cost(view.calls, name), output)


def _show_function(cost: FunctionCost, output: Output) -> None:
    open_calls = f", {cost.incomplete} of them open at the start or end" if cost.incomplete else ""
    title = f"{cost.function}: {cost.calls} {'call' if cost.calls == 1 else 'calls'}{open_calls}"
    rows = [
        _row("inclusive cycles", cost.inclusive, cost.inclusive_total),
        _row("self cycles", cost.self_, cost.self_total),
        _row("self instructions", cost.instructions, None),
    ]
    if cost.exception_cycles:
        rows.append(("exceptions meanwhile", "", "", "", str(cost.exception_cycles)))
    output.table(title, ("", "min", "median", "max", "all calls"), rows)


def _row(name: str, spread: Spread | None, total: int | None) -> tuple[str, ...]:
    values = (spread.minimum, spread.median, spread.maximum) if spread else ("", "", "")
    return (name, *map(str, values), "" if total is None else str(total))
