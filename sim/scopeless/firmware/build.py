"""The benchmark firmware of a board: built from firmware/ where its compiler is installed, else prebuilt.

Building is left to make (firmware/Makefile),
which is started here only when it says that there is something to do.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scopeless.board import Board, build_name
from scopeless.errors import UsageError
from scopeless.tools import ARDUINO_CORE

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"
"""The folder of the sources; part of a checkout, not of an installed package."""

MAKE_VARIABLES = (
    "BOARD",
    "CLOCK",
    "LIBM",
    "LTO",
    "SKETCH",
    "FASTMATH",
    "PRECISION",
    "OLEVEL",
    "WAIT_STATES",
    "PREFETCH",
    "CACHES",
    "BUILD",
    "V",
    "MAKEFLAGS",
    "MFLAGS",
    "MAKEOVERRIDES",
)
"""What a make that runs us may have put into the environment, and what must not reach our make."""


def firmware_for(board: Board, clock_mhz: int, libm: str, sketch: str = "") -> Path:
    """The ELF file of the benchmark for ``board`` at ``clock_mhz`` MHz with ``libm``, up to date; with
    ``sketch``, the build that is structured like one of the recorded sketches.

    Raises :class:`UsageError` for a clock, libm or sketch that the board lacks, when there are no sources,
    when the build fails, and when there is neither a compiler nor a prebuilt file.
    """
    stem = build_name(
        board.name, board.check_clock(clock_mhz), board.check_libm(libm), board.check_sketch(sketch)
    )
    return build_firmware(board, stem, {"CLOCK": str(clock_mhz), "LIBM": libm, "SKETCH": sketch})


def build_firmware(board: Board, stem: str, variables: Mapping[str, str]) -> Path:
    """The ELF file called ``stem`` that firmware/Makefile makes for ``board`` with ``variables``, up to date.

    Raises :class:`UsageError` when there are no sources, when the build fails, and when there is neither a
    compiler nor a prebuilt file.
    """
    _check_sources(board)
    build = FIRMWARE.parent / "build" / "firmware"
    target = (f"BOARD={board.name}", *(f"{name}={value}" for name, value in variables.items()))
    elf = build / f"{stem}.elf"
    if _make("--question", *target)[::2] == (0, ""):
        return elf
    missing = missing_tool(board)
    if missing is None:
        with _locked(build / f".{stem}.lock"):
            code, _, messages = _make(f"-j{os.cpu_count() or 1}", *target)
        if code:
            raise UsageError(
                f"Building the firmware {stem} failed: {_last_error(messages)}; "
                f"see all of it with `make -C {FIRMWARE} {' '.join(target)} V=1`."
            )
        return elf
    prebuilt = FIRMWARE / "prebuilt" / elf.name
    if not prebuilt.exists():
        raise UsageError(
            f"{stem} is not prebuilt and cannot be built: {missing} is missing; see `scopeless doctor`."
        )
    return prebuilt


def build_choices(board: Board) -> dict[str, tuple[str, ...]]:
    """What a build for ``board`` may set: a variable of firmware/Makefile -> its values, the board's own
    first. Raises :class:`UsageError` where there are no sources or no make."""
    _check_sources(board)
    code, lines, messages = _make(f"BOARD={board.name}", "axes")
    if code:
        raise UsageError(f"The builds of {board.name} cannot be listed: {_last_error(messages)}.")
    return {name: tuple(values) for name, *values in map(str.split, lines.splitlines())}


def _check_sources(board: Board) -> None:
    if not FIRMWARE.is_dir():
        raise UsageError(f"There is no firmware folder at {FIRMWARE}; run from a checkout of the project.")
    if not (FIRMWARE / board.name / "board.mk").exists():
        raise UsageError(f"There is no firmware for {board.name}; it would be in {FIRMWARE / board.name}.")


def missing_tool(board: Board) -> str | None:
    """The first tool that building for ``board`` needs and that is not installed, or None."""
    avr = board.core == "avr"
    for program in ("make", "avr-gcc" if avr else "arm-none-eabi-gcc"):
        if shutil.which(program) is None:
            return program
    if avr:
        return None if ARDUINO_CORE.is_dir() else f"the Arduino core ({ARDUINO_CORE})"
    libm = subprocess.run(
        ["arm-none-eabi-gcc", "-print-file-name=libm.a"], capture_output=True, text=True, check=False
    )
    return None if os.path.isabs(libm.stdout.strip()) else "newlib for arm-none-eabi"


def _make(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and error output of make in the firmware folder; 1 where there is no make."""
    environment = {name: value for name, value in os.environ.items() if name not in MAKE_VARIABLES}
    try:
        result = subprocess.run(
            ["make", "--silent", "-C", str(FIRMWARE), *arguments],
            env=environment | {"LC_ALL": "C"},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        return 1, "", "make is missing"
    return result.returncode, result.stdout, result.stderr


def _last_error(messages: str) -> str:
    """The compiler's last two error lines in one, or else make's last line."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() and not line.startswith("make")]
    return " / ".join(errors[-2:] or lines[-1:] or ["make gave no reason"])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one process at a time builds the same firmware."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
