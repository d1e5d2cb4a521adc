"""What one firmware costs now: its windows, its instructions, its size, and where its cycles go."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from scopeless import __version__
from scopeless.board import BOARDS_DIR, load_board
from scopeless.elf import Elf, Location
from scopeless.engines import start
from scopeless.errors import CheckFailed, UsageError
from scopeless.firmware import firmware_for
from scopeless.guard.baseline import NO_SOURCE, SCHEMA, Baseline, ModelCost, Origin, Places
from scopeless.guard.config import Firmware
from scopeless.profile import PIN_WRITE
from scopeless.record import Record
from scopeless.session import WindowProfile, profile_window
from scopeless.simulate import simulate

AVR_EEPROM = 0x81_0000
"""From here on, an AVR ELF's addresses are those of EEPROM, fuses and lock bits (binutils' AVR port)."""


def measure(firmware: Firmware) -> Baseline:
    """Run one firmware and profile each model's prediction.

    Raises what :func:`simulate` raises, :class:`CheckFailed` for a wrong prediction, and
    :class:`UsageError` when an ELF's clock or libm is another than scopeless.toml says.
    """
    board = load_board(firmware.board)
    path = firmware.elf or firmware_for(board, firmware.clock_mhz, firmware.libm, firmware.sketch)
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
    models = {}
    with start(board) as machine:
        machine.load(path)
        for number, (name, model) in enumerate(record.models.items()):
            if number:
                machine.reset()
            functions = cycles_by_line(profile_window(machine, name), elf)
            models[name] = ModelCost(model.toggle_cycles, model.predict_cycles, model.instructions, functions)
    flash, ram = sizes(path)
    board_data = tomllib.loads((BOARDS_DIR / f"{board.name}.toml").read_text(encoding="utf-8"))
    origin = Origin(
        elf_sha256=elf.sha256,
        compiler=elf.compiler,
        flags=producers(path),
        scopeless=__version__,
        engine=record.engine,
        timing_model=record.timing_model,
        board_sha256=hashlib.sha256(json.dumps(board_data, sort_keys=True).encode()).hexdigest(),
    )
    return Baseline(
        schema=SCHEMA,
        name=firmware.name,
        board=board.name,
        clock_mhz=firmware.clock_mhz,
        libm=record.libm,
        sketch=firmware.sketch,
        origin=origin,
        flash=flash,
        ram=ram,
        models=models,
        symbols=symbol_sizes(path, elf),
    )


def _check(firmware: Firmware, record: Record) -> None:
    if record.clock_mhz != firmware.clock_mhz:
        raise UsageError(
            f"the firmware sets its clock to {record.clock_mhz} MHz, not {firmware.clock_mhz} MHz; "
            "correct clock in scopeless.toml."
        )
    if firmware.libm not in ("", record.libm):
        raise UsageError(
            f"the firmware says that its libm is {record.libm}, not {firmware.libm}; "
            "correct libm in scopeless.toml."
        )
    if wrong := record.wrong:
        raise CheckFailed(f"{' and '.join(wrong)} did not predict what the trained network does.")


def cycles_by_line(profile: WindowProfile, elf: Elf) -> Places:
    """The profile's self cycles by function and source line. They add up to the window's cycles: the last
    pin write's time on the bus is a row of its own."""
    cycles: Places = {}
    for row in profile.rows:
        location = elf.locate(row.address)
        _add(cycles, location.function or "(unknown function)", location, row.cycles)
    if profile.pin_write_cycles:
        cycles[PIN_WRITE] = {NO_SOURCE: profile.pin_write_cycles}
    return _sorted(cycles)


def _add(places: Places, name: str, location: Location, amount: int) -> None:
    line = f"{location.file}:{location.line}" if location.file else NO_SOURCE
    lines = places.setdefault(name, {})
    lines[line] = lines.get(line, 0) + amount


def _sorted(places: Places) -> Places:
    return {name: dict(sorted(lines.items(), key=_line_order)) for name, lines in sorted(places.items())}


def split_line(place: str) -> tuple[str, int]:
    """File and line number of ``network.c:22``; the line of :data:`NO_SOURCE` is 0."""
    file, _, line = place.rpartition(":")
    return (file, int(line)) if file and line.isdigit() else (place, 0)


def _line_order(item: tuple[str, int]) -> tuple[str, int]:
    return split_line(item[0])


def sizes(path: Path) -> tuple[int, int]:
    """Bytes that the ELF takes of flash and of RAM: the sum of its allocated sections. Initialised data
    counts for both; a reserved stack or heap is RAM."""
    flash = ram = 0
    with path.open("rb") as file:
        for section in (elf := ELFFile(file)).iter_sections():
            in_flash, in_ram = _memories(elf, section)
            flash += section["sh_size"] * in_flash
            ram += section["sh_size"] * in_ram
    return flash, ram


def symbol_sizes(path: Path, elf: Elf) -> dict[str, Places]:
    """The bytes of each function and object in ``flash`` and in ``ram``, at the line where a function
    begins."""
    flash: Places = {}
    ram: Places = {}
    with path.open("rb") as file:
        parsed = ELFFile(file)
        table = parsed.get_section_by_name(".symtab")
        for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
            kind, index = symbol["st_info"]["type"], symbol["st_shndx"]
            if kind not in ("STT_FUNC", "STT_OBJECT") or not isinstance(index, int):
                continue
            location = elf.locate(symbol["st_value"]) if kind == "STT_FUNC" else Location()
            in_flash, in_ram = _memories(parsed, parsed.get_section(index))
            for places, there in ((flash, in_flash), (ram, in_ram)):
                if there and symbol["st_size"]:
                    _add(places, symbol.name, location, symbol["st_size"])
    return {"flash": _sorted(flash), "ram": _sorted(ram)}


def _memories(elf: Any, section: Any) -> tuple[bool, bool]:
    """Whether a section takes flash, and whether it takes RAM."""
    if not section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
        return False, False
    if elf["e_machine"] == "EM_AVR" and section["sh_addr"] >= AVR_EEPROM:
        return False, False
    has_content = section["sh_type"] != "SHT_NOBITS"
    return has_content, not has_content or bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE)


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
