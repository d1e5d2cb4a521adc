"""What a run measures while it goes on: pulses of pins, calls of functions, what the UART sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from scopeless.calls import CallBuilder
from scopeless.elf import Elf
from scopeless.errors import UsageError, hint
from scopeless.machine import Machine, RunResult, UartLine
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
    """Takes in each slice of a run; room is needed for different widths, not for each pulse or call."""

    def __init__(
        self, machine: Machine, elf: Elf | None, pins: Sequence[str], functions: Sequence[str], *, lines: bool
    ) -> None:
        """``pins`` and ``functions`` by name; the function ``all`` means each. Raises :class:`UsageError` for
        a function that the firmware lacks, or an engine that cannot trace."""
        self.widths: dict[tuple[str, int], Widths] = {}
        self.edges = Counter[str](dict.fromkeys(pins, 0))
        self.functions: dict[str, FunctionCycles] = defaultdict(FunctionCycles)
        self.uart_bytes = self.uart_lines = 0
        self.lines: list[UartLine] = []
        self._keep_lines = lines
        self._pulses = PulseFinder()
        self._machine = machine
        self._wanted = frozenset(functions)
        self._calls = CallBuilder(elf) if functions else None
        if self._calls:
            _check(self._wanted - {ALL}, elf)
            machine.trace_start()

    def feed(self, result: RunResult, timeline: Timeline) -> None:
        """One slice."""
        self.edges.update(edge.pin for edge in result.edges)
        for pulse in self._pulses.feed(result.edges, timeline):
            self.widths.setdefault((pulse.pin, pulse.level), Widths()).add(pulse)
        self.uart_bytes += len(result.uart)
        self.uart_lines += len(result.lines)
        if self._keep_lines:
            self.lines += result.lines[: MAX_LINES - len(self.lines)]
        if self._calls:
            self._take(self._calls)

    def _take(self, calls: CallBuilder) -> None:
        for event in self._machine.trace_read():
            calls.feed(event)
        for call in calls.take_ended():
            if call.complete and (ALL in self._wanted or call.function in self._wanted):
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
