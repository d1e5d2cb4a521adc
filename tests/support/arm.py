"""Small Cortex-M programs in assembly, written inside the tests, built with the real assembler."""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from scopeless.board import Board, load_board
from scopeless.engines.unicorn import UnicornMachine
from scopeless.firmware.elf import Elf
from scopeless.machine import RunResult

COMPILER = "arm-none-eabi-gcc"

# IRQ 0 and IRQ 1 enabled; IRQ 0 at priority 0x20, IRQ 1 at 0x10 (more urgent).
TWO_INTERRUPTS = """
  push {r4, lr}
  poke ISER, 3
  pokeb IPR, 0x20
  pokeb IPR+1, 0x10
"""
PEND_BOTH = "poke ISPR, 3\n"

LINKER_SCRIPT = """
MEMORY { flash (rx) : ORIGIN = FLASH, LENGTH = 64K  ram (rwx) : ORIGIN = RAM, LENGTH = 20K }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) } > flash
  .bss (NOLOAD) : { *(.bss*) } > ram
  stack_top = ORIGIN(ram) + LENGTH(ram);
}
"""

HANDLERS = (
    *("reset", "nmi", "hard_fault", "mem_manage", "bus_fault", "usage_fault", "0", "0", "0", "0"),
    *("svcall", "debug_monitor", "0", "pendsv", "systick"),
)
IRQS = 43

PRELUDE = """
.syntax unified
.thumb
.equ ICSR, 0xE000ED04
.equ VTOR, 0xE000ED08
.equ AIRCR, 0xE000ED0C
.equ SCR, 0xE000ED10
.equ CCR, 0xE000ED14
.equ SHPR1, 0xE000ED18
.equ SHPR2, 0xE000ED1C
.equ SHPR3, 0xE000ED20
.equ SHCSR, 0xE000ED24
.equ CFSR, 0xE000ED28
.equ BFAR, 0xE000ED38
.equ DEMCR, 0xE000EDFC
.equ STIR, 0xE000EF00
.equ ISER, 0xE000E100
.equ ISPR, 0xE000E200
.equ ICPR, 0xE000E280
.equ IPR, 0xE000E400
.equ SYST_CSR, 0xE000E010
.equ SYST_RVR, 0xE000E014
.equ SYST_CVR, 0xE000E018
.equ DWT_CTRL, 0xE0001000
.equ DWT_CYCCNT, 0xE0001004
.equ RCC, 0x40021000
.equ FLASH_ACR, 0x40022000
.equ GPIOB, 0x40010C00
.equ USART1, 0x40013800

.macro log letter           // appends a letter to the log; clobbers r1-r3
  ldr r3, =log_end
  ldr r2, [r3]
  movs r1, #\\letter
  strb r1, [r2], #1
  str r2, [r3]
.endm
.macro poke address, value  // stores a word; clobbers r0, r1
  ldr r0, =\\address
  ldr r1, =\\value
  str r1, [r0]
.endm
.macro pokeb address, value
  ldr r0, =\\address
  ldr r1, =\\value
  strb r1, [r0]
.endm
.macro peek register, address
  ldr \\register, =\\address
  ldr \\register, [\\register]
.endm
.macro stamp                // appends r1 and the cycle counter at r4; clobbers r1
  str r1, [r4], #4
  ldr r1, =DWT_CYCCNT
  ldr r1, [r1]
  str r1, [r4], #4
.endm
.macro handler name         // starts an exception handler
  .ltorg
  .thumb_func
  .global \\name
  \\name:
.endm

.bss
.balign 8
.global log_start, log_end, values, finished
log_end: .space 4
finished: .space 4
log_start: .space 256
values: .space 256

.text
.thumb_func
.global reset
reset:
  ldr r0, =log_end
  ldr r1, =log_start
  str r1, [r0]
  bl main
  ldr r0, =finished
  movs r1, #1
  str r1, [r0]
.global done
.thumb_func
done: b done
.thumb_func
.global unexpected
unexpected: b unexpected
.ltorg
.thumb_func
.global main
main:
"""


def _vectors(source: str) -> str:
    """The vector table; exceptions without a ``handler`` in the source go to ``unexpected``."""
    defined = {"reset", "0", *re.findall(r"^\s*handler (\w+)", source, re.MULTILINE)}
    names = [*HANDLERS, *(f"irq{n}" for n in range(IRQS))]
    words = "".join(f"  .word {name if name in defined else 'unexpected'}\n" for name in names)
    return f'\n.ltorg\n.section .vectors, "a"\n.word stack_top\n{words}'


@functools.cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="scopeless-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@functools.cache
def assemble(source: str, flash: int = 0x0800_0000, ram: int = 0x2000_0000) -> Path:
    """The ELF of a program whose ``main`` begins with ``source``; further handlers follow in it."""
    script = LINKER_SCRIPT.replace("FLASH", hex(flash)).replace("RAM", hex(ram))
    return _build(PRELUDE + source + _vectors(source), ".s", script)


def _build(text: str, suffix: str, linker_script: str) -> Path:
    if shutil.which(COMPILER) is None:
        pytest.skip(f"{COMPILER} is not installed")
    stem = _folder() / hashlib.sha256((text + linker_script).encode()).hexdigest()[:16]
    source, script, elf = stem.with_suffix(suffix), stem.with_suffix(".ld"), stem.with_suffix(".elf")
    source.write_text(text)
    script.write_text(linker_script)
    subprocess.run(
        [COMPILER, "-mcpu=cortex-m3", "-mthumb", "-g", "-nostdlib", "-nostartfiles", "-Wl,--build-id=none",
         "-T", os.fspath(script), "-o", os.fspath(elf), os.fspath(source)],
        check=True,
    )  # fmt: skip
    return elf


class Program:
    """A program on ``board`` (default: stm32f103), at the start of its first flash and RAM."""

    def __init__(self, source: str, *, strict: bool = False, board: Board | None = None) -> None:
        board = board or load_board("stm32f103")
        self.machine = UnicornMachine(board, strict=strict)
        flash, ram = (next(m.base for m in board.memory if m.kind == kind) for kind in ("flash", "ram"))
        self.elf = assemble(source, flash, ram)
        self.machine.load(self.elf)
        self.symbols = Elf.open(self.elf).symbols

    def run(self, us: float = 1000) -> RunResult:
        """Run for some simulated time, at the reset clock of 8 MHz: 8 cycles each microsecond."""
        return self.machine.run(for_us=us)

    @property
    def is_done(self) -> bool:
        """Whether ``main`` has returned."""
        return self.machine.core.memory.read(self.symbols["finished"]) == 1

    @property
    def log(self) -> str:
        """The letters logged so far."""
        memory = self.machine.core.memory
        start, end = self.symbols["log_start"], memory.read(self.symbols["log_end"])
        return "".join(chr(memory.read(at, 1)) for at in range(start, end))

    def value(self, index: int = 0) -> int:
        """A word that the program stored in ``values``."""
        return self.machine.core.memory.read(self.symbols["values"] + 4 * index)

    def values(self, count: int) -> list[int]:
        """The first words of ``values``."""
        return [self.value(i) for i in range(count)]


def run(source: str, *, us: float = 1000, strict: bool = False) -> Program:
    """Assemble, load and run a program until its ``main`` has returned."""
    program = Program(source, strict=strict)
    program.run(us)
    assert program.is_done, f"still at {program.machine._place(program.machine.core.pc)}, log {program.log!r}"
    return program


def board_with(**changes: object) -> Board:
    """The stm32f103 board with some fields changed."""
    return replace(load_board("stm32f103"), **changes)  # type: ignore[arg-type]
