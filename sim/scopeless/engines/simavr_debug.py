"""The ``simavr`` engine's :class:`~scopeless.debug.Debuggable`: not libsimavr's own GDB server, which listens
on every network interface and runs the part in a loop of its own.

Addresses are those of avr-gcc's linker scripts: flash from 0, data memory from 0x800000, EEPROM from
0x810000.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from scopeless.debug import Area, WatchKind, Watchpoint
from scopeless.engines.simavr_library import NativeStop, Watch
from scopeless.errors import EngineCrash, UsageError
from scopeless.machine import RunResult, Stop

if TYPE_CHECKING:
    from scopeless.engines.simavr import SimavrMachine

DATA, EEPROM = 0x80_0000, 0x81_0000
REGISTERS = (*(f"r{n}" for n in range(32)), "sreg", "sp", "pc")
"""In the glue's order."""
HARMLESS = frozenset({NativeStop.CYCLE, NativeStop.INSTRUCTION, NativeStop.BREAKPOINT, NativeStop.WATCHPOINT})


class SimavrDebugger:
    """Of one machine, through all its resets."""

    def __init__(self, machine: SimavrMachine) -> None:
        self._machine = machine
        self._breakpoints: frozenset[int] = frozenset()
        self._watchpoints: tuple[Watchpoint, ...] = ()
        self._attached = False

    @property
    def _library(self) -> ctypes.CDLL:
        return self._machine.library

    def watch(self) -> None:
        """The machine's part is another one from now on."""
        self.set_breakpoints(self._breakpoints)
        self.set_watchpoints(self._watchpoints)
        self.attach(self._attached)

    def halted(self, stop: NativeStop, result: RunResult) -> bool:
        """Whether ``stop`` ends a run; if so, ``result`` says why."""
        if stop is NativeStop.WATCHPOINT:
            result.stop, result.watch = Stop.WATCHPOINT, self._watchpoints[self._machine.view.hit]
        elif stop is NativeStop.BREAKPOINT:
            result.stop = Stop.BREAKPOINT
        return stop in (NativeStop.WATCHPOINT, NativeStop.BREAKPOINT)

    def areas(self) -> list[Area]:
        """See :meth:`Debuggable.areas`."""
        library, handle = self._library, self._machine.handle
        found = (
            Area("flash", 0, library.sl_avr_flash_size(handle)),
            Area("ram", DATA, library.sl_avr_ram_size(handle)),
            Area("ram", EEPROM, library.sl_avr_eeprom_size(handle)),
        )
        return [area for area in found if area.size]

    def registers(self) -> dict[str, int]:
        """See :meth:`Debuggable.registers`."""
        handle = self._machine.handle
        return {name: self._library.sl_avr_register(handle, n) for n, name in enumerate(REGISTERS)}

    def set_register(self, name: str, value: int) -> None:
        """See :meth:`Debuggable.set_register`."""
        if name not in REGISTERS:
            raise UsageError(f"An AVR has no register {name!r}.")
        self._library.sl_avr_set_register(self._machine.handle, REGISTERS.index(name), value)

    def read_memory(self, address: int, size: int) -> bytes:
        """See :meth:`Debuggable.read_memory`."""
        library, buffer = self._library, ctypes.create_string_buffer(size)
        if address < DATA:
            read, start = library.sl_avr_read_flash, 0
        elif address < EEPROM:
            read, start = library.sl_avr_read_data, DATA
        else:
            read, start = library.sl_avr_read_eeprom, EEPROM
        count = read(self._machine.handle, address - start, buffer, size)
        return buffer.raw[:count]

    def write_memory(self, address: int, data: bytes) -> None:
        """See :meth:`Debuggable.write_memory`."""
        library, handle = self._library, self._machine.handle
        if address < DATA:
            failed = library.sl_avr_load_flash(handle, address, data, len(data))
        elif address < EEPROM:
            failed = library.sl_avr_write_data(handle, address - DATA, data, len(data)) < len(data)
        else:
            failed = library.sl_avr_load_eeprom(handle, address - EEPROM, data, len(data))
        if failed:
            raise UsageError(f"The part has no memory at {address:#x}, or not {len(data)} bytes of it.")

    def set_breakpoints(self, addresses: Collection[int]) -> None:
        """See :meth:`Debuggable.set_breakpoints`."""
        self._breakpoints = frozenset(addresses)
        values = (ctypes.c_uint32 * len(self._breakpoints))(*sorted(self._breakpoints))
        if self._library.sl_avr_set_breakpoints(self._machine.handle, values, len(values)):
            raise EngineCrash("The simavr engine ran out of memory.")

    def set_watchpoints(self, points: Sequence[Watchpoint]) -> None:
        """See :meth:`Debuggable.set_watchpoints`."""
        self._watchpoints = tuple(points)
        watches = (Watch * len(points))(
            *(
                Watch(
                    max(point.address - DATA, 0),
                    point.size,
                    point.kind is not WatchKind.WRITE,
                    point.kind is not WatchKind.READ,
                )
                for point in points
            )
        )
        if self._library.sl_avr_set_watches(self._machine.handle, watches, len(watches)):
            raise EngineCrash("The simavr engine ran out of memory.")

    def attach(self, on: bool) -> None:
        """See :meth:`Debuggable.attach`."""
        self._attached = on
        self._library.sl_avr_attach(self._machine.handle, on)

    def step(self, *, for_us: float | Fraction, within: tuple[int, int] | None = None) -> RunResult:
        """See :meth:`Debuggable.step`."""
        machine = self._machine
        result = machine.begin()
        limit = machine.timeline().cycle_after(machine.view.cycle, for_us)
        while machine.view.cycle < limit:
            executed = 0 if self._library.sl_avr_asleep(machine.handle) else 1
            stop = machine.run_native(limit, machine.view.counters[0] + executed, 0, False)
            result.lines += machine.collect(stop, result, HARMLESS)
            if stop is NativeStop.WATCHPOINT:
                self.halted(stop, result)
                return result
            if stop is not NativeStop.INSTRUCTION:  # a breakpoint at the first instruction: now passed
                continue
            if within is None or not within[0] <= machine.view.pc < within[1]:
                result.stop = Stop.STEP
                return result
            if machine.view.pc in self._breakpoints:
                result.stop = Stop.BREAKPOINT
                return result
        return result

    def system_reset(self) -> None:
        """See :meth:`Debuggable.system_reset`."""
        self._machine.system_reset()

    def counters(self) -> tuple[int, ...]:
        """See :meth:`Debuggable.counters`."""
        return tuple(self._machine.view.counters)
