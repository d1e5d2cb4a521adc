"""Runs a program and ends it with its owner: ``python -m scopeless.renode.keeper PIPE FOLDER PROGRAM ...``.

The owner holds the other end of PIPE. When that is closed, however the owner ended, the program and all that
it started are ended, and FOLDER is removed. A program that ends earlier leaves its status in FOLDER/status.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from scopeless.files import write_atomically

STATUS = "status"
"""File in the folder with the status of a program that has ended; negative: the signal that killed it."""

END_S = 3.0
"""Time the program gets to end by itself after SIGTERM."""


def main(pipe: int, folder: Path, command: list[str]) -> None:
    """Keep ``command`` until it ends or ``pipe`` is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the owner's end is what counts
        signal.signal(number, signal.SIG_IGN)
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_default_signals
    )
    threading.Thread(target=_end_with_owner, args=(pipe, program), daemon=True).start()
    status = program.wait()
    _signal(program, signal.SIGKILL)  # whatever it started and left
    write_atomically(folder / STATUS, str(status))
    os.read(pipe, 1)
    shutil.rmtree(folder, ignore_errors=True)


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _end_with_owner(pipe: int, program: subprocess.Popen[bytes]) -> None:
    os.read(pipe, 1)
    _signal(program, signal.SIGTERM)
    try:
        program.wait(END_S)
    except subprocess.TimeoutExpired:
        _signal(program, signal.SIGKILL)


def _signal(program: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, number)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
