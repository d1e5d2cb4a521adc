"""Running the real command in a process of its own."""

import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def scopeless(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``scopeless`` with its output piped."""
    return subprocess.run(
        [sys.executable, "-m", "scopeless", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
        check=False,
    )


def on_terminal(*arguments: object, **environment: str) -> str:
    """What ``scopeless`` shows on a terminal of 120 columns, standard output and error together."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "scopeless", *map(str, arguments)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # Linux reports the end of a terminal as an error
            break
        if not part:
            break
        shown += part
    os.close(master)
    process.wait(timeout=120)
    return shown.decode()
