"""Source lines of an ELF: damaged tables must cost no more than they have bytes."""

import io

import pytest
from elftools.common.exceptions import ELFParseError
from elftools.elf.elffile import ELFFile

from scopeless.firmware.line_table import line_table
from support.arm import assemble

MANY = b"\xff\xff\xff\xff\x7f"  # 2**35 - 1 as ULEB128
NONE_OF_NOTHING = b"\0\0"
FLAG_PRESENT = b"\x01\x01\x19"  # one field: a path, in the form that takes no bytes


def with_line_header(*, opcodes: bytes, tables: bytes) -> bytes:
    """A program whose line program has a DWARF 5 header with these tables."""
    content = bytearray(assemble(".rept 40\n nop\n .endr\n").read_bytes())
    at = ELFFile(io.BytesIO(content)).get_section_by_name(".debug_line")["sh_offset"]
    header = b"\x05\0" + b"\x04\0" + bytes(4) + bytes(5) + opcodes + tables
    content[at + 4 : at + 4 + len(header)] = header
    return bytes(content)


def test_a_program_has_the_lines_of_its_source():
    rows = line_table(assemble("nop\n nop\n bx lr\n").read_bytes())
    lines = [line for _, _, path, line in rows if path]
    assert len(set(lines)) >= 3


@pytest.mark.parametrize("opcodes", [b"\x00", b"\x01", b"\x03\x01\x01"])
@pytest.mark.parametrize("fields", [b"\0", FLAG_PRESENT], ids=["no fields", "fields of no bytes"])
@pytest.mark.parametrize("before", [b"", NONE_OF_NOTHING], ids=["directories", "files"])
def test_a_table_without_bytes_is_damaged_however_long_it_claims_to_be(before, fields, opcodes):
    with pytest.raises(ValueError, match="entries of no bytes"):
        line_table(with_line_header(opcodes=opcodes, tables=before + fields + MANY))


def test_a_table_with_bytes_ends_with_the_section():
    with pytest.raises(ELFParseError):
        line_table(with_line_header(opcodes=b"\x01", tables=b"\x01\x01\x0b" + MANY))


def test_a_line_program_that_is_longer_than_its_section_is_damaged():
    content = bytearray(assemble("nop\n").read_bytes())
    section = ELFFile(io.BytesIO(content)).get_section_by_name(".debug_line")
    at, size = section["sh_offset"], section["sh_size"]
    content[at : at + 4] = (size + 1).to_bytes(4, "little")
    with pytest.raises(ValueError, match="overlap, or reach beyond"):
        line_table(bytes(content))
