"""The ``unicorn`` engine's :class:`~scopeless.debug.Debuggable`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from unicorn import UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE

from scopeless.cortexm import debug
from scopeless.debug import Area, WatchKind, Watchpoint
from scopeless.errors import UsageError
from scopeless.machine import RunResult, Stop
from scopeless.native import NativeStop

if TYPE_CHECKING:
    from scopeless.cortexm.core import Core
    from scopeless.engines.unicorn import UnicornMachine

HOOKS = {
    WatchKind.READ: UC_HOOK_MEM_READ,
    WatchKind.WRITE: UC_HOOK_MEM_WRITE,
    WatchKind.ACCESS: UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE,
}
WIDEST_ACCESS = 8


class UnicornDebugger:
    """Of one machine, through all its resets."""

    def __init__(self, machine: UnicornMachine) -> None:
        self._machine = machine
        self._breakpoints: frozenset[int] = frozenset()
        self._watchpoints: tuple[Watchpoint, ...] = ()
        self._attached = False
        self._hooks: list[int] = []
        self._hit: Watchpoint | None = None

    def watch(self, core: Core) -> None:
        """This is the machine's processor from now on."""
        self._hooks, self._hit = [], None
        core.halts_at_bkpt = self._attached
        core.timing.set_breakpoints(self._breakpoints)
        self._add_hooks(core)

    def halted(self, stop: NativeStop | None) -> Stop | None:
        """Whether what :meth:`Core.advance` returned ends a run."""
        if self._hit is not None:
            return Stop.WATCHPOINT
        return Stop.BREAKPOINT if stop is NativeStop.BREAKPOINT else None

    def take_hit(self) -> Watchpoint | None:
        """The watchpoint that has ended the run."""
        hit, self._hit = self._hit, None
        return hit

    def areas(self) -> list[Area]:
        """See :meth:`Debuggable.areas`."""
        return debug.areas(self._machine.core.board)

    def registers(self) -> dict[str, int]:
        """See :meth:`Debuggable.registers`."""
        return debug.registers(self._machine.core)

    def set_register(self, name: str, value: int) -> None:
        """See :meth:`Debuggable.set_register`."""
        if not debug.set_register(self._machine.core, name, value):
            raise UsageError(f"{self._machine.core.board.name} has no register {name!r}.")

    def read_memory(self, address: int, size: int) -> bytes:
        """See :meth:`Debuggable.read_memory`."""
        return debug.read_memory(self._machine.core, address, size)

    def write_memory(self, address: int, data: bytes) -> None:
        """See :meth:`Debuggable.write_memory`."""
        done = debug.write_memory(self._machine.core, address, data)
        if done < len(data):
            raise UsageError(f"{self._machine.core.board.name} has nothing at {address + done:#010x}.")

    def set_breakpoints(self, addresses: Collection[int]) -> None:
        """See :meth:`Debuggable.set_breakpoints`."""
        self._breakpoints = frozenset(address & ~1 for address in addresses)
        self._machine.core.timing.set_breakpoints(self._breakpoints)

    def set_watchpoints(self, points: Sequence[Watchpoint]) -> None:
        """See :meth:`Debuggable.set_watchpoints`."""
        core = self._machine.core
        for hook in self._hooks:
            core.cpu.uc.hook_del(hook)
        self._watchpoints, self._hooks = tuple(points), []
        self._add_hooks(core)
        core.cpu.uc.ctl_flush_tb()  # code that is translated has no calls to the new hooks

    def _add_hooks(self, core: Core) -> None:
        for point in self._watchpoints:

            def on_access(
                _uc: Any, _access: int, at: int, size: int, _value: int, _data: Any, point: Watchpoint = point
            ) -> None:
                if self._hit is None and at < point.address + point.size and point.address < at + size:
                    self._hit = point
                    core.timing.request_stop()

            begin, end = max(point.address - WIDEST_ACCESS + 1, 0), point.address + point.size - 1
            self._hooks.append(core.cpu.uc.hook_add(HOOKS[point.kind], on_access, begin=begin, end=end))

    def attach(self, on: bool) -> None:
        """See :meth:`Debuggable.attach`."""
        self._attached = self._machine.core.halts_at_bkpt = on

    def step(self, *, for_us: float | Fraction, within: tuple[int, int] | None = None) -> RunResult:
        """See :meth:`Debuggable.step`."""
        machine = self._machine
        machine.check_ready()
        core, end_us = machine.core, machine.us_after(for_us)
        with machine.faults():
            while core.timing.cycles < machine.timeline().cycle_at_us(end_us):
                done = core.step(machine.timeline().cycle_at_us(end_us))
                if self._hit is not None:
                    return machine.take(Stop.WATCHPOINT)
                if not done:
                    continue
                if within is None or not within[0] <= core.pc < within[1]:
                    return machine.take(Stop.STEP)
                if core.pc in self._breakpoints:
                    return machine.take(Stop.BREAKPOINT)
        return machine.take(Stop.CYCLES)

    def system_reset(self) -> None:
        """See :meth:`Debuggable.system_reset`."""
        self._machine.system_reset()

    def counters(self) -> tuple[int, ...]:
        """See :meth:`Debuggable.counters`."""
        return self._machine.core.timing.counters
