"""The board that the keywords work on: what it has sent and done since power-on, and its latest run.

Names begin with an underscore: Robot Framework takes every other method for a keyword.
"""

from __future__ import annotations

import re
from datetime import timedelta

from scopeless.benchmark.session import MODELS
from scopeless.benchmark.windows import Windows, pin_windows
from scopeless.board import Board
from scopeless.engines.remote import RemoteMachine
from scopeless.errors import CheckFailed, FirmwareFault, RunTimeout, UsageError
from scopeless.machine import Edge, Stop, UartLine
from scopeless.robot import checks

RUN_LINE = re.compile(r"^Run ([12]): ")


class RunningBoard:
    """One board at a time, or none."""

    def __init__(self) -> None:
        self._machine: RemoteMachine | None = None
        self._board: Board
        self._edges: list[Edge] = []
        self._lines: list[UartLine] = []
        self._read = 0
        """How many of the lines a keyword has looked at."""
        self._cycle = 0

    @property
    def _running(self) -> RemoteMachine:
        if self._machine is None:
            raise UsageError("No board is running; use `Start Board` first.")
        return self._machine

    def _forget(self) -> None:
        self._edges, self._lines = [], []
        self._read = self._cycle = 0

    def _run(self, duration: timedelta, until_line: str | None = None) -> bool:
        """Run, and keep what came; whether a line matched ``until_line``."""
        try:
            result = self._running.run(for_us=duration / timedelta(microseconds=1), until_line=until_line)
        except FirmwareFault as fault:
            raise FirmwareFault(f"{fault}\n{fault.detail}".rstrip(), fault.detail) from fault
        self._cycle = result.cycle
        self._edges += [edge for edge in result.edges if edge.pin == self._board.pin]
        self._lines += result.lines
        return result.stop is Stop.LINE

    def _wait(self, pattern: str, timeout: timedelta, what: str) -> re.Match[str]:
        compiled = checks.regular_expression(pattern)
        before = self._read
        found = self._search(compiled)
        if found is None and self._run(timeout, pattern):
            found = self._search(compiled)
        if found is None:
            since = [line.text for line in self._lines[before:]]
            self._read = len(self._lines)
            sent = f"it sent {', '.join(map(repr, since[-5:]))}" if since else "it sent nothing"
            raise RunTimeout(
                f"{self._board.name} did not send {what} within {timeout.total_seconds():g} s of simulated "
                f"time; {sent}; it is at {self._running.where()}."
            )
        return found

    def _search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        for number in range(self._read, len(self._lines)):
            match = pattern.search(self._lines[number].text)
            if match:
                self._read = number + 1
                return match
        return None

    def _latest_run(self) -> tuple[list[Edge], str]:
        """Edges and model of the latest run."""
        for number in range(len(self._lines) - 1, 0, -1):
            match = RUN_LINE.match(self._lines[number].text)
            if match:
                first, last = self._lines[number - 1].cycle, self._lines[number].cycle
                edges = [edge for edge in self._edges if first < edge.cycle < last]
                return edges, MODELS[int(match[1]) - 1]
        raise CheckFailed("There is no run yet: send START=1 or START=2 and wait for its 'Run' line first.")

    def _windows(self) -> tuple[str, Windows]:
        edges, model = self._latest_run()
        return model, pin_windows(edges, self._running.counter_names)
