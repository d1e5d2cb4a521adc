"""Exception states and priorities, and the NVIC's registers. ARMv7-M (DDI 0403) B1.5 and B3.4."""

from __future__ import annotations

from enum import IntEnum

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral
from scopeless.peripherals.system import System

IDLE_PRIORITY = 256
"""Execution priority with no exception active: lower than any configurable one."""


class Exc(IntEnum):
    """Exception numbers: DDI 0403 table B1-4."""

    RESET = 1
    NMI = 2
    HARD_FAULT = 3
    MEM_MANAGE = 4
    BUS_FAULT = 5
    USAGE_FAULT = 6
    SVCALL = 11
    DEBUG_MONITOR = 12
    PENDSV = 14
    SYSTICK = 15
    IRQ0 = 16


FIXED_PRIORITIES: dict[int, int] = {Exc.RESET: -3, Exc.NMI: -2, Exc.HARD_FAULT: -1}


class Exceptions:
    """What is enabled, pending and active, and at which priority. Numbers are exception numbers (IRQ n is
    16 + n)."""

    def __init__(self, irqs: int, priority_bits: int) -> None:
        self.count = Exc.IRQ0 + irqs
        self.priority_mask = 0xFF << (8 - priority_bits) & 0xFF
        self.reset()

    def reset(self) -> None:
        self.enabled: set[int] = {Exc.NMI, Exc.HARD_FAULT, Exc.SVCALL, Exc.PENDSV, Exc.SYSTICK}
        self.pending: set[int] = set()
        self.active: set[int] = set()
        self.lines: set[int] = set()
        self.priority = [FIXED_PRIORITIES.get(n, 0) for n in range(self.count)]
        self.group_mask = 0xFE  # AIRCR.PRIGROUP 0

    def set_priority(self, number: int, value: int) -> None:
        """Store the implemented bits of a priority byte."""
        if number < self.count and number not in FIXED_PRIORITIES:
            self.priority[number] = value & self.priority_mask

    def set_grouping(self, prigroup: int) -> None:
        """AIRCR.PRIGROUP: bits [7:prigroup+1] of a priority preempt (table B1-5)."""
        self.group_mask = 0xFF << (prigroup + 1) & 0xFF

    def group_priority(self, priority: int) -> int:
        """The part of a priority that decides on preemption."""
        return priority if priority < 0 else priority & self.group_mask

    def set_line(self, number: int, level: bool) -> None:
        """A peripheral's interrupt request: a rising line pends (B3.4.1)."""
        if level:
            if number not in self.lines:
                self.lines.add(number)
                self.pending.add(number)
        else:
            self.lines.discard(number)

    def enter(self, number: int) -> None:
        """The handler starts."""
        self.pending.discard(number)
        self.active.add(number)

    def leave(self, number: int) -> None:
        """The handler returns; a line that is still high pends again."""
        self.active.discard(number)
        if number in self.lines:
            self.pending.add(number)

    def active_priority(self) -> int:
        """Execution priority by active exceptions alone (B1.5.4)."""
        return min((self.group_priority(self.priority[n]) for n in self.active), default=IDLE_PRIORITY)

    def best_pending(self) -> int | None:
        """The enabled pending exception to be taken first; the lower number wins a tie (B1.5.4)."""
        ready = self.pending & self.enabled
        return min(ready, key=lambda n: (self.priority[n], n)) if ready else None

    def can_preempt(self, number: int, execution_priority: int) -> bool:
        """Whether ``number`` would interrupt code running at ``execution_priority``."""
        return self.group_priority(self.priority[number]) < execution_priority


class Nvic(Peripheral, model="cortexm.nvic"):
    """Interrupt controller registers: B3.4.4 to B3.4.9. Options: ``irqs``, ``priority_bits``."""

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self.exceptions = Exceptions(
            int(spec.options.get("irqs", 240)), int(spec.options.get("priority_bits", 3))
        )
        super().__init__(spec, system)

    def read_word(self, offset: int) -> int:
        e, bank, first = self.exceptions, offset & ~0x7F, Exc.IRQ0 + 8 * (offset & 0x7C)
        if 0x300 <= offset < 0x400:
            first = Exc.IRQ0 + offset - 0x300
            return sum(e.priority[n] << 8 * i for i, n in enumerate(range(first, first + 4)) if n < e.count)
        states = {0x000: e.enabled, 0x080: e.enabled, 0x100: e.pending, 0x180: e.pending, 0x200: e.active}
        source = states.get(bank)
        if source is None:
            return 0
        return sum(1 << i for i in range(32) if first + i in source)

    def write(self, offset: int, size: int, value: int) -> None:
        e = self.exceptions
        if 0x300 <= offset < 0x400:
            for i in range(size):
                e.set_priority(Exc.IRQ0 + offset - 0x300 + i, value >> 8 * i & 0xFF)
            return
        bank, first = offset & ~0x7F, Exc.IRQ0 + 8 * (offset & 0x7F)
        numbers = {first + i for i in range(8 * size) if value >> i & 1 and first + i < e.count}
        if bank == 0x000:
            e.enabled |= numbers
        elif bank == 0x080:
            e.enabled -= numbers
        elif bank == 0x100:
            e.pending |= numbers
        elif bank == 0x180:
            e.pending -= numbers - e.lines
