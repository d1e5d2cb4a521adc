"""Ended at any moment: ``make reliability RUN="endings [COUNT [SEED]]"``.

COUNT times, a run that writes a result record is ended by a signal at a random moment of its life: SIGINT,
SIGTERM or SIGKILL to the command, SIGKILL or SIGSEGV to its engine. The record must be whole or not there,
nothing else may be left in the folder, no process may live on, and an engine's end must be one clear
sentence.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from reliability import firmware_of
from support.processes import processes_with, wait_until_gone, wait_until_it_handles_signals

BOARDS = ("stm32f103", "stm32f746", "arduino_uno")
LIFE_S = 0.8  # a little more than a run takes once it is started
PATIENCE_S = 20.0


def complaint(folder: Path, mark: str, chance: random.Random) -> tuple[str, str | None]:
    """End one run; how, and what is wrong with what is left of it."""
    target = folder / "record.json"
    target.unlink(missing_ok=True)
    board = chance.choice(BOARDS)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "scopeless",
            "sim",
            board,
            "--elf",
            str(firmware_of(board)),
            "--json",
            str(target),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SCOPELESS_TEST_MARK": mark},
    )
    wait_until_it_handles_signals(process.pid)
    time.sleep(chance.uniform(0, LIFE_S))
    at_engine = chance.random() < 0.4
    number = chance.choice(
        (signal.SIGKILL, signal.SIGSEGV) if at_engine else (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    )
    engines = [pid for pid in processes_with(mark) if pid != process.pid]
    how = f"{number.name} to the {'engine' if at_engine else 'command'}"
    for pid in engines if at_engine else [process.pid]:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            how = "ended by itself"
    try:
        stderr = process.communicate(timeout=PATIENCE_S)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        return how, "the command did not end"
    try:
        wait_until_gone(mark)
    except AssertionError:
        return how, "a process lives on"
    if left := set(os.listdir(folder)) - {target.name}:
        return how, f"files are left: {', '.join(sorted(left))}"
    if target.exists():
        try:
            json.loads(target.read_text())
        except ValueError:
            return how, "half a record was written"
    if "Traceback" in stderr and process.returncode >= 0:
        return how, f"a traceback: {stderr}"
    if process.returncode == 1 and not (stderr.startswith("scopeless: The ") and stderr.count("\n") == 1):
        return how, f"no clear sentence: {stderr}"
    return how, None


def end_runs(count: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """How ``count`` runs were ended, and what was wrong."""
    ends: Counter[str] = Counter()
    wrong = []
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            how, problem = complaint(Path(folder), f"ending-{os.getpid()}-{number}-", chance)
            ends[how] += 1
            if problem:
                wrong.append(f"run {number} of seed {seed}, {how}: {problem}")
    return ends, wrong


def main(count: str = "300", seed: str = "1") -> int:
    """The command."""
    ends, wrong = end_runs(int(count), int(seed))
    how = ", ".join(f"{number} {end}" for end, number in sorted(ends.items()))
    print("\n".join([*wrong, f"{ends.total()} runs ended ({how}): {len(wrong)} left something wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
