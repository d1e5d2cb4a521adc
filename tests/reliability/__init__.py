"""What nothing may break, at full length.

Each module is a command that ends with one line of result, and with exit code 1 when something broke;
docs/reliability.md has the last results. test_reliability.py runs short forms.
"""

from __future__ import annotations

from pathlib import Path

FIRMWARE = sorted((Path(__file__).parents[2] / "firmware" / "prebuilt").glob("*.elf"))
"""Every board's firmware at every clock."""


def board_of(elf: Path) -> str:
    """The board that a file in firmware/prebuilt is for."""
    return elf.name.partition("-")[0]


def firmware_of(board: str) -> Path:
    """One of the board's firmware files, with both networks."""
    return min((elf for elf in FIRMWARE if board_of(elf) == board), key=lambda elf: len(elf.name))


def resident_mb(pid: int, *, peak: bool = False) -> float:
    """Memory of a process that is in RAM, or the most that ever was, in MiB (proc(5))."""
    name = "VmHWM:" if peak else "VmRSS:"
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
