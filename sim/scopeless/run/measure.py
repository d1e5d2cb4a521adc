"""What a run measures while it goes on: pulses of pins, what the UART sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scopeless.machine import RunResult, UartLine
from scopeless.pins.pulses import PulseFinder, Widths
from scopeless.timeline import Timeline

MAX_LINES = 100_000
"""Lines of the UART that are kept; a firmware that sends more has its first ones in the result."""


class Measurements:
    """Takes in each slice of a run; room is needed for different widths, not for each pulse."""

    def __init__(self, pins: Sequence[str], *, lines: bool) -> None:
        """``pins`` by name. ``lines``: whether to keep those of the UART."""
        self.widths: dict[tuple[str, int], Widths] = {}
        self.edges = Counter[str](dict.fromkeys(pins, 0))
        self.uart_bytes = self.uart_lines = 0
        self.lines: list[UartLine] = []
        self._keep_lines = lines
        self._pulses = PulseFinder()

    def feed(self, result: RunResult, timeline: Timeline) -> None:
        """One slice."""
        self.edges.update(edge.pin for edge in result.edges)
        for pulse in self._pulses.feed(result.edges, timeline):
            self.widths.setdefault((pulse.pin, pulse.level), Widths()).add(pulse)
        self.uart_bytes += len(result.uart)
        self.uart_lines += len(result.lines)
        if self._keep_lines:
            self.lines += result.lines[: MAX_LINES - len(self.lines)]
