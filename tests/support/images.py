"""The benchmark's firmware in other forms: damaged, as HEX, as raw bytes."""

from __future__ import annotations

from pathlib import Path

from intelhex import IntelHex

from scopeless.board import load_board
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf


def segments_as(elf: Path, folder: Path, kind: str) -> Path:
    """What ``objcopy`` makes of an ELF: the loaded bytes as HEX or BIN."""
    records = IntelHex()
    image = Elf.open(elf)
    for address, data in image.segments:
        if image.machine == "arm" or address < 0x80_0000:  # an AVR's RAM and EEPROM come behind its flash
            records.puts(address, data)
    path = folder / f"firmware.{kind}"
    records.tofile(str(path), format=kind)
    return path


def spoilt(folder: Path, kind: str) -> Path:
    """Firmware that an Arduino Uno cannot run: not there, damaged, another chip's, or silent."""
    content = firmware_for(load_board("arduino_uno"), 16, "stock").read_bytes()
    vectors = content.index(b"\x0c\x94")  # the JMP of the first
    path = folder / f"{kind}.elf"
    if kind == "arm":
        return firmware_for(load_board("stm32f103"), 72, "stock")
    if kind == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "text":
        path.write_text("int main(void) { return 0; }\n")
    elif kind == "silent":
        path.write_bytes(content[:vectors] + b"\xff\xcf" + content[vectors + 2 :])
    elif kind == "faulting":
        path.write_bytes(content[:vectors] + b"\xff\xff" + content[vectors + 2 :])
    return path
