"""An hour of simulated time: ``make reliability RUN="hours [SECONDS]"``.

Every board idles for that long, then an STM32F103 makes a prediction every three seconds for as long. Tells
the host time of the idle hour, and how much the engine's memory grew in the busy one. A board that polls
instead of sleeping has no idle time: it executes every instruction.
"""

from __future__ import annotations

import sys
import time

from reliability import FIRMWARE, board_of, firmware_of, resident_mb
from scopeless.board import load_board
from scopeless.engines import start

SLICE_S = 60
GROWTH_MB = 2.0


def idle(name: str, seconds: int) -> float:
    """Host time in seconds of ``seconds`` of simulated time in which a board waits for a command."""
    with start(load_board(name)) as machine:
        machine.load(firmware_of(name))
        machine.run(for_us=1e6, until_line="^Ready$")
        began = time.perf_counter()
        machine.run(for_us=seconds * 1e6)
        return time.perf_counter() - began


def busy(name: str, seconds: int) -> tuple[int, float]:
    """Edges in ``seconds`` of predictions, and the growth of the engine's memory in MiB after the first
    slice."""
    edges, first_mb = 0, 0.0
    with start(load_board(name)) as machine:
        machine.load(firmware_of(name))
        machine.run(for_us=1e6, until_line="^Ready$")
        machine.uart_send(b"START=1\n")
        for number in range(seconds // SLICE_S):
            edges += len(machine.run(for_us=SLICE_S * 1e6).edges)
            first_mb = first_mb or (resident_mb(machine.pid) if number else 0.0)
        return edges, resident_mb(machine.pid) - first_mb


def main(seconds: str = "3600") -> int:
    """The command."""
    length = int(seconds)
    for name in sorted({board_of(elf) for elf in FIRMWARE}):
        if load_board(name).core != "avr":
            print(f"{name}: {length} s idle in {idle(name, length):.2f} s")
    edges, growth_mb = busy("stm32f103", length)
    print(f"stm32f103: {length} s of predictions, {edges} edges, the engine grew by {growth_mb:.1f} MiB")
    predictions = length // 3  # the last one may lie behind the end: START does not come at second 0
    return 0 if edges // 6 in (predictions - 1, predictions) and growth_mb < GROWTH_MB else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
