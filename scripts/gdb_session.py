"""Renews the session of GDB in docs/gdb.md: `python scripts/gdb_session.py` (needs gdb-multiarch).

The session is the one that the page shows: the lines that begin with `(gdb)` are given to GDB again.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from scopeless.files import write_atomically

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "gdb.md"
FIRMWARE = "firmware/prebuilt/stm32f103-72mhz-recorded.elf"
SECTION = re.compile(r"(?<=<!-- session: scripts/gdb_session.py -->\n).*?(?=<!-- end -->)", re.DOTALL)
SERVER = (
    sys.executable,
    "-m",
    "scopeless",
    "run",
    "stm32f103",
    FIRMWARE,
    "--gdb",
    "0",
    "--until",
    "^Finished$",
)
SETTINGS = ("set pagination off", "set confirm off", "set width 0")
SHOWN_PORT = "3333"
TIMEOUT_S = 60


def commands(section: str) -> list[str]:
    """What is typed in a session."""
    return re.findall(r"^    \(gdb\) (.*)$", section, re.MULTILINE)


def session(typed: list[str]) -> str:
    """Run a session; what it shows, as a block of Markdown."""
    with subprocess.Popen(
        SERVER, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stderr is not None
        port = server.stderr.readline().rpartition(":")[2].strip()
        arguments = [f"-ex={line}" for line in SETTINGS]
        for line in typed:
            arguments += [f"-ex=echo (gdb) {line}\\n", f"-ex={line.replace(SHOWN_PORT, port)}"]
        try:
            gdb = subprocess.run(
                ["gdb-multiarch", "-nx", "-q", "-batch", *arguments, FIRMWARE],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=TIMEOUT_S,
                check=True,
                cwd=ROOT,
            )
            server.communicate(timeout=TIMEOUT_S)
        finally:
            server.kill()
    lines = gdb.stdout.replace(f":{port}", f":{SHOWN_PORT}").splitlines()
    return "\n" + "".join(f"    {line}".rstrip() + "\n" for line in lines) + "\n"


def main() -> None:
    """Write what the page's session shows today into the page."""
    text = PAGE.read_text(encoding="utf-8")
    section = SECTION.search(text)
    assert section is not None
    write_atomically(PAGE, SECTION.sub(lambda _: session(commands(section[0])), text))


if __name__ == "__main__":
    main()
