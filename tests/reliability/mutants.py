"""Damaged firmware: ``make reliability RUN="mutants [COUNT [SEED]]"``.

Each mutant is a real firmware with bits flipped, headers or code overwritten, parts moved or cut off. It is
loaded, sent commands and run for a while, in an engine that has run the mutants before it. It must end in one
of the program's own errors or run until its time is up. What an engine's library does to its process (an
assertion) counts as ``crashed``, and running beyond the host's time limit as ``hung``.

Two figures tell of memory: the most that an engine ever took, above what the board's own firmware takes at
first, and what that firmware takes more after the last mutant.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from reliability import FIRMWARE, board_of, firmware_of, resident_mb
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.engines.remote import RemoteMachine
from scopeless.errors import EngineCrash, FirmwareFault, RunTimeout, UsageError

RUN_US = 20_000.0
INSTRUCTIONS = 300_000
HOST_LIMIT_S = 60.0  # a firmware that does nothing but reset itself takes 10 s, more on a busy machine
NOISE = random.Random(0).randbytes(64)
HEADERS = 0x200  # bytes: ELF header, program headers and what follows them
PEAK_MB = 100.0
"""Above the first: full tables of the timing core (65 MiB), code that Unicorn translated, debug data."""
GROWTH_MB = 16.0
"""From first to last: what Python's garbage collector has not looked at yet, and a heap with gaps."""


@dataclass
class Tally:
    """How the mutants ended; ``stories`` tells of each that crashed, hung or wrote a file."""

    ends: Counter[str] = field(default_factory=Counter)
    stories: list[str] = field(default_factory=list)
    peak_mb: float = 0.0
    peak_number: int = 0
    """The mutant at which an engine took ``peak_mb``."""
    growth_mb: float = 0.0

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        return (
            f"{self.ends.total()} mutants: {ends}; an engine took up to {self.peak_mb:.0f} MiB more than at "
            f"first (mutant {self.peak_number}; bound {PEAK_MB:.0f}), and {self.growth_mb:.0f} MiB more in "
            f"the end (bound {GROWTH_MB:.0f})"
        )

    @property
    def passed(self) -> bool:
        """Whether nothing broke and memory stayed within its bounds."""
        return not self.stories and self.peak_mb <= PEAK_MB and self.growth_mb <= GROWTH_MB


class Engine:
    """A board's engine and its memory."""

    def __init__(self, board: str) -> None:
        self._firmware = firmware_of(board)
        self.machine = start(load_board(board), host_limit_s=HOST_LIMIT_S, instruction_limit=INSTRUCTIONS)
        self._first_mb = self._settled_mb()

    def peak_mb(self) -> float:
        """The most it has taken so far, above what it took at first."""
        return resident_mb(self.machine.pid, peak=True) - self._first_mb

    def growth_mb(self) -> float:
        """What it takes now with the board's own firmware, above what it took at first."""
        return self._settled_mb() - self._first_mb

    def _settled_mb(self) -> float:
        self.machine.load(self._firmware)
        self.machine.run(for_us=RUN_US)
        self.machine.where()  # reads the source lines
        return resident_mb(self.machine.pid)


def mutate(content: bytes, chance: random.Random) -> bytes:
    """One way or another to damage a file."""
    data = bytearray(content)
    size = len(data)
    match chance.randrange(5):
        case 0:
            for _ in range(chance.choice((1, 2, 8, 64))):
                data[chance.randrange(size)] ^= 1 << chance.randrange(8)
        case 1:
            for _ in range(chance.choice((1, 2, 4))):
                data[chance.randrange(min(size, HEADERS))] = chance.randrange(256)
        case 2:
            del data[chance.randrange(size) :]
        case 3:
            for _ in range(chance.choice((1, 4, 32, 256))):
                data[chance.randrange(min(HEADERS, size - 1), size)] = chance.randrange(256)
        case _:
            length = chance.randrange(1, 512)
            source, target = chance.randrange(size), chance.randrange(size)
            data[target : target + length] = data[source : source + length]
    return bytes(data)


def end_of(machine: RemoteMachine, path: Path) -> str:
    """Run a file and say how it ended."""
    try:
        machine.load(path)
        machine.uart_send(b"TEST=1\nSTART=2\n" + NOISE)
        machine.run(for_us=RUN_US)
        machine.notes()
        machine.where()
    except UsageError:
        return "refused"
    except FirmwareFault:
        return "faulted"
    except RunTimeout as error:
        return "hung" if "host" in str(error) else "stopped by the instruction limit"
    return "ran"


def run_mutants(count: int, seed: int = 1) -> Tally:
    """Run ``count`` mutants; the same seed gives the same ones."""
    tally = Tally()
    engines: dict[str, Engine] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.elf"
        try:
            for number in range(count):
                chance = random.Random(f"{seed}/{number}")
                elf = chance.choice(FIRMWARE)
                board = board_of(elf)
                if board not in engines:
                    engines[board] = Engine(board)
                engine = engines[board]
                path.write_bytes(mutate(elf.read_bytes(), chance))
                try:
                    end, story = end_of(engine.machine, path), "it ran beyond the host's time limit"
                except EngineCrash as error:
                    end, story = "crashed", str(error)
                tally.ends[end] += 1
                if end in ("crashed", "hung"):
                    tally.stories.append(f"mutant {number} of seed {seed} ({elf.name}): {story}")
                    engines.pop(board).machine.close()
                elif (peak_mb := engine.peak_mb()) > tally.peak_mb:
                    tally.peak_mb, tally.peak_number = peak_mb, number
            tally.growth_mb = max((engine.growth_mb() for engine in engines.values()), default=0.0)
            if left := set(os.listdir(folder)) - {path.name}:
                tally.stories.append(f"files were written: {', '.join(sorted(left))}")
        finally:
            for engine in engines.values():
                engine.machine.close()
    return tally


def main(count: str = "10000", seed: str = "1") -> int:
    """The command."""
    tally = run_mutants(int(count), int(seed))
    print("\n".join([*tally.stories, str(tally)]))
    return 0 if tally.passed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
