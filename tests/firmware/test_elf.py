"""Reading ELF files: the good ones in full, all others with one sentence."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scopeless.errors import UsageError
from scopeless.firmware.elf import Elf
from support.arm import assemble

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
STM32 = PREBUILT / "stm32f103-72mhz-recorded.elf"
UNO = PREBUILT / "arduino_uno-16mhz-stock.elf"


def test_an_arm_firmware():
    elf = Elf.open(STM32)
    assert elf.machine == "arm"
    assert elf.segments[0][0] == 0x0800_0000
    assert int.from_bytes(elf.segments[0][1][:4], "little") == 0x2000_5000
    assert elf.compiler.startswith("GCC: ")
    assert len(elf.sha256) == 64
    assert elf.symbols["__aeabi_dadd"] % 2 == 0


def test_data_is_loaded_where_it_is_stored():
    """Initial values of variables lie in flash: segments carry load addresses, not run addresses."""
    assert all(0x0800_0000 <= address < 0x0801_0000 for address, _ in Elf.open(STM32).segments)


def test_an_avr_firmware():
    elf = Elf.open(UNO, machine="avr")
    assert elf.machine == "avr"
    assert elf.segments[0][0] == 0


def test_locate_names_function_file_and_line():
    path = assemble("nop\n nop\n bx lr\n")
    elf = Elf.open(path)
    start = elf.symbols["main"]
    first, second = elf.locate(start), elf.locate(start + 3)
    assert (first.function, first.file) == ("main", path.with_suffix(".s").name)
    assert second.line == first.line + 1
    assert str(first) == f"main ({first.file}:{first.line})"


def test_locate_an_unknown_address():
    location = Elf.open(STM32).locate(0x1000_0000)
    assert (location.file, location.line) == (None, None)
    assert str(location) == "an unknown function"


def test_a_missing_file(tmp_path):
    with pytest.raises(UsageError, match=r"x\.elf cannot be read: no such file or directory; build it"):
        Elf.open(tmp_path / "x.elf")


def test_a_folder(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: is a directory"):
        Elf.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x7fEL", b"hello, world", b"\0" * 1000])
def test_not_an_elf(tmp_path, content):
    path = tmp_path / "x.elf"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not an ELF file"):
        Elf.open(path)


def test_another_architecture():
    with pytest.raises(UsageError, match="is for x86-64; the boards here run 32-bit ARM or AVR code"):
        Elf.open(Path(sys.executable).resolve())


def test_the_other_kind_of_board():
    with pytest.raises(UsageError, match="is for avr, but the board needs arm"):
        Elf.open(UNO, machine="arm")


def test_an_object_file_is_not_a_program(tmp_path):
    source, path = tmp_path / "x.s", tmp_path / "x.o"
    source.write_text("nop\n")
    subprocess.run(["arm-none-eabi-as", "-o", path, source], check=True)
    with pytest.raises(UsageError, match="is not a linked program"):
        Elf.open(path)


@pytest.mark.parametrize("part", [0.001, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_truncated_files(tmp_path, part):
    content = STM32.read_bytes()
    path = tmp_path / "x.elf"
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(UsageError, match="truncated"):
        Elf.open(path)


def compressed(tmp_path):
    path = tmp_path / "x.elf"
    subprocess.run(["arm-none-eabi-objcopy", "--compress-debug-sections=zlib-gabi", STM32, path], check=True)
    return path


def test_lines_can_be_compressed(tmp_path):
    address = Elf.open(STM32).symbols["sigmoid"]
    location = Elf.open(compressed(tmp_path)).locate(address)
    assert location.line and location == Elf.open(STM32).locate(address)


def test_compressed_sections_that_claim_to_be_huge_are_not_unpacked(tmp_path):
    path = compressed(tmp_path)
    content = bytearray(path.read_bytes())
    section = next(s for s in ELFFile(io.BytesIO(content)).iter_sections() if s.compressed)
    content[section["sh_offset"] + 4 : section["sh_offset"] + 8] = b"\xff\xff\xff\x7f"  # ch_size
    path.write_bytes(content)
    with pytest.raises(UsageError, match="MiB of compressed sections; link it without"):
        Elf.open(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.dictionaries(st.integers(4, 0xFFFF_FFFF), st.integers(0, 255), min_size=1, max_size=12))
def test_damaged_files_open_or_are_refused_with_a_sentence(tmp_path, damage):
    content = bytearray(STM32.read_bytes())
    interesting = [*range(4, 0x100), *range(len(content) - 0x600, len(content))]
    for position, value in damage.items():
        content[interesting[position % len(interesting)]] = value
    path = tmp_path / "x.elf"
    path.write_bytes(content)
    try:
        elf = Elf.open(path)
        elf.locate(0x0800_0200)
    except UsageError as error:
        assert str(error).endswith((".", ";"))
