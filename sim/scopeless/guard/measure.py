"""What one firmware costs now: its windows, its instructions, its size, and where its cycles go."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

from elftools.elf.elffile import ELFFile

from scopeless import __version__
from scopeless.benchmark.record import Record, timing_model
from scopeless.benchmark.session import profile_window
from scopeless.benchmark.simulate import simulate
from scopeless.board import BOARDS_DIR, Board, load_board
from scopeless.engines import start
from scopeless.errors import CheckFailed, UsageError
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from scopeless.guard.baseline import SCHEMA, Baseline, ModelCost, Origin, WindowCost
from scopeless.guard.config import Firmware
from scopeless.guard.cost import measure_windows
from scopeless.guard.places import cycles_by_line
from scopeless.guard.sizes import sizes, symbol_sizes


def measure(firmware: Firmware) -> Baseline:
    """Run one firmware and measure its models or its windows.

    Raises what :func:`simulate` or :func:`measure_windows` raises, :class:`CheckFailed` for a wrong
    prediction, and :class:`UsageError` when an ELF's clock or libm is another than scopeless.toml says.
    """
    board = load_board(firmware.board)
    path = firmware.elf or firmware_for(board, firmware.clock_mhz, firmware.libm, firmware.sketch)
    if firmware.drive is not None:
        elf = Elf.open(path)
        driven = measure_windows(board, elf, firmware.windows, firmware.drive)
        clock_mhz = round(driven.clock_hz / 1e6)
        if firmware.clock_mhz:
            _check_clock(firmware, clock_mhz)
        firmware = replace(firmware, clock_mhz=clock_mhz)
        return _baseline(firmware, board, elf, driven.engine, windows=driven.windows)
    record = simulate(
        board,
        firmware.clock_mhz,
        firmware.libm,
        models=firmware.models,
        elf=path,
        sketch=firmware.sketch,
    )
    _check(firmware, record)
    elf = Elf.open(path)
    return _baseline(
        firmware, board, elf, record.engine, libm=record.libm, models=_models(board, elf, record)
    )


def _models(board: Board, elf: Elf, record: Record) -> dict[str, ModelCost]:
    models = {}
    with start(board) as machine:
        machine.load(elf.path)
        for number, (name, model) in enumerate(record.models.items()):
            if number:
                machine.reset()
            profile = profile_window(machine, name)
            functions = cycles_by_line(profile.rows, elf, profile.pin_write_cycles)
            models[name] = ModelCost(model.toggle_cycles, model.predict_cycles, model.instructions, functions)
    return models


def _baseline(
    firmware: Firmware,
    board: Board,
    elf: Elf,
    engine: str,
    *,
    libm: str = "",
    models: dict[str, ModelCost] | None = None,
    windows: dict[str, WindowCost] | None = None,
) -> Baseline:
    flash, ram = sizes(elf.path)
    board_data = tomllib.loads((BOARDS_DIR / f"{board.name}.toml").read_text(encoding="utf-8"))
    origin = Origin(
        elf_sha256=elf.sha256,
        compiler=elf.compiler,
        flags=producers(elf.path),
        scopeless=__version__,
        engine=engine,
        timing_model=timing_model(board, engine),
        board_sha256=hashlib.sha256(json.dumps(board_data, sort_keys=True).encode()).hexdigest(),
    )
    return Baseline(
        schema=SCHEMA,
        name=firmware.name,
        board=board.name,
        clock_mhz=firmware.clock_mhz,
        libm=libm,
        sketch=firmware.sketch,
        origin=origin,
        flash=flash,
        ram=ram,
        models=models or {},
        symbols=symbol_sizes(elf.path, elf),
        windows=windows or {},
    )


def _check(firmware: Firmware, record: Record) -> None:
    _check_clock(firmware, record.clock_mhz)
    if firmware.libm not in ("", record.libm):
        raise UsageError(
            f"the firmware says that its libm is {record.libm}, not {firmware.libm}; "
            "correct libm in scopeless.toml."
        )
    if wrong := record.wrong:
        raise CheckFailed(f"{' and '.join(wrong)} did not predict what the trained network does.")


def _check_clock(firmware: Firmware, clock_mhz: int) -> None:
    if clock_mhz != firmware.clock_mhz:
        raise UsageError(
            f"the firmware sets its clock to {clock_mhz} MHz, not {firmware.clock_mhz} MHz; "
            "correct clock in scopeless.toml."
        )


def producers(path: Path) -> tuple[str, ...]:
    """What the compilers noted of themselves and their flags, each once; empty without debug information.
    The seed for random names is left out: it is the firmware's name."""
    notes: set[str] = set()
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            if elf.has_dwarf_info():
                for unit in elf.get_dwarf_info().iter_CUs():
                    note = unit.get_top_DIE().attributes.get("DW_AT_producer")
                    if note is not None:
                        notes.add(re.sub(r" -frandom-seed=\S*", "", note.value.decode(errors="replace")))
    except Exception:  # a damaged table only takes a hint away, as in Elf.locate
        return ()
    return tuple(sorted(notes))
