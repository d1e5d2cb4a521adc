"""Keywords that damage a copy of the firmware, so that there is a fault to be found."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from scopeless.board import load_board
from scopeless.files import write_atomically
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf

INSTRUCTIONS = {
    # UDF #0 and B . (ARMv7-M ARM, A7.7.194 and A7.7.12), here in little endian
    ("arm", "undefined"): bytes.fromhex("00de"),
    ("arm", "endless loop"): bytes.fromhex("fee7"),
    # an opcode the AVR Instruction Set Manual leaves open, and RJMP .-2
    ("avr", "undefined"): bytes.fromhex("0100"),
    ("avr", "endless loop"): bytes.fromhex("ffcf"),
}


def damage_firmware(
    board: str, function: str, instruction: Literal["undefined", "endless loop"], folder: Path
) -> Path:
    """The benchmark's firmware for ``board``, the first instruction of ``function`` replaced, as a new file
    in ``folder``."""
    this = load_board(board)
    source = firmware_for(this, this.clocks_mhz[0], this.libm[0])
    elf = Elf.open(source)
    address = elf.symbols[function]
    patch = INSTRUCTIONS[elf.machine, instruction]
    content = bytearray(source.read_bytes())
    start, data = next((a, d) for a, d in elf.segments if a <= address < a + len(d))
    at = content.index(data) + address - start
    content[at : at + len(patch)] = patch
    path = folder / f"{board}-{function}-{instruction.replace(' ', '-')}.elf"
    write_atomically(path, bytes(content))
    return path
