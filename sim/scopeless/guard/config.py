"""scopeless.toml: which firmware is guarded, and by which limits (docs/ci.md)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scopeless.benchmark.matrix import all_runs
from scopeless.benchmark.session import MODELS
from scopeless.board import Board, board_names, build_name, load_board
from scopeless.errors import UsageError
from scopeless.guard.limits import QUANTITIES, Limits, parse_limits, suggestion
from scopeless.guard.windows import DRIVE_KEYS, Drive, Window, parse_drive, parse_windows

FILE = Path("scopeless.toml")
BENCHMARK = "benchmark"
"""The window of firmware that speaks the benchmark's protocol: its toggle and prediction."""

_KEYS: dict[str, type] = {
    "name": str,
    "board": str,
    "clock": int,
    "libm": str,
    "elf": str,
    "sketch": str,
    "models": list,
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Firmware:
    """One guarded firmware: the project's own build for a board, clock and libm, or the file ``elf``.

    ``name`` is also its baseline's file name without suffix. An empty ``libm``, possible for an ELF, is
    whatever the firmware says. Firmware that is not the benchmark has ``windows`` and a ``drive`` in place of
    ``models``; its ``clock_mhz`` may be 0, for whatever it sets.
    """

    name: str
    board: str
    clock_mhz: int
    libm: str
    models: tuple[str, ...] = MODELS
    sketch: str = ""
    elf: Path | None = None
    windows: tuple[Window, ...] = ()
    drive: Drive | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of what is measured in it."""
        return (*self.models, *(window.name for window in self.windows))


@dataclass(frozen=True)
class Config:
    """What ``scopeless check`` works on. ``baselines`` is a folder."""

    firmware: tuple[Firmware, ...]
    baselines: Path
    limits: Limits


def read_config(path: Path) -> Config:
    """Read a scopeless.toml; its paths are relative to its own folder. Raises :class:`UsageError` that names
    the file, the entry and the key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no {path}; write one (docs/ci.md), or guard every board with `scopeless check --all`."
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error
    try:
        return _config(data, path.parent)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def every_board(config: Config | None) -> Config:
    """Every board at every clock, with the limits and the folder of ``config`` where there is one."""
    firmware = (Firmware(r.stem, r.board, r.clock_mhz, r.libm, r.models, r.sketch) for r in all_runs())
    if config is None:
        return Config(tuple(firmware), Path("baselines"), Limits())
    return Config(tuple(firmware), config.baselines, config.limits)


def select(firmware: Sequence[Firmware], names: Sequence[str]) -> list[Firmware]:
    """Those of ``firmware`` that are called so, or run on a board called so; all for no names."""
    known = {name for one in firmware for name in (one.name, one.board)}
    for name in names:
        if name not in known:
            raise UsageError(f"No guarded firmware or its board is called {name!r}{suggestion(name, known)}.")
    return [one for one in firmware if not names or {one.name, one.board} & set(names)]


def _config(data: dict[str, Any], folder: Path) -> Config:
    _known(data, ("firmware", "baselines", "limits"), "the file")
    entries = data.get("firmware", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError("firmware must be a list of tables, each beginning with [[firmware]].")
    if not entries:
        raise UsageError("it names no firmware; add a [[firmware]] with a board.")
    baselines = data.get("baselines", "baselines")
    if not isinstance(baselines, str) or not baselines:
        raise UsageError("baselines must be the name of a folder, in quotes.")
    firmware: dict[str, Firmware] = {}
    for number, entry in enumerate(entries, 1):
        try:
            one = _firmware(entry, folder)
            if one.name in firmware:
                raise UsageError(f"the name {one.name!r} was given before; give it another with name = ...")
        except UsageError as error:
            raise UsageError(f"[[firmware]] number {number}: {error}") from error
        firmware[one.name] = one
    windows = {window.name for one in firmware.values() for window in one.windows}
    return Config(tuple(firmware.values()), folder / baselines, parse_limits(data.get("limits", {}), windows))


def _firmware(entry: dict[str, Any], folder: Path) -> Firmware:
    _known(entry, (*_KEYS, "window", *DRIVE_KEYS), "a firmware")
    for key, value in entry.items():
        if key in _KEYS and (not isinstance(value, _KEYS[key]) or isinstance(value, bool)):
            words = {str: "a string", int: "a whole number of MHz", list: "a list"}
            raise UsageError(f"{key} must be {words[_KEYS[key]]}, not {value!r}.")
    if "board" not in entry:
        raise UsageError("board is missing; `scopeless boards` lists them.")
    board = load_board(entry["board"])
    elf, sketch = entry.get("elf"), entry.get("sketch", "")
    if entry.get("window", BENCHMARK) != BENCHMARK:
        return _windowed(entry, board, folder)
    if foreign := [key for key in DRIVE_KEYS if key in entry]:
        raise UsageError(
            f"{foreign[0]} drives firmware that is not the benchmark; give it a window = {{...}} too."
        )
    if elf is not None and sketch:
        raise UsageError("sketch says how to build the project's own firmware; leave it out beside elf.")
    board.check_sketch(sketch)
    libm = entry.get("libm", "") if elf is not None else board.check_libm(entry.get("libm"))
    own = [model for model, name in board.sketches.items() if name == sketch]
    models = tuple(entry.get("models", own or MODELS))
    if not models or any(model not in MODELS or models.count(model) > 1 for model in models):
        raise UsageError(f"models must be some of {', '.join(MODELS)}, each once, not {entry['models']!r}.")
    clock = board.check_clock(entry.get("clock"))
    stem = build_name(board.name, clock, libm, sketch)
    name = _name(entry.get("name", stem if elf is None else Path(elf).stem))
    return Firmware(name, board.name, clock, libm, models, sketch, None if elf is None else folder / elf)


def _windowed(entry: dict[str, Any], board: Board, folder: Path) -> Firmware:
    """Firmware that is not the benchmark."""
    if foreign := [key for key in ("models", "libm", "sketch") if key in entry]:
        raise UsageError(f"{foreign[0]} belongs to the benchmark; leave it out beside another window.")
    if "elf" not in entry:
        raise UsageError("elf is missing: the project's own firmware has no window but 'benchmark'.")
    if entry.get("clock", 1) <= 0:
        raise UsageError(f"clock must be a whole number of MHz above zero, not {entry['clock']}.")
    windows, drive = parse_windows(entry["window"]), parse_drive(entry)
    for window in windows:
        if window.name in (*MODELS, *board_names(), *QUANTITIES):
            raise UsageError(
                f"window: {window.name!r} has a meaning in [limits]; give another with name = ..."
            )
    return Firmware(
        _name(entry.get("name", Path(entry["elf"]).stem)),
        board.name,
        entry.get("clock", 0),
        "",
        (),
        elf=folder / entry["elf"],
        windows=windows,
        drive=drive,
    )


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"the name {name!r} must be usable as a file name; give one of letters, digits, '.', '_' and '-'."
        )
    return name


def _known(data: dict[str, Any], keys: tuple[str, ...], what: str) -> None:
    for key in data:
        if key not in keys:
            raise UsageError(
                f"{what} has no key {key!r}{suggestion(key, keys)}; there are {', '.join(keys)}."
            )
