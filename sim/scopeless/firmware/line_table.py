"""Source lines of an ELF: DWARF 4 and 5, section 6.2."""

from __future__ import annotations

import io
import os
from pathlib import PurePosixPath
from typing import Any

from elftools.common.utils import struct_parse
from elftools.dwarf.enums import ENUM_DW_FORM
from elftools.elf.elffile import ELFFile

Row = tuple[int, int, str | None, int | None]
"""(address, order, path, line); a path of ``None`` ends a sequence of code."""

FORM_NAMES = {code: name for name, code in ENUM_DW_FORM.items()}
BEFORE_LENGTH = 2  # bytes of the header of a line program: sizes of addresses and segment selectors
BEFORE_OPCODES = 5  # what instructions, statements and special opcodes are like


def line_table(content: bytes) -> list[Row]:
    """The rows of an ELF's bytes, sorted; none for one without. Raises any error for a damaged one."""
    file = ELFFile(io.BytesIO(content))
    if not file.has_dwarf_info():
        return []
    dwarf: Any = file.get_dwarf_info()
    rows: list[Row] = []
    at_zero: list[list[Row]] = []
    read: set[int] = set()
    left = dwarf.debug_line_sec.size if dwarf.debug_line_sec else 0
    for unit in dwarf.iter_CUs():
        begin = unit.get_top_DIE().attributes.get("DW_AT_stmt_list")
        if begin is None or begin.value in read:
            continue
        read.add(begin.value)
        _check_tables(dwarf.debug_line_sec.stream, unit.structs, begin.value)
        program: Any = dwarf.line_program_for_CU(unit)
        left -= program.program_end_offset - begin.value
        if left < 0:
            raise ValueError("line programs that overlap, or reach beyond their section")
        files = program["file_entry"]
        first = 0 if program["version"] >= 5 else 1
        paths: dict[int, str] = {}
        sequence: dict[int, tuple[str, int]] = {}  # the last row of an address is the one that holds
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            if not state.end_sequence:
                if state.file not in paths:
                    paths[state.file] = _source_path(unit, program, files[state.file - first])
                sequence[state.address] = paths[state.file], state.line
                continue
            new: list[Row] = [(at, 1, *line) for at, line in sequence.items() if at < state.address]
            new.append((state.address, 0, None, None))
            if 0 in sequence:
                at_zero.append(new)
            else:
                rows += new
            sequence = {}
    # The linker leaves the lines of functions that it dropped, at address 0. A single sequence there is code.
    if len(at_zero) == 1:
        rows += at_zero[0]
    return sorted(rows, key=lambda row: row[:2])


def _source_path(unit: Any, program: Any, entry: Any) -> str:
    """A file of a line program with its folder: DWARF 4 and 5, section 6.2.4."""
    home = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
    parts = [home.value] if home is not None else []
    folders = program["include_directory"]
    number = entry.dir_index if program["version"] >= 5 else entry.dir_index - 1
    if 0 <= number < len(folders):
        parts.append(folders[number])
    path = PurePosixPath(*(part.decode(errors="replace") for part in [*parts, entry.name]))
    return os.path.normpath(path)


def _check_tables(stream: Any, structs: Any, program: int) -> None:
    """Raises :class:`ValueError` where the tables of directories and files of the line program at ``program``
    hold entries of no bytes: the ELF library makes as many as a damaged count says. DWARF 5 section 6.2.4;
    older tables have no counts."""

    def read(form: Any) -> int:
        return int(struct_parse(form, stream))

    stream.seek(program + structs.initial_length_field_size())
    if read(structs.the_Dwarf_uint16) < 5:
        return
    stream.seek(BEFORE_LENGTH + structs.dwarf_format // 8 + BEFORE_OPCODES, os.SEEK_CUR)
    stream.seek(max(read(structs.the_Dwarf_uint8) - 1, 0), os.SEEK_CUR)
    for _ in ("directories", "files"):
        fields = [
            (read(structs.the_Dwarf_uleb128), read(structs.the_Dwarf_uleb128))
            for _ in range(read(structs.the_Dwarf_uint8))
        ]
        for _ in range(read(structs.the_Dwarf_uleb128)):
            begin = stream.tell()
            for _, form in fields:
                struct_parse(structs.Dwarf_dw_form[FORM_NAMES[form]], stream)
            if stream.tell() == begin:
                raise ValueError("a table of files with entries of no bytes")
