"""Traps that Unicorn's core does not have: division by zero and unaligned accesses (CCR: DDI 0403 B3.2.8).

They cost nothing until the firmware sets the bit. A hook then sees the instruction before it acts; its
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
from scopeless.cortexm.cpu import Cpu
from scopeless.cortexm.faults import Fault
from scopeless.cortexm.memory import BusError, MemoryMap
from scopeless.cortexm.scb import DIV_0_TRP, UNALIGN_TRP

# SDIV and UDIV, encoding T1: 1111 1011 10x1 nnnn 1111 dddd 1111 mmmm (DDI 0403 A7.7.127, A7.7.195).
DIVISION = re.compile(rb"(?=[\x90-\x9f\xb0-\xbf]\xfb[\xf0-\xff][\xf0-\xff])", re.DOTALL)


class Traps:
    """Watches for what CCR traps. ``pending`` is the fault that the last run met."""

    def __init__(self, cpu: Cpu, memory: MemoryMap, stop: Callable[[], None]) -> None:
        self._cpu, self._memory, self._stop = cpu, memory, stop
        self._hooks: dict[int, list[int]] = {}
        self._context: UcContext | None = None
        self._undo: list[tuple[int, int, int]] = []
        self.pending: Fault | None = None

    def apply(self, ccr: int) -> None:
        """Set hooks for the traps that are on, remove those of the others."""
        for bit, add in ((DIV_0_TRP, self._watch_divisions), (UNALIGN_TRP, self._watch_accesses)):
            if ccr & bit and bit not in self._hooks:
                self._hooks[bit] = add()
            elif not ccr & bit and bit in self._hooks:
                for hook in self._hooks.pop(bit):
                    self._cpu.uc.hook_del(hook)
            else:
                continue
            # Code that is already translated has no calls to the new hooks.
            self._cpu.uc.ctl_flush_tb()

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

    def _watch_divisions(self) -> list[int]:
        uc, hooks = self._cpu.uc, []

        def check(_uc: Any, address: int, _size: int, _data: Any) -> None:
            divisor = self._memory.read(address + 2, 2) & 15
            if divisor < 15 and self._cpu.register(divisor) == 0:
                self.raise_fault(faults.DIVIDED_BY_ZERO)

        for region in self._memory.regions:
            content = bytes(region.view[: region.memory.size])
            for base in region.bases:
                if region.memory.kind == "ram":  # its code may still change: look at all of it
                    end = base + len(content) - 1
                    hooks.append(uc.hook_add(UC_HOOK_CODE, self._if_division(check), begin=base, end=end))
                    continue
                for match in DIVISION.finditer(content):
                    at = base + match.start()
                    if at % 2 == 0:
                        hooks.append(uc.hook_add(UC_HOOK_CODE, check, begin=at, end=at))
        return hooks

    def _if_division(
        self, check: Callable[[Any, int, int, Any], None]
    ) -> Callable[[Any, int, int, Any], None]:
        def check_ram(uc: Any, address: int, size: int, data: Any) -> None:
            if size == 4 and DIVISION.match(self._memory.read(address).to_bytes(4, "little")):
                check(uc, address, size, data)

        return check_ram

    def _watch_accesses(self) -> list[int]:
        def check(_uc: Any, access: int, address: int, size: int, _value: int, _data: Any) -> None:
            if address % size:
                self.raise_fault(faults.unaligned(address))
            if self.pending is not None and access == UC_MEM_WRITE:
                with contextlib.suppress(BusError):
                    self._undo.append((address, size, self._memory.read(address, size)))

        return [self._cpu.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, check)]
