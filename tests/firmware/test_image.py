"""Firmware as ELF, Intel HEX and raw bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scopeless.board import load_board
from scopeless.engines import start
from scopeless.errors import UsageError
from scopeless.firmware.image import MAX_BYTES, MAX_HEX_BYTES, Image
from support.images import segments_as

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
F103, UNO = load_board("stm32f103"), load_board("arduino_uno")
ELF, UNO_ELF = PREBUILT / "stm32f103-72mhz-recorded.elf", PREBUILT / "arduino_uno-16mhz-stock.elf"
HELLO = ":0200000048694D\n"  # two bytes "Hi" at address 0
END = ":00000001FF\n"


def outcome(board, path: Path, address: int | None = None):
    """All that a run of the firmware shows."""
    with start(board) as machine:
        machine.load(path, address)
        machine.run(for_us=3e6, until_line="^Ready$")
        machine.uart_send(b"TEST=1\n")
        return machine.run(for_us=10e6, until_line="^Finished$")


@pytest.mark.parametrize(
    ("board", "elf"), [(F103, ELF), (UNO, UNO_ELF)], ids=lambda each: getattr(each, "name", "")
)
def test_hex_and_bin_run_as_the_elf_does(board, elf, tmp_path):
    expected = outcome(board, elf)
    assert expected.stop == "line"
    assert outcome(board, segments_as(elf, tmp_path, "hex")) == expected
    raw = segments_as(elf, tmp_path, "bin")
    assert outcome(board, raw, 0x0800_0000 if board is F103 else 0) == expected


def test_an_elf_has_symbols_and_the_others_have_none(tmp_path):
    image = Image.open(ELF, F103)
    assert image.elf is not None
    assert str(image.locate(image.elf.symbols["sigmoid"])).startswith("sigmoid (")
    assert Image.open(segments_as(ELF, tmp_path, "hex"), F103).locate(0x0800_0000) is None


def test_hex_records_that_touch_are_one_segment(tmp_path):
    path = tmp_path / "two.hex"
    path.write_text(HELLO + ":0100020021DC\n:0101000021DD\n" + END)
    assert Image.open(path, UNO).segments == ((0, b"Hi!"), (0x100, b"!"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.hex", ":0200000048694E\n" + END, "damaged HEX file"),  # checksum
        ("a.hex", ":02000000486\n" + END, "damaged HEX file"),
        ("a.hex", HELLO + HELLO + END, "damaged HEX file"),  # twice the same place
        ("a.hex", HELLO + "what?\n" + END, "damaged HEX file"),
        ("a.hex", ":\N{SNOWMAN}\n" + END, "damaged HEX file"),
        ("a.hex", HELLO, "truncated"),
        ("a.hex", "", "truncated"),
        ("a.hex", END, "holds nothing to load"),
        ("a.hex", ":" * (MAX_HEX_BYTES + 1), "more than 8 MiB"),
        ("a.bin", "Hello", "at which address its bytes go (for stm32f103: 0x8000000)"),
    ],
)
def test_bad_files_are_told_in_a_sentence(name, content, words, tmp_path):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        Image.open(path, F103)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_addresses(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"1234")
    assert Image.open(path, F103, 0x0800_0000).segments == ((0x0800_0000, b"1234"),)
    for address in (-1, (1 << 32) - 3):
        with pytest.raises(UsageError, match="addresses have 32 bits"):
            Image.open(path, F103, address)
    with pytest.raises(UsageError, match="leave the address out"):
        Image.open(ELF, F103, 0x0800_0000)
    path.write_bytes(b"")
    with pytest.raises(UsageError, match="empty"):
        Image.open(path, F103, 0)


def test_what_is_no_firmware(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        Image.open(tmp_path / "missing.elf", F103)
    with pytest.raises(UsageError, match="is a directory"):
        Image.open(tmp_path, F103)
    with pytest.raises(UsageError, match="the board needs avr"):
        Image.open(ELF, UNO)
    huge = tmp_path / "huge.bin"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UsageError, match="more than 256 MiB"):
        Image.open(huge, F103, 0)
