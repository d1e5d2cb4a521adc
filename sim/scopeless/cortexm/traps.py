"""Traps that Unicorn's core does not have: division by zero and unaligned accesses (CCR: DDI 0403 B3.2.8),
and floating-point instructions where there is no FPU for them (CPACR: B3.2.20).

What cannot trap costs nothing. A hook sees the instruction before it acts; its
registers are saved, the run ends behind it, and the fault is taken on the saved registers.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from unicorn import UC_HOOK_CODE, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, UC_MEM_WRITE
from unicorn.unicorn_py3.unicorn import UcContext

from scopeless.cortexm import faults
from scopeless.cortexm.cpu import NPRIV, Cpu
from scopeless.cortexm.faults import Fault
from scopeless.cortexm.fpu import Fpu
from scopeless.cortexm.memory import BusError, MemoryMap
from scopeless.cortexm.scb import DIV_0_TRP, UNALIGN_TRP


def _instructions(*encodings: tuple[int, int]) -> re.Pattern[bytes]:
    """Finds 32-bit instructions; an encoding is a mask and a value of ``first << 16 | second`` halfword."""

    def byte(mask: int, value: int) -> bytes:
        return b"[" + re.escape(bytes(b for b in range(256) if b & mask == value)) + b"]"

    in_memory = (16, 24, 0, 8)
    forms = (
        b"".join(byte(mask >> shift & 0xFF, value >> shift & 0xFF) for shift in in_memory)
        for mask, value in encodings
    )
    return re.compile(b"(?=" + b"|".join(forms) + b")", re.DOTALL)


# SDIV and UDIV, encoding T1: 1111 1011 10x1 nnnn 1111 dddd 1111 mmmm (DDI 0403 A7.7.127, A7.7.195).
DIVISIONS = _instructions((0xFFD0_F0F0, 0xFB90_F0F0))
# Coprocessors 10 and 11: 111x 11xx xxxx xxxx xxxx 101x xxxx xxxx (A6.1).
FLOATING = _instructions((0xEC00_0E00, 0xEC00_0A00))
# Arithmetic on double-precision registers, 111x 1110 xxxx xxxx xxxx 1011 xxx0 xxxx, and VCVT.F64.F32 (A6.4).
DOUBLE = _instructions((0xEF00_0F10, 0xEE00_0B00), (0xFFBF_0FD0, 0xEEB7_0AC0))

Check = Callable[[int], None]


class Traps:
    """Watches for what traps. ``pending`` is the fault that the last run met."""

    def __init__(self, cpu: Cpu, memory: MemoryMap, fpu: Fpu, stop: Callable[[], None]) -> None:
        self._cpu, self._memory, self._fpu, self._stop = cpu, memory, fpu, stop
        self._hooks: dict[str, list[int]] = {}
        self._context: UcContext | None = None
        self._undo: list[tuple[int, int, int]] = []
        self.pending: Fault | None = None

    def apply(self, ccr: int, cpacr: int) -> None:
        """Set hooks for the traps that are on, remove those of the others."""
        fpu, access = self._fpu, cpacr >> 20 & 3
        traps: tuple[tuple[bool, str, Callable[[], list[int]]], ...] = (
            (bool(ccr & DIV_0_TRP), "division", lambda: self._watch(DIVISIONS, self._division)),
            (bool(ccr & UNALIGN_TRP), "access", self._watch_accesses),
            (fpu.exists and access in (0, 2), "fpu", lambda: self._watch(FLOATING, self._fpu_off)),
            (fpu.exists and access == 1, "user", lambda: self._watch(FLOATING, self._fpu_privileged)),
            (not fpu.exists, "none", lambda: self._watch(FLOATING, self._no_fpu, ram=False)),
            (not fpu.is_double, "double", lambda: self._watch(DOUBLE, self._double, ram=False)),
        )
        for wanted, name, add in traps:
            if wanted and name not in self._hooks:
                self._hooks[name] = add()
            elif not wanted and name in self._hooks:
                for hook in self._hooks.pop(name):
                    self._cpu.uc.hook_del(hook)
            else:
                continue
            # Code that is already translated has no calls to the new hooks.
            self._cpu.uc.ctl_flush_tb()

    def forget(self) -> None:
        """The program in flash is another one: the hooks are set anew by the next :meth:`apply`."""
        for hooks in self._hooks.values():
            for hook in hooks:
                self._cpu.uc.hook_del(hook)
        self._hooks = {}

    def raise_fault(self, fault: Fault) -> None:
        """The instruction under way faults."""
        if self.pending is None:
            self.pending = fault
            self._context = self._cpu.uc.context_save()
            self._undo = []
            self._stop()

    def take(self) -> Fault | None:
        """The fault that ended the run, with the instruction undone; None without one."""
        fault, self.pending = self.pending, None
        if fault is not None and self._context is not None:
            self._cpu.uc.context_restore(self._context)
            for address, size, value in reversed(self._undo):
                self._memory.write(address, value, size)
            self._context = None
        return fault

    def _watch(self, instructions: re.Pattern[bytes], check: Check, *, ram: bool = True) -> list[int]:
        """Call ``check`` with the address before each of ``instructions``; without ``ram``, in flash only."""
        uc, hooks = self._cpu.uc, []

        def in_flash(_uc: Any, address: int, _size: int, _data: Any) -> None:
            check(address)

        def in_ram(_uc: Any, address: int, size: int, _data: Any) -> None:
            if size == 4 and instructions.match(self._memory.read(address).to_bytes(4, "little")):
                check(address)

        for region in self._memory.regions:
            content = bytes(region.view[: region.memory.size])
            for base in region.bases:
                if region.memory.kind == "ram":  # its code may still change: look at all of it
                    if not ram:
                        continue
                    end = base + len(content) - 1
                    hooks.append(uc.hook_add(UC_HOOK_CODE, in_ram, begin=base, end=end))
                    continue
                for match in instructions.finditer(content):
                    at = base + match.start()
                    if at % 2 == 0:
                        hooks.append(uc.hook_add(UC_HOOK_CODE, in_flash, begin=at, end=at))
        return hooks

    def _division(self, address: int) -> None:
        divisor = self._memory.read(address + 2, 2) & 15
        if divisor < 15 and self._cpu.register(divisor) == 0:
            self.raise_fault(faults.DIVIDED_BY_ZERO)

    def _no_fpu(self, address: int) -> None:
        self.raise_fault(faults.NO_FPU)

    def _fpu_off(self, address: int) -> None:
        self.raise_fault(faults.FPU_OFF)

    def _fpu_privileged(self, address: int) -> None:
        if not self._cpu.ipsr and self._cpu.control & NPRIV:
            self.raise_fault(faults.FPU_OFF)

    def _double(self, address: int) -> None:
        self.raise_fault(faults.SINGLE_PRECISION_ONLY)

    def _watch_accesses(self) -> list[int]:
        def check(_uc: Any, access: int, address: int, size: int, _value: int, _data: Any) -> None:
            if address % size:
                self.raise_fault(faults.unaligned(address))
            if self.pending is not None and access == UC_MEM_WRITE:
                with contextlib.suppress(BusError):
                    self._undo.append((address, size, self._memory.read(address, size)))

        return [self._cpu.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, check)]
