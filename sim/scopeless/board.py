"""Boards are data: one TOML file each in ``scopeless/boards``, checked when it is loaded."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from scopeless.errors import UsageError

BOARDS_DIR = Path(str(files("scopeless") / "boards"))
MEMORY_KINDS = ("flash", "ram", "rom")
CORES = ("cortex-m3", "cortex-m4", "cortex-m4f", "cortex-m7", "avr")


@dataclass(frozen=True)
class Memory:
    """A range of memory: ``flash`` and ``ram`` for the firmware, ``rom`` for what the chip was made with
    (identification, calibration), which is erased but for ``words``, by offset.

    ``aliases`` are further base addresses of the same bytes; ``bus`` names its timing on the core's buses
    (see docs/timing.md), ``alias_bus`` that of the aliases where it is another."""

    name: str
    kind: str
    base: int
    size: int
    bus: str
    aliases: tuple[int, ...] = ()
    alias_bus: str = ""
    bitband: int | None = None
    words: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PeripheralSpec:
    """One peripheral: ``model`` names a registered class, ``options`` are that class's own settings."""

    name: str
    model: str
    base: int
    size: int = 0x400
    irq: int | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """A board as its TOML file describes it. Frequencies are in MHz where the name says so, else in Hz."""

    name: str
    title: str
    mcu: str
    core: str
    engine: str
    clocks_mhz: tuple[int, ...]
    libm: tuple[str, ...]
    baud: int
    uart: str
    pin: str
    memory: tuple[Memory, ...] = ()
    peripherals: tuple[PeripheralSpec, ...] = ()
    unmodelled: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Base and size of the chip's other peripherals, to report uses of them by name."""
    timing: dict[str, Any] = field(default_factory=dict)
    scope_clock_mhz: dict[int, int] = field(default_factory=dict)
    """Clock this board runs at -> clock label of the recorded rows, where the two differ."""
    sketches: dict[str, str] = field(default_factory=dict)
    """Model -> the firmware build that its recorded rows were made with, where that is not the regular
    one."""
    pin_path: str = "recorded"
    """``other`` where the recorded firmware reached its pin in another way: its toggle is then not
    comparable, and predictions are compared without their pin write."""
    fitted: tuple[str, ...] = ()
    """Recorded windows (``toggle``, ``simple1``, ``simple2``) that a timing constant was fitted to."""
    notes: tuple[str, ...] = ()

    def scope_label_mhz(self, clock_mhz: int) -> int:
        """The clock label under which the recorded scope figures for ``clock_mhz`` were published."""
        return self.scope_clock_mhz.get(clock_mhz, clock_mhz)

    def check_clock(self, clock_mhz: int | None) -> int:
        """``clock_mhz``, or the board's default clock for ``None``; raises :class:`UsageError` for one it
        lacks."""
        if clock_mhz is None:
            return self.clocks_mhz[0]
        if clock_mhz not in self.clocks_mhz:
            choices = ", ".join(map(str, self.clocks_mhz))
            raise UsageError(
                f"{self.name} does not run at {clock_mhz} MHz; choose one of its clocks: {choices}."
            )
        return clock_mhz

    def check_libm(self, libm: str | None) -> str:
        """``libm``, or the board's default for ``None``; raises :class:`UsageError` for one it lacks."""
        if libm is None:
            return self.libm[0]
        if libm not in self.libm:
            raise UsageError(f"{self.name} has no libm {libm!r}; choose one of: {', '.join(self.libm)}.")
        return libm

    def check_sketch(self, sketch: str) -> str:
        """``sketch``, empty for the regular build; raises :class:`UsageError` for one it lacks."""
        if sketch not in ("", *self.sketches.values()):
            raise UsageError(f"{self.name} has no sketch {sketch!r}; leave it out.")
        return sketch


def build_name(board: str, clock_mhz: int, libm: str, sketch: str = "") -> str:
    """What a build's ELF file, result record and baseline are called, without suffix. ``firmware/Makefile``
    names its ELF files alike."""
    return "-".join(filter(None, (board, f"{clock_mhz}mhz", libm, sketch)))


def board_names() -> list[str]:
    """Names of all boards, in alphabetical order."""
    return sorted(path.stem for path in BOARDS_DIR.glob("*.toml"))


@cache
def load_board(name: str) -> Board:
    """The board called ``name``. Raises :class:`UsageError` for an unknown name or a malformed file."""
    names = board_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known boards: {', '.join(names)}."
        raise UsageError(f"There is no board called {name!r}; {hint}")
    return parse_board(BOARDS_DIR / f"{name}.toml")


def parse_board(path: Path) -> Board:
    """Read one board file. Raises :class:`UsageError` that names the file and the offending key."""
    try:
        data = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Board file {path} cannot be read: {error}.") from error
    try:
        board = Board(
            **{
                **data,
                "name": path.stem,
                "clocks_mhz": tuple(data.get("clocks_mhz", ())),
                "libm": tuple(data.get("libm", ())),
                "notes": tuple(data.get("notes", ())),
                "fitted": tuple(data.get("fitted", ())),
                "memory": tuple(_memory(m) for m in data.get("memory", [])),
                "peripherals": tuple(_peripheral(p) for p in data.get("peripherals", [])),
                "unmodelled": {name: _block(*at) for name, at in data.get("unmodelled", {}).items()},
                "scope_clock_mhz": {int(k): v for k, v in data.get("scope_clock_mhz", {}).items()},
            }
        )
    except (TypeError, ValueError, KeyError) as error:
        raise UsageError(f"Board file {path} has a wrong or missing key: {error}.") from error
    _check(board, path)
    return board


def _memory(data: dict[str, Any]) -> Memory:
    words = {int(offset, 0): value for offset, value in data.get("words", {}).items()}
    return Memory(**{**data, "aliases": tuple(data.get("aliases", ())), "words": words})


def _peripheral(data: dict[str, Any]) -> PeripheralSpec:
    own = {key: data[key] for key in ("name", "model", "base", "size", "irq") if key in data}
    return PeripheralSpec(**own, options={k: v for k, v in data.items() if k not in own})


def _block(base: int, size: int) -> tuple[int, int]:
    return base, size


def _check(board: Board, path: Path) -> None:
    problems = []
    if board.core not in CORES:
        problems.append(f"core {board.core!r} is none of {', '.join(CORES)}")
    if not board.clocks_mhz or not board.libm:
        problems.append("clocks_mhz and libm need at least one entry each")
    for memory in board.memory:
        if memory.kind not in MEMORY_KINDS:
            problems.append(
                f"memory {memory.name}: kind {memory.kind!r} is none of {', '.join(MEMORY_KINDS)}"
            )
    spans = [(base, base + m.size, m.name) for m in board.memory for base in (m.base, *m.aliases)]
    spans += [(p.base, p.base + p.size, p.name) for p in board.peripherals]
    spans += [(base, base + size, name) for name, (base, size) in board.unmodelled.items()]
    spans.sort()
    for (_, end, first), (start, _, second) in pairwise(spans):
        if start < end:
            problems.append(f"{first} and {second} overlap at {start:#010x}")
    if problems:
        raise UsageError(f"Board file {path}: {'; '.join(problems)}.")
