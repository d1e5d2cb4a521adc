"""The fixture's object: a board in a test."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest

from scopeless.api.machine import PATIENCE, Machine, Time
from scopeless.benchmark.windows import Window
from scopeless.errors import ScopelessError, UsageError
from scopeless.guard.limits import parse_limit
from scopeless.testing.figures import Accepted

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def _fails(method: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """An error that is one sentence for a user fails the test with this sentence, at the test's own line."""

    @functools.wraps(method)
    def told(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        __tracebackhide__ = True
        try:
            return method(*arguments, **options)
        except ScopelessError as error:
            message = f"{error}\n{getattr(error, 'detail', '')}".rstrip("\n")
        pytest.fail(message)

    return told


class Mcu:
    """A board that a test starts and talks to; it ends with the test.

    What goes wrong fails the test with one sentence, and what went over the serial port stands below it.
    """

    def __init__(self, folder: Path, accepted: Accepted) -> None:
        """``folder`` is what names of firmware are relative to."""
        self._folder = folder
        self._accepted = accepted
        self._machine: Machine | None = None
        self._title = ""
        self._read = 0
        self._sent_at = 0
        self._sent: list[tuple[int, str]] = []

    # Running

    @_fails
    def start(self, firmware: str | Path, board: str, **options: Any) -> Machine:
        """Start ``board`` with ``firmware``, a file relative to pytest's root folder; it ends one that ran.
        ``options`` are those of :class:`scopeless.Machine`."""
        __tracebackhide__ = True
        self.close()
        self._machine = Machine(board, self._folder / firmware, **options)
        self._title = f"UART of {board}, {Path(firmware).name}"
        self._read = self._sent_at = 0
        self._sent = []
        return self._machine

    @property
    def machine(self) -> Machine:
        """The board, for everything else: pins, time, notes (docs/run.md)."""
        __tracebackhide__ = True
        if self._machine is None:
            pytest.fail('No board runs; begin with mcu.start("firmware.elf", board="...").')
        return self._machine

    @_fails
    def send(self, line: str, end: str = "\n") -> None:
        """Send a line."""
        __tracebackhide__ = True
        machine = self.machine
        self._sent_at = machine.cycles
        self._sent.append((machine.cycles, line))
        machine.uart.write_line(line, end)

    @_fails
    def expect(self, pattern: str, timeout: Time = PATIENCE) -> re.Match[str]:
        """Wait for a line that matches the regular expression ``pattern`` (``re.search``), at most so much
        simulated time, and return the match. Lines that came since the last one expected count too."""
        __tracebackhide__ = True
        machine = self.machine
        while True:
            for line in machine.uart.lines[self._read :]:
                self._read += 1
                if match := re.search(pattern, line):
                    return match
            machine.run_until_line(pattern, timeout)

    # Measuring

    @_fails
    def window(self, pin: str, occurrence: int = 1, *, begin: str = "rising", end: str = "falling") -> Window:
        """A window of ``pin`` since the last line was sent: see :meth:`scopeless.api.pin.Pin.window`."""
        __tracebackhide__ = True
        return self.machine.pin(pin).window(occurrence, begin=begin, end=end, since=self._sent_at)

    @_fails
    def check(self, name: str, value: float, limit: str = "0") -> None:
        """Compare a figure of this test with the one that was accepted; it may grow by ``limit`` (``1%``,
        ``+50``, ``1%|50``). ``pytest --scopeless-update`` accepts."""
        __tracebackhide__ = True
        if value != value // 1:
            raise UsageError(f"{name} must be a whole number, not {value!r}.")
        complaint = self._accepted.compare(name, int(value), parse_limit(limit))
        if complaint:
            pytest.fail(complaint)

    @property
    def measured(self) -> dict[str, int]:
        """The figures that were checked."""
        return self._accepted.measured

    # Ending

    def transcript(self) -> tuple[str, str] | None:
        """A heading and what went over the serial port, each line with its time; None without a board."""
        machine = self._machine
        if machine is None:
            return None
        received = machine.uart.frame
        lines = [(cycle, f"  {text}") for cycle, text in zip(received.cycle, received.text, strict=True)]
        lines += [(cycle, f"> {text}") for cycle, text in self._sent]
        rest = machine.uart.text.rpartition("\n")[2]
        if rest:
            lines.append((machine.cycles, f"  {rest} (no line end yet)"))
        shown = [f"cycle {cycle:>12,} {text}" for cycle, text in sorted(lines, key=lambda line: line[0])]
        return self._title, "\n".join(shown or ["nothing was sent or received"])

    def close(self) -> None:
        """End the board. Safe to call twice."""
        if self._machine is not None:
            self._machine.close()
