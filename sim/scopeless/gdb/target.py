"""What GDB must know of a processor: its registers, in the order in which they are sent, and its memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from scopeless.board import Board
from scopeless.debug import Area

FLASH_BLOCK = 0x100
"""What GDB erases at a time; here any block can be erased on its own."""


@dataclass(frozen=True)
class Register:
    """``feature`` and ``type`` are those of GDB's target description."""

    name: str
    bits: int
    type: str = "int"
    feature: str = ""

    def encode(self, value: int) -> bytes:
        """In the target's byte order, in hexadecimal digits."""
        return value.to_bytes(self.bits // 8, "little").hex().encode()


@dataclass(frozen=True)
class Target:
    """One kind of processor; ``architecture`` is GDB's name for it."""

    architecture: str
    registers: tuple[Register, ...]

    def description(self) -> str:
        """``target.xml``: *Debugging with GDB*, G.2."""
        features = "".join(
            f'<feature name="{name}">{"".join(map(_register_xml, group))}</feature>'
            for name, group in groupby(self.registers, key=lambda register: register.feature)
            if name
        )
        return (
            '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">'
            f"<architecture>{self.architecture}</architecture>{features}</target>"
        )


def _register_xml(register: Register) -> str:
    return f'<reg name="{register.name}" bitsize="{register.bits}" type="{register.type}"/>'


# Features of ARM M-profile processors: *Debugging with GDB*, G.5.3.
PROFILE, SYSTEM, FLOAT = (f"org.gnu.gdb.arm.{name}" for name in ("m-profile", "m-system", "vfp"))
M_PROFILE = (
    *(Register(f"r{n}", 32, "uint32", PROFILE) for n in range(13)),
    Register("sp", 32, "data_ptr", PROFILE),
    Register("lr", 32, "int", PROFILE),
    Register("pc", 32, "code_ptr", PROFILE),
    Register("xpsr", 32, "int", PROFILE),
    *(Register(name, 32, "data_ptr", SYSTEM) for name in ("msp", "psp")),
    *(Register(name, 8, "int8", SYSTEM) for name in ("primask", "basepri", "faultmask", "control")),
)
WITH_FPU = (
    *M_PROFILE,
    *(Register(f"d{n}", 64, "ieee_double", FLOAT) for n in range(16)),
    Register("fpscr", 32, "int", FLOAT),
)
# GDB knows an AVR without a description: r0 to r31, SREG, SP, and the PC as a byte address (gdb/avr-tdep.c).
AVR = (
    *(Register(f"r{n}", 8) for n in range(32)),
    Register("sreg", 8),
    Register("sp", 16),
    Register("pc", 32),
)


def target_of(board: Board, registers: Sequence[str]) -> Target:
    """The target whose processor has ``registers``."""
    if board.core == "avr":
        return Target("avr", AVR)
    return Target("arm", WITH_FPU if "fpscr" in registers else M_PROFILE)


def memory_map(areas: Sequence[Area]) -> str:
    """The memory map: *Debugging with GDB*, E.15."""
    flash = f'<property name="blocksize">{FLASH_BLOCK:#x}</property>'
    memories = "".join(
        f'<memory type="{area.kind}" start="{area.start:#x}" length="{area.size:#x}">'
        f"{flash if area.kind == 'flash' else ''}</memory>"
        for area in areas
    )
    return (
        '<?xml version="1.0"?><!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" '
        f'"http://sourceware.org/gdb/gdb-memory-map.dtd"><memory-map>{memories}</memory-map>'
    )
