"""What a run measures while it goes on: pulses of pins, calls of functions, what the UART sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scopeless.calls import Call, CallBuilder
from scopeless.elf import Elf
from scopeless.errors import UsageError, hint
from scopeless.machine import Edge, FlowEvent, Machine, ProfileRow, RunResult, UartByte, UartLine
from scopeless.pulses import PulseFinder, Widths
from scopeless.timeline import Timeline

ALL = "all"
MAX_LINES = 100_000
"""Lines of the UART that are kept; a firmware that sends more has its first ones in the result."""


@dataclass
class FunctionCycles:
    """Complete calls of one function, counted by their cycles."""

    inclusive: Counter[int] = field(default_factory=Counter)
    """With what it called, without interrupts."""
    own: Counter[int] = field(default_factory=Counter)


class Measurements:
    """Takes in each slice of a run. Room is needed for different widths only, not for each pulse or call,
    unless all calls are kept."""

    def __init__(
        self,
        machine: Machine,
        elf: Elf | None,
        pins: Sequence[str],
        functions: Sequence[str],
        *,
        keep_lines: bool = False,
        keep_calls: bool = False,
        keep_rows: bool = False,
    ) -> None:
        """``pins`` and ``functions`` by name; the function ``all`` means each. Calls are kept with edges and
        bytes. Raises :class:`UsageError` for a function that the firmware lacks, or an engine that cannot
        trace or profile."""
        self.widths: dict[tuple[str, int], Widths] = {}
        self.edge_counts = Counter[str](dict.fromkeys(pins, 0))
        self.functions: dict[str, FunctionCycles] = defaultdict(FunctionCycles)
        self.uart_bytes = self.uart_lines = 0
        self.lines: list[UartLine] = []
        self.edges: list[Edge] = []
        self.uart: list[UartByte] = []
        self.rows: list[ProfileRow] = []
        self._keep_lines, self._keep_calls, self._keep_rows = keep_lines, keep_calls, keep_rows
        self._pulses = PulseFinder()
        self._machine = machine
        self._wanted = frozenset(functions)
        self._builder = CallBuilder(elf) if functions or keep_calls else None
        if functions:
            _check(self._wanted - {ALL}, elf)
        if self._builder:
            machine.trace_start()
        if keep_rows:
            machine.profile_start()

    @property
    def calls(self) -> list[Call]:
        """All calls, where they are kept."""
        return self._builder.calls if self._builder else []

    def feed(self, result: RunResult, timeline: Timeline) -> None:
        """One slice."""
        self.edge_counts.update(edge.pin for edge in result.edges)
        for pulse in self._pulses.feed(result.edges, timeline):
            self.widths.setdefault((pulse.pin, pulse.level), Widths()).add(pulse)
        self.uart_bytes += len(result.uart)
        self.uart_lines += len(result.lines)
        if self._keep_lines:
            self.lines += result.lines[: MAX_LINES - len(self.lines)]
        if self._keep_calls:
            self.edges += result.edges
            self.uart += result.uart
        if self._builder:
            self._take(self._builder, self._machine.trace_read())

    def finish(self) -> None:
        """The run has ended."""
        if self._builder:
            self._take(self._builder, self._machine.trace_stop())
            self._count(self._builder.calls)
        if self._keep_rows:
            self.rows = self._machine.profile_stop()

    def _take(self, builder: CallBuilder, events: Iterable[FlowEvent]) -> None:
        for event in events:
            builder.feed(event)
        if not self._keep_calls:
            self._count(builder.take_ended())

    def _count(self, calls: Iterable[Call]) -> None:
        for call in calls:
            if call.complete and call.at_start and (ALL in self._wanted or call.function in self._wanted):
                cycles = self.functions[call.function]
                cycles.inclusive[call.cycles] += 1
                cycles.own[call.self_cycles] += 1


def _check(names: frozenset[str], elf: Elf | None) -> None:
    if elf is None:
        raise UsageError("--function needs an ELF: HEX and BIN files have no functions.")
    known = elf.function_names
    for name in sorted(names):
        if name not in known:
            raise UsageError(f"Firmware {elf.path} has no function {name!r}; {hint(name, known)}")
