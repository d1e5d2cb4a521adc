"""What ``scopeless run`` looks at inside the firmware while it goes on."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping

from scopeless.board import Board
from scopeless.cli._inside import show_functions, show_inside, wants_calls, wants_rows
from scopeless.cli._output import Output
from scopeless.errors import EngineCrash
from scopeless.firmware.image import Image
from scopeless.inside import View
from scopeless.inside.annotate import check_source
from scopeless.inside.functions import FunctionCost, FunctionCosts
from scopeless.inside.recorder import Recorder
from scopeless.inside.tracing import Tracing
from scopeless.machine import Edge, Machine, ProfileRow, RunResult, UartByte
from scopeless.timeline import Timeline

MAX_EVENTS = 300_000
"""Edges, and bytes of the UART, that are kept for a trace."""


class Inside:
    """Traces and profiles where the command line asks for something that needs it."""

    def __init__(self, args: argparse.Namespace, board: Board, machine: Machine, image: Image) -> None:
        """Raises :class:`UsageError` for a function or source lines that the firmware lacks, or an engine
        that cannot trace."""
        self._args, self._board, self._machine, self._image = args, board, machine, image
        self._functions = FunctionCosts(args.function, image.elf)
        self._recorder = Recorder()
        self._edges: list[Edge] = []
        self._uart: list[UartByte] = []
        self._rows: list[ProfileRow] = []
        self._tracing = Tracing(machine, image.elf) if wants_calls(args) else None
        if self._tracing:
            self._tracing.listeners.append(self._functions.add)
            if args.flamegraph or args.trace:
                self._tracing.listeners.append(self._recorder.add)
        if wants_rows(args):
            check_source(image.elf)
            machine.profile_start()

    def feed(self, result: RunResult) -> None:
        """One slice."""
        if self._tracing:
            self._tracing.read()
        if self._args.trace:
            self._edges += result.edges[: MAX_EVENTS - len(self._edges)]
            self._uart += result.uart[: MAX_EVENTS - len(self._uart)]

    def functions(self) -> Mapping[str, FunctionCost]:
        """Those of ``--function`` that had complete calls."""
        return self._functions.complete()

    def show(self, output: Output, timeline: Timeline) -> None:
        """The end of the run: print and write what was asked for."""
        if self._tracing:
            self._tracing.stop()
        if wants_rows(self._args):
            with contextlib.suppress(EngineCrash):
                self._rows = self._machine.profile_stop()
        if self._args.function:
            show_functions(self.functions(), output)
        title = f"{self._image.path.name} on {self._board.name}"
        recorder, elf, bit_s = self._recorder, self._image.elf, 1 / self._board.baud
        shown = (recorder.calls, self._rows, elf, timeline, self._edges, self._uart, bit_s)
        view = View(title, *shown, recorder.weights)
        show_inside(self._args, view, output)
        if recorder.full_at is not None:
            until = timeline.time_us(recorder.full_at) / 1000
            output.line(
                f"Note: calls are shown one by one up to {until:.6g} ms, the first of {len(recorder.calls)}; "
                "run for a shorter time to see all."
            )
