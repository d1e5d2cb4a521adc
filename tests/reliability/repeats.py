"""The same again: ``make reliability RUN="repeats [COUNT [BOARD ...]]"``.

Runs a board's whole benchmark COUNT times, two at a time so that they could disturb each other, each in a
process of its own, and counts the distinct result records.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from reliability import firmware_of
from scopeless.benchmark.record import Record, to_json
from scopeless.benchmark.simulate import simulate
from scopeless.board import load_board

AT_A_TIME = 2


def record_hash(name: str) -> str:
    """SHA-256 of the result record of one run of a board's first prebuilt firmware."""
    board = load_board(name)
    elf = firmware_of(name)
    mhz = int(elf.name.split("-")[1].removesuffix("mhz"))
    record: Record = simulate(board, mhz, board.libm[0], elf=elf)
    return hashlib.sha256(to_json(record).encode()).hexdigest()


def distinct_records(names: Sequence[str], count: int) -> dict[str, Counter[str]]:
    """How often each result record came, by board; the boards' runs are interleaved."""
    jobs = [name for _ in range(count) for name in names]
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    with ProcessPoolExecutor(AT_A_TIME) as pool:
        for name, digest in zip(jobs, pool.map(record_hash, jobs), strict=True):
            found[name][digest] += 1
    return found


def main(count: str = "1000", *names: str) -> int:
    """The command."""
    found = distinct_records(names or ("stm32f103",), int(count))
    for name, digests in found.items():
        print(f"{name}: {digests.total()} runs, {len(digests)} distinct result record(s)")
    return 0 if all(len(digests) == 1 for digests in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
