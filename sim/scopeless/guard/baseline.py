"""The baseline: what one firmware cost when it was last accepted, as versioned JSON (docs/ci.md)."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scopeless.benchmark.record import decode
from scopeless.errors import UsageError
from scopeless.files import write_atomically

SCHEMA = 1

Places = dict[str, dict[str, int]]
"""Function or object -> source line (``network.c:22``) -> cycles or bytes."""

NO_SOURCE = "no source"
"""Stands for the line where the firmware has no line information."""


@dataclass(frozen=True)
class Origin:
    """What else decides the figures: the firmware file, who built it and how, and what counted.

    ``flags`` are the compilers' own notes in the debug information (DWARF 4 section 3.1.1,
    DW_AT_producer); ``board_sha256`` is of the board file's values, not of its comments.
    """

    elf_sha256: str
    compiler: str
    flags: tuple[str, ...]
    scopeless: str
    engine: str
    timing_model: str
    board_sha256: str


@dataclass(frozen=True)
class ModelCost:
    """Cycles of both windows of a model, instructions of its prediction (None where the engine does not
    count them), and the self cycles of one prediction by place."""

    toggle: int
    predict: int
    instructions: int | None
    functions: Places


@dataclass(frozen=True)
class WindowCost:
    """Cycles and instructions (None where the engine does not count them) of one window, and self cycles by
    place. Of a function's ``calls``, ``min`` and ``max`` are the extremes and the others are medians; its
    places are those of all calls together. ``calls``, ``min`` and ``max`` are None for other windows."""

    cycles: int
    functions: Places
    instructions: int | None = None
    calls: int | None = None
    min: int | None = None
    max: int | None = None


@dataclass(frozen=True)
class Baseline:
    """What one firmware costs: the benchmark's ``models``, or ``windows`` of any other. ``flash`` and ``ram``
    are bytes, ``symbols`` says whose they are."""

    schema: int
    name: str
    board: str
    clock_mhz: int
    libm: str
    sketch: str
    origin: Origin
    flash: int
    ram: int
    models: dict[str, ModelCost]
    symbols: dict[str, Places]
    windows: dict[str, WindowCost] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, ModelCost | WindowCost]:
        """What is guarded beside flash and RAM, by name."""
        return {**self.models, **self.windows}


def baseline_path(folder: Path, name: str) -> Path:
    """Where the baseline of the firmware called ``name`` is kept."""
    return folder / f"{name}.json"


def read_baseline(folder: Path, name: str) -> Baseline:
    """Read and validate a baseline. Raises :class:`UsageError` that names the file and what is wrong."""
    path = baseline_path(folder, name)
    again = "write it anew with `scopeless check --update`"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no baseline {path}; accept what is measured now with `scopeless check --update`."
        ) from error
    except OSError as error:
        raise UsageError(f"The baseline {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The baseline {path} is not JSON ({error}); {again}.") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else None
        raise UsageError(f"The baseline {path} has schema {found!r}, this Scopeless reads {SCHEMA}; {again}.")
    try:
        baseline: Baseline = decode(Baseline, data, "")
    except UsageError as error:
        raise UsageError(f"The baseline {path} is not valid: {str(error)[:-1]}; {again}.") from error
    if baseline.name != name:
        raise UsageError(f"The baseline {path} is that of {baseline.name!r}; {again}.")
    return baseline


def to_json(baseline: Baseline) -> str:
    """The baseline's bytes on disk, one figure per line, so that a review sees what changed."""
    data = dataclasses.asdict(baseline)
    windows = data.pop("windows")
    if windows:
        data["windows"] = {name: _known(window) for name, window in windows.items()}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _known(cost: dict[str, Any]) -> dict[str, Any]:
    """Without what this kind of window does not have."""
    return {key: value for key, value in cost.items() if value is not None}


def write_baseline(folder: Path, baseline: Baseline) -> bool:
    """Write ``baseline`` into ``folder``, atomically; False when it already stands there. Raises
    :class:`UsageError` when it cannot be written."""
    path, text = baseline_path(folder, baseline.name), to_json(baseline)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() == text.encode():
            return False
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be used: {error.strerror}; choose another in scopeless.toml."
        ) from error
    write_atomically(path, text)
    return True
