"""What the windows of firmware that is not the benchmark cost.

The whole run comes first: it gives edges, calls and a profile. Where a pin window's cycles go takes the run
again, because its profile must begin and end at the window's edges; a run is the same every time.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scopeless.benchmark.windows import between, choose, passes
from scopeless.board import Board
from scopeless.engines import start
from scopeless.errors import CheckFailed, UsageError, hint
from scopeless.firmware.elf import Elf
from scopeless.guard.baseline import WindowCost
from scopeless.guard.drive import Run
from scopeless.guard.places import UNKNOWN, cycles_by_line
from scopeless.guard.windows import Drive, FunctionWindow, LineWindow, PinWindow, Window
from scopeless.inside.calls import Call, CallBuilder
from scopeless.machine import FlowEvent, Machine, ProfileRow


@dataclass(frozen=True)
class Driven:
    """What the run of a firmware gave: what its windows cost, on which engine and at which clock."""

    engine: str
    clock_hz: int
    windows: dict[str, WindowCost]


class _Calls:
    """The calls of one function that are wholly in the run: ``cycles`` and ``instructions`` of each, with
    what it called but without exceptions meanwhile. ``within`` names the function and all that it called."""

    def __init__(self, function: str) -> None:
        self.cycles: list[int] = []
        self.instructions: list[int] = []
        self.within: set[str] = set()
        self._function = function
        self._called: dict[Call, int] = {}  # open call -> instructions of what it has called

    def feed(self, ended: Sequence[Call]) -> None:
        """Calls that have ended since the last time, in order of entry."""
        for call in reversed(ended):  # what was called comes before its caller
            if not self._is_inside(call):
                continue
            self.within.add(call.function)
            instructions = call.self_instructions + self._called.pop(call, 0)
            if call.parent is not None and self._is_inside(call.parent):
                self._called[call.parent] = self._called.get(call.parent, 0) + instructions
            if call.function == self._function and call.at_start and call.complete:
                self.cycles.append(call.cycles)
                self.instructions.append(instructions)

    def _is_inside(self, call: Call) -> bool:
        outer: Call | None = call
        while outer is not None and outer.function != self._function:
            outer = outer.parent
        return outer is not None


def measure_windows(board: Board, elf: Elf, windows: Sequence[Window], drive: Drive) -> Driven:
    """Run the firmware and measure each window.

    Raises what :meth:`Machine.run` raises, :class:`RunTimeout` when a line that is waited for does not come,
    :class:`CheckFailed` when an expected line or a window is not there, :class:`UsageError` for a pin or a
    function that does not exist.
    """
    pins = [window.pin for window in windows if isinstance(window, PinWindow)]
    functions = [window.function for window in windows if isinstance(window, FunctionWindow)]
    with start(board) as machine:
        machine.load(elf.path)
        machine.watch_pins(pins)
        if drive.uart:
            machine.use_uart(drive.uart)
        run = Run(machine, drive)
        calls, profile = _whole_run(machine, run, functions, elf)
        run.check()
        clock_hz = machine.clock_hz()
        costs = {}
        for window in windows:
            match window:
                case PinWindow():
                    costs[window.name] = _pin(machine, drive, window, run, elf)
                case FunctionWindow():
                    costs[window.name] = _function(window, calls[window.function], profile, elf)
                case LineWindow():
                    costs[window.name] = _lines(window, profile, elf)
        return Driven(machine.engine, clock_hz, costs)


def _whole_run(
    machine: Machine, run: Run, functions: Sequence[str], elf: Elf
) -> tuple[dict[str, _Calls], list[ProfileRow]]:
    calls = {function: _Calls(function) for function in functions}
    builder = CallBuilder(elf)

    def take(events: Sequence[FlowEvent]) -> None:
        for event in events:
            builder.feed(event)
        ended = builder.take_ended()
        for each in calls.values():
            each.feed(ended)

    machine.profile_start()
    if functions:
        machine.trace_start()
        run.bench.listeners.append(lambda _: take(machine.trace_read()))
    run.go_on()
    if functions:
        take(machine.trace_stop())
    return calls, machine.profile_stop()


def _pin(machine: Machine, drive: Drive, window: PinWindow, run: Run, elf: Elf) -> WindowCost:
    first, last = _edges(window, run)
    machine.reset()
    again = Run(machine, drive)
    again.go_on(edges=first + 1)
    machine.profile_start()
    again.go_on(edges=last + 1)
    rows = machine.profile_stop()
    found = between(run.edges[first], run.edges[last], machine.counter_names)
    functions = cycles_by_line(rows, elf, found.cycles - sum(row.cycles for row in rows))
    return WindowCost(found.cycles, functions, found.instructions)


def _edges(window: PinWindow, run: Run) -> tuple[int, int]:
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


def _function(window: FunctionWindow, calls: _Calls, profile: Sequence[ProfileRow], elf: Elf) -> WindowCost:
    if not calls.cycles:
        if window.function not in elf.function_names:
            raise UsageError(
                f"window {window.name}: the firmware has no function {window.function!r}; "
                f"{hint(window.function, elf.function_names)} (One that was inlined is none; "
                "__attribute__((noinline)) keeps it.)"
            )
        raise CheckFailed(f"window {window.name}: {window.function} was not called in the run.")
    rows = [row for row in profile if (elf.locate(row.address).function or UNKNOWN) in calls.within]
    return WindowCost(
        statistics.median_low(calls.cycles),
        cycles_by_line(rows, elf),
        instructions=statistics.median_low(calls.instructions),
        calls=len(calls.cycles),
        min=min(calls.cycles),
        max=max(calls.cycles),
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
