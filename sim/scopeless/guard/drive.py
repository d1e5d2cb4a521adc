"""Running firmware that is not the benchmark: what goes to its UART, and what it must answer."""

from __future__ import annotations

import re

from scopeless.errors import CheckFailed, RunTimeout
from scopeless.guard.windows import Drive
from scopeless.machine import Edge, Machine, RunResult, Stop, UartLine
from scopeless.run.bench import Bench
from scopeless.units import show_us


class Run:
    """One run of the firmware on ``machine``. ``edges`` are those since it was ready, ``lines`` all."""

    def __init__(self, machine: Machine, drive: Drive) -> None:
        """Run until the firmware is ready."""
        self._machine, self._drive = machine, drive
        self.bench = Bench(machine)
        self.bench.listeners.append(self._keep)
        self.edges: list[Edge] = []
        self.lines: list[UartLine] = []
        # A line that is answered is sent when the one before has been.
        self._steps = (list(drive.send) if drive.until else ["\n".join(drive.send)]) or [""]
        self._waits = False
        if drive.ready:
            if self.bench.run(drive.for_us, until_line=drive.ready).stop is not Stop.LINE:
                raise self._late(drive.ready)
            self.edges.clear()

    def _keep(self, result: RunResult) -> None:
        self.edges += result.edges
        self.lines += result.lines

    def go_on(self, edges: int | None = None) -> None:
        """To the end, or to the moment when that many edges were recorded."""
        while edges is None or len(self.edges) < edges:
            if not self._waits:
                if not self._steps:
                    return
                if text := self._steps.pop(0):
                    self._machine.uart_send(f"{text}\n".encode())
                self._waits = True
            result = self.bench.run(
                self._drive.for_us,
                until_line=self._drive.until or None,
                until_edges=None if edges is None else edges - len(self.edges),
            )
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
        patience = show_us(float(self._drive.for_us))
        return RunTimeout(
            f"The firmware sent no line that matches {pattern!r} within {patience} of simulated time; "
            f"{self.last}; it is at {self._machine.where()}."
        )

    @property
    def last(self) -> str:
        """The last line that came, for messages."""
        return f"the last line it sent was {self.lines[-1].text!r}" if self.lines else "it sent no line"
