"""Running firmware that is not the benchmark, and measuring its windows.

The whole run comes first: it gives edges, the way between functions, and a profile. Where a pin window's
cycles go takes the run again, because its profile must begin and end at the window's edges; a run is the same
every time.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scopeless.board import Board
from scopeless.calls import Call, build
from scopeless.elf import Elf
from scopeless.engines import start
from scopeless.errors import CheckFailed, RunTimeout, UsageError, hint
from scopeless.guard.baseline import WindowCost
from scopeless.guard.places import UNKNOWN, cycles_by_line
from scopeless.guard.windows import Drive, FunctionWindow, LineWindow, PinWindow, Window
from scopeless.machine import Edge, Machine, ProfileRow, Stop, UartLine
from scopeless.units import show_us
from scopeless.windows import between, choose, passes


@dataclass(frozen=True)
class Driven:
    """What the run of a firmware gave: what its windows cost, on which engine and at which clock."""

    engine: str
    clock_hz: int
    windows: dict[str, WindowCost]


class _Run:
    """One run of the firmware on ``machine``; edges and lines are those since the firmware was ready."""

    def __init__(self, machine: Machine, drive: Drive) -> None:
        """Run until the firmware is ready."""
        self._machine, self._drive = machine, drive
        self._for_us = float(drive.for_us)
        self.edges: list[Edge] = []
        self.lines: list[UartLine] = []
        # A line that is answered is sent when the one before has been.
        self._steps = (list(drive.send) if drive.until else ["\n".join(drive.send)]) or [""]
        self._waits = False
        if drive.ready:
            result = machine.run(for_us=self._for_us, until_line=drive.ready)
            self.lines += result.lines
            if result.stop is not Stop.LINE:
                raise self._late(drive.ready)

    def go_on(self, edges: int | None = None) -> None:
        """To the end, or to the moment when that many edges were recorded."""
        while edges is None or len(self.edges) < edges:
            if not self._waits:
                if not self._steps:
                    return
                if text := self._steps.pop(0):
                    self._machine.uart_send(f"{text}\n".encode())
                self._waits = True
            result = self._machine.run(
                for_us=self._for_us,
                until_line=self._drive.until or None,
                until_edges=None if edges is None else edges - len(self.edges),
            )
            self.edges += result.edges
            self.lines += result.lines
            if result.stop is not Stop.EDGES:
                self._waits = False
                if self._drive.until and result.stop is not Stop.LINE:
                    raise self._late(self._drive.until)

    def check(self) -> None:
        """Whether every expected line came."""
        for pattern in self._drive.expect:
            if not any(re.search(pattern, line.text) for line in self.lines):
                raise CheckFailed(f"The firmware sent no line that matches {pattern!r}; {self.last}.")

    def _late(self, pattern: str) -> RunTimeout:
        return RunTimeout(
            f"The firmware sent no line that matches {pattern!r} within {show_us(self._for_us)} of "
            f"simulated time; {self.last}; it is at {self._machine.where()}."
        )

    @property
    def last(self) -> str:
        """The last line that came, for messages."""
        return f"the last line it sent was {self.lines[-1].text!r}" if self.lines else "it sent no line"


def measure_windows(board: Board, elf: Elf, windows: Sequence[Window], drive: Drive) -> Driven:
    """Run the firmware and measure each window.

    Raises what :meth:`Machine.run` raises, :class:`RunTimeout` when a line that is waited for does not come,
    :class:`CheckFailed` when an expected line or a window is not there, :class:`UsageError` for a pin or a
    function that does not exist.
    """
    pins = [window.pin for window in windows if isinstance(window, PinWindow)]
    with start(board) as machine:
        machine.load(elf.path)
        machine.watch_pins(pins)
        run = _Run(machine, drive)
        inside = any(not isinstance(window, PinWindow) for window in windows)
        if inside:
            machine.profile_start()
            machine.trace_start()
        run.go_on()
        flow, profile = (machine.trace_stop(), machine.profile_stop()) if inside else ([], [])
        run.check()
        clock_hz = machine.clock_hz()
        calls = build(flow, elf)
        costs = {}
        for window in windows:
            match window:
                case PinWindow():
                    costs[window.name] = _pin(machine, drive, window, run, elf)
                case FunctionWindow():
                    costs[window.name] = _function(window, calls, profile, elf)
                case LineWindow():
                    costs[window.name] = _lines(window, profile, elf)
        return Driven(machine.engine, clock_hz, costs)


def _pin(machine: Machine, drive: Drive, window: PinWindow, run: _Run, elf: Elf) -> WindowCost:
    first, last = _edges(window, run)
    machine.reset()
    again = _Run(machine, drive)
    again.go_on(edges=first + 1)
    machine.profile_start()
    again.go_on(edges=last + 1)
    rows = machine.profile_stop()
    found = between(run.edges[first], run.edges[last], machine.counter_names)
    functions = cycles_by_line(rows, elf, found.cycles - sum(row.cycles for row in rows))
    return WindowCost(found.cycles, functions, found.instructions)


def _edges(window: PinWindow, run: _Run) -> tuple[int, int]:
    """Which of the run's edges the window begins and ends with."""
    since = 0
    if window.after:
        said = (line.cycle for line in run.lines if re.search(window.after, line.text))
        since = next(said, -1)
        if since < 0:
            raise CheckFailed(
                f"window {window.name}: the firmware sent no line that matches after = {window.after!r}; "
                f"{run.last}."
            )
    mine = [at for at, edge in enumerate(run.edges) if edge.pin == window.pin and edge.cycle >= since]
    found = passes([run.edges[at] for at in mine], window.begin, window.end)
    try:
        first, last = choose(found, window.occurrence, window.pin, len(mine))
    except CheckFailed as error:
        raise CheckFailed(f"window {window.name}: {error}") from error
    return mine[first], mine[last]


