"""Programs that are not ours on the command's ports and files: a terminal program, a logic analyser's."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from vcdvcd import VCDVCD

from commands import ROOT
from scopeless.cli import main
from support.arm import assemble
from support.pins import BLINK

F103 = ROOT / "firmware/prebuilt/stm32f103-72mhz-recorded.elf"
LIMIT_S = 30


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def read_until(terminal: int, wanted: bytes) -> bytes:
    shown, end = b"", time.monotonic() + LIMIT_S
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], end - time.monotonic())
        assert ready, shown
        shown += os.read(terminal, 4096)
    return shown


@needs("picocom")
def test_picocom_talks_to_the_firmware() -> None:
    board = subprocess.Popen(
        [sys.executable, "-m", "scopeless", "run", "stm32f103", F103, "--pty", "--until", "Finished"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    port = re.search(r"/dev/pts/\d+", board.stderr.readline())[0]
    terminal, screen = pty.fork()
    if terminal == 0:
        os.execvp("picocom", ["picocom", "--omap", "crlf", port])
    try:
        read_until(screen, b"Terminal ready")
        os.write(screen, b"TEST=1\r")  # what the Enter key sends
        assert b"[1 1 1] = 0.99211997" in read_until(screen, b"Finished")
        assert board.wait(LIMIT_S) == 0
    finally:
        board.kill()
        board.communicate()
        os.kill(terminal, signal.SIGKILL)
        os.waitpid(terminal, 0)
        os.close(screen)


def edges(path: Path, signal: str) -> list[tuple[int, str]]:
    """(time, level), after the first level."""
    return VCDVCD(str(path))[signal].tv[1:]


def as_sigrok_reads(path: Path, option: str = "") -> list[tuple[int, str]]:
    """PulseView reads files with the same library."""
    out = path.with_suffix(".out")
    subprocess.run(
        ["sigrok-cli", "-I", f"vcd{option}", "-i", path, "-O", "vcd", "-o", out], check=True, timeout=LIMIT_S
    )
    return edges(out, "libsigrok.PB12")


@needs("sigrok-cli")
def test_sigrok_reads_the_edges_that_the_firmware_made(tmp_path: Path) -> None:
    path = tmp_path / "pins.vcd"
    assert main(["run", "stm32f103", str(assemble(BLINK)), "--for", "2ms", "--vcd", str(path)]) == 0
    made = edges(path, "stm32f103.PB12")
    assert len(made) > 20
    assert as_sigrok_reads(path) == made


@needs("sigrok-cli")
def test_sigrok_reads_a_long_run_with_idle_periods_compressed(tmp_path: Path) -> None:
    path = tmp_path / "pins.vcd"
    assert main(["sim", "stm32f103", "--vcd", str(path)]) == 0
    made, read = edges(path, "stm32f103.PB12"), as_sigrok_reads(path, ":compress=1000000")
    assert [level for _, level in read] == [level for _, level in made]
    for (start, _), (end, _), (start_read, _), (end_read, _) in zip(
        made, made[1:], read, read[1:], strict=False
    ):
        assert end_read - start_read == end - start or end - start >= 1_000_000
