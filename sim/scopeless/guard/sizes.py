"""How many bytes of flash and of RAM a firmware takes, and whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from scopeless.firmware.elf import Elf, Location
from scopeless.guard.baseline import Places
from scopeless.guard.places import add, in_order

AVR_EEPROM = 0x81_0000
"""From here on, an AVR ELF's addresses are those of EEPROM, fuses and lock bits (binutils' AVR port)."""


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
                    add(places, symbol.name, location, symbol["st_size"])
    return {"flash": in_order(flash), "ram": in_order(ram)}


def _memories(elf: Any, section: Any) -> tuple[bool, bool]:
    """Whether a section takes flash, and whether it takes RAM."""
    if not section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
        return False, False
    if elf["e_machine"] == "EM_AVR" and section["sh_addr"] >= AVR_EEPROM:
        return False, False
    has_content = section["sh_type"] != "SHT_NOBITS"
    return has_content, not has_content or bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE)
