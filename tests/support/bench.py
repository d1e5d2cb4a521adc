"""A peripheral of a real board on the bench: no processor, the test says what the cycle is.

``Bench("stm32f103", core=72_000_000, timclk1=72_000_000)["tim2"]`` is the peripheral as the board's file
describes it; :meth:`Bench.run` lets time pass and runs what is due on the way, each event at its cycle.
"""

from __future__ import annotations

from typing import Any

from scopeless.board import load_board
from scopeless.peripherals import Peripheral, System, make
from scopeless.peripherals.events import EventQueue


class Bench:
    """Time, interrupt lines and clocks for the peripherals of ``board``."""

    def __init__(self, board: str, **hz: int) -> None:
        self.board = load_board(board)
        self.cycle = 0
        self.events = EventQueue()
        self.lines: dict[int, bool] = {}
        self.rises: list[tuple[int, int]] = []
        """Cycle and number of each interrupt line that went up."""
        self.system = System(lambda: self.cycle, self.events, self._interrupt, lambda setting, value: None)
        self.system.clocks.set(**hz)
        self._made: dict[str, Peripheral] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            spec = next(spec for spec in self.board.peripherals if spec.name == name)
            self._made[name] = make(spec, self.system)
        return self._made[name]

    def run(self, cycles: int) -> None:
        """Let ``cycles`` pass."""
        end = self.cycle + cycles
        while (due := self.events.next_cycle()) <= end:
            self.cycle = max(due, self.cycle)
            self.events.run_due(self.cycle)
        self.cycle = end

    def _interrupt(self, irq: int, level: bool) -> None:
        if level and not self.lines.get(irq):
            self.rises.append((self.cycle, irq))
        self.lines[irq] = level

    def rise_cycles(self, irq: int) -> list[int]:
        """When that line went up."""
        return [cycle for cycle, number in self.rises if number == irq]


def poke(peripheral: Peripheral, *writes: tuple[int, int]) -> None:
    """Write registers: offset and value of each."""
    for offset, value in writes:
        peripheral.write(offset, 4, value)
