"""Short assembly sequences on the real Unicorn and the real timing core, timed as on a bench.

:func:`gap` puts a sequence between two reads of the cycle counter, :func:`loop` repeats one and gives the
cycles of a turn once buffers and caches have settled; :class:`Rig` is what both stand on. Numbers are core
cycles.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import mmap
import re
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from unicorn import UC_PROT_ALL
from unicorn import arm_const as arm

from scopeless.cortexm.cpu import CORES_WITH_FPU, Cpu
from scopeless.firmware.elf import Elf
from scopeless.native import Bus, NativeStop, Setting, TimingCore

FLASH, RAM, CODE_RAM = 0x0800_0000, 0x2000_0000, 0x1000_0000
APB1, APB2, AHB, PPB = 0x4000_0000, 0x4001_0000, 0x4001_8000, 0xE000_0000
SIZE = 0x1_0000  # bytes of each memory
CYCCNT = 0xE000_1004
GPIO = 0x4001_0C00  # behind the second APB bridge, as GPIOB on an STM32F1
BUSES = {
    FLASH: Bus.FLASH,
    RAM: Bus.SYSTEM,
    CODE_RAM: Bus.CODE,
    APB1: Bus.APB1,
    APB2: Bus.APB2,
    AHB: Bus.AHB,
    PPB: Bus.PPB,
}
SIZES = {APB1: 0x1_0000, APB2: 0x8000, AHB: 0x1_8000, PPB: 0x10_0000}
# What registers hold before a sequence: data, peripheral and code addresses, odd numbers that divide well.
REGISTERS: Mapping[int, int] = {
    0: 1_000_000, 1: 7, 2: 3, 3: RAM + 0x100, 4: GPIO, 5: FLASH + 0x8000, 6: RAM + 0x200, 7: CYCCNT,
    8: RAM + 0x300, 9: 0x1234_5678, 10: 4, 12: 0x8765_4321, 13: RAM + 0x8000,
}  # fmt: skip
Lines = str | Iterable[str]


@functools.cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="scopeless-micro-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@functools.cache
def assemble(source: str, address: int) -> tuple[bytes, dict[str, int]]:
    """Machine code of Thumb-2 assembly to run at ``address``, and its symbols."""
    if shutil.which("arm-none-eabi-as") is None:
        pytest.skip("arm-none-eabi-as is not installed")
    stem = _folder() / "code"
    head = ".syntax unified\n.thumb\n.cpu cortex-m7\n.fpu fpv5-d16\n.global _start\n_start:\n"
    stem.with_suffix(".s").write_text(head + source + "\n")
    for command in (
        f"arm-none-eabi-as -mthumb -o {stem}.o {stem}.s",
        f"arm-none-eabi-ld -Ttext={address:#x} -e {address:#x} -o {stem}.elf {stem}.o",
    ):
        done = subprocess.run(command.split(), capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stderr}\n{source}"
    elf = Elf.open(stem.with_suffix(".elf"))
    return next(data for at, data in elf.segments if at == address), elf.symbols


def _close(cpu: Cpu, timing: TimingCore) -> None:
    cpu.close()
    timing.close()


class Rig:
    """A core with zero-wait memories, unless ``settings`` say otherwise, and silent peripherals.

    ``core``: as in a board's TOML. ``buses``: other buses behind the memories, by base address.
    """

    def __init__(
        self,
        core: str = "cortex-m3",
        settings: Mapping[Setting, int] | None = None,
        buses: Mapping[int, Bus] | None = None,
    ) -> None:
        self.cpu = Cpu(core)
        self.timing = timing = TimingCore(self.cpu.uc, core)
        weakref.finalize(self, _close, self.cpu, timing)
        self._memories: dict[int, tuple[mmap.mmap, object]] = {}

        def read(address: int, width: int) -> int:  # knows no rig: one that is dropped closes
            return timing.cycles & 0xFFFF_FFFF if address == CYCCNT else 0

        for base, bus in {**BUSES, **(buses or {})}.items():
            size = SIZES.get(base, SIZE)
            host = None
            if base in SIZES:
                self.cpu.map_registers(base, size, read, lambda address, width, value: None)
            else:
                memory = mmap.mmap(-1, size)
                anchor = ctypes.c_char.from_buffer(memory)
                self._memories[base] = memory, anchor
                host = ctypes.addressof(anchor)
                self.cpu.uc.mem_map_ptr(base, size, UC_PROT_ALL, host)
            self.timing.map(base, size, host, bus)
        for setting, value in (settings or {}).items():
            self.timing.set(setting, value)
        self.cpu.reset(REGISTERS[13])
        if core in CORES_WITH_FPU:
            self.cpu.uc.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
        self.set(REGISTERS)

    def set(self, registers: Mapping[int, int]) -> None:
        """Write core registers, by number."""
        for number, value in registers.items():
            self.cpu.uc.reg_write(arm.UC_ARM_REG_SP if number == 13 else arm.UC_ARM_REG_R0 + number, value)

    def load(self, lines: Lines, address: int = FLASH) -> dict[str, int]:
        """Assemble to ``address``; returns the symbols."""
        code, symbols = assemble(lines if isinstance(lines, str) else "\n".join(lines), address)
        base = max(base for base in self._memories if base <= address)
        self._memories[base][0][address - base : address - base + len(code)] = code
        return symbols

    def run(
        self, pc: int | None = None, *, cycles: int = 1 << 62, instructions: int = 1_000_000
    ) -> NativeStop:
        """Run from ``pc``, else from where it stopped, until WFI or a limit (absolute totals)."""
        return self.timing.run(self.timing.pc if pc is None else pc, cycles, instructions)

    @property
    def cycles(self) -> int:
        """Cycles so far."""
        return self.timing.cycles

    @property
    def counters(self) -> dict[str, int]:
        """All running totals by name."""
        return dict(zip(self.timing.counter_names, self.timing.counters, strict=True))

    def registers(self) -> list[int]:
        """r0 to r15."""
        return [self.cpu.register(number) for number in range(16)]


def _statements(lines: Lines) -> list[str]:
    text = lines if isinstance(lines, str) else "\n".join(lines)
    return [line for line in re.split(r"[\n;]", text) if line.strip()]


def _padding(offset: int) -> str:
    return ".p2align 4\n" + "nop\n" * (offset // 2)


def gap(
    lines: Lines,
    core: str = "cortex-m3",
    *,
    offset: int = 0,
    code: int = FLASH,
    registers: Mapping[int, int] | None = None,
    settings: Mapping[Setting, int] | None = None,
    buses: Mapping[int, Bus] | None = None,
    setup: Lines = "",
    tail: Lines = "",
) -> int:
    """What firmware reads off the cycle counter: the difference between a load of it before the sequence and
    one behind it. An empty sequence gives 1 on a Cortex-M3 or M4.

    ``offset`` moves the sequence's first instruction away from a 16-byte boundary, in bytes. r7 holds the
    counter's address and r11 and lr take what is read; ``setup`` runs long before the first read, ``tail`` is
    assembled behind all of it (literals, subroutines).
    """
    rig = Rig(core, settings, buses)
    before, body, behind = ("\n".join(_statements(part)) for part in (setup, lines, tail))
    symbols = rig.load(
        f"{before}\n"
        + "nop\n" * 16  # fills the fetch queue
        + f"{_padding((offset - 4) % 16)}ldr.w r11, [r7]\nbody:\n{body}\n"
        + f"ldr.w lr, [r7]\nnop\nnop\nwfi\n{behind}",
        code,
    )
    assert symbols["body"] % 16 == offset % 16
    rig.set(registers or {})
    stopped = rig.run(code)
    assert stopped is NativeStop.SLEEP, f"{stopped} at {rig.timing.pc:#x}"
    values = rig.registers()
    return values[14] - values[11]


def loop(
    lines: Lines,
    core: str = "cortex-m3",
    *,
    offset: int = 0,
    code: int = FLASH,
    registers: Mapping[int, int] | None = None,
    settings: Mapping[Setting, int] | None = None,
    buses: Mapping[int, Bus] | None = None,
    turns: int = 100,
    instructions: int | None = None,
) -> float:
    """Cycles of one turn of a loop, the mean of ``turns`` after 50. Its own branch back to the label is
    part of ``lines``; r0 starts at a million for it to count down. ``instructions`` executed in a turn, where
    that is not every line once."""
    rig = Rig(core, settings, buses)
    statements = _statements(lines)
    per_turn = instructions or sum(not re.match(r"\s*(\w+:\s*$|\.)", line) for line in statements)
    rig.load(_padding(offset) + "\n".join(statements), code)
    rig.set(registers or {})
    rig.run(code + offset, instructions=50 * per_turn)
    before = rig.cycles
    rig.run(instructions=(50 + turns) * per_turn)
    return (rig.cycles - before) / turns
