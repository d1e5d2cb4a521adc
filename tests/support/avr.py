"""Small AVR programs in assembly, built with the real assembler."""

from __future__ import annotations

import subprocess
from pathlib import Path

PRELUDE = """
#include <avr/io.h>
#define IO(register) _SFR_IO_ADDR(register)
    .global main
    .type main, @function
"""


def assemble_avr(folder: Path, code: str, *options: str, mcu: str = "atmega328p") -> Path:
    """Make an ELF in ``folder`` of assembly code that is placed at address 0."""
    source, elf = folder / "program.S", folder / f"{mcu}.elf"
    source.write_text(PRELUDE + code + "\n    .text\n    .size main, . - main\n")
    command = ["avr-gcc", f"-mmcu={mcu}", "-nostdlib", "-nostartfiles", "-gdwarf-2", *options]
    subprocess.run([*command, "-o", elf, source], check=True)
    return elf