def _function(
    window: FunctionWindow, calls: Sequence[Call], profile: Sequence[ProfileRow], elf: Elf
) -> WindowCost:
    mine = [call for call in calls if call.function == window.function and call.complete]
    if not mine:
        if window.function not in elf.symbols:
            raise UsageError(
                f"window {window.name}: the firmware has no function {window.function!r}; "
                f"{hint(window.function, list(elf.symbols))} (One that was inlined is none; "
                "__attribute__((noinline)) keeps it.)"
            )
        raise CheckFailed(f"window {window.name}: {window.function} was not called in the run.")
    inside: dict[Call, int] = {}  # call -> instructions, with those of what it calls
    for call in calls:
        if call.function == window.function or call.parent in inside:
            inside[call] = call.self_instructions
    for call in reversed(inside):
        if call.parent in inside:
            inside[call.parent] += inside[call]
    within = {call.function for call in inside}
    rows = [row for row in profile if (elf.locate(row.address).function or UNKNOWN) in within]
    cycles = [call.cycles for call in mine]
    return WindowCost(
        statistics.median_low(cycles),
        cycles_by_line(rows, elf),
        instructions=statistics.median_low(inside[call] for call in mine),
        calls=len(mine),
        min=min(cycles),
        max=max(cycles),
    )


def _lines(window: LineWindow, profile: Sequence[ProfileRow], elf: Elf) -> WindowCost:
    rows = []
    for row in profile:
        location = elf.locate(row.address)
        if location.file == window.file and window.first <= (location.line or 0) <= window.last:
            rows.append(row)
    if not rows:
        raise CheckFailed(
            f"window {window.name}: no instruction of {window.file}:{window.first}-{window.last} was "
            "executed in the run; check file and lines, and that the firmware has debug information (-g)."
        )
    cycles, executions = (
        sum(column) for column in zip(*((row.cycles, row.executions) for row in rows), strict=True)
    )
    return WindowCost(cycles, cycles_by_line(rows, elf), executions)
