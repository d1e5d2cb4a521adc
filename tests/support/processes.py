"""Looking at processes from outside, as proc(5) shows them."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

PATIENCE_S = 20.0


def wait_until_it_handles_signals(pid: int) -> None:
    """Wait until the program runs, not the starting interpreter: it catches SIGTERM."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
        if caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.001)
    raise AssertionError("the program did not start")


def processes_with(mark: str) -> list[int]:
    """The processes that have ``mark`` in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:  # ended meanwhile, or not ours
            continue
    return found


def wait_until_gone(mark: str) -> None:
    """Wait until no process has ``mark`` in its environment."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not processes_with(mark):
            return
        time.sleep(0.02)
    raise AssertionError("a child process outlived the run")
