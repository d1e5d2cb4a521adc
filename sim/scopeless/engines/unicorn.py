"""The ``unicorn`` engine: a Cortex-M board on Unicorn, timed by the timing core in ``sim/native/timing``."""

from __future__ import annotations

import re
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

from scopeless import flow
from scopeless.board import Board
from scopeless.cortexm.core import Core
from scopeless.cortexm.exceptions import HardFault
from scopeless.cortexm.faults import describe
from scopeless.elf import Elf
from scopeless.engines import DEFAULT_INSTRUCTION_LIMIT
from scopeless.errors import FirmwareFault, RunTimeout, ScopelessError, UsageError
from scopeless.machine import Edge, FlowEvent, ProfileRow, RunResult, Stop, UartLine
from scopeless.native import NativeStop
from scopeless.peripherals.serial import SerialPort
from scopeless.timeline import Timeline
from scopeless.uart import LineAssembler


class UnicornMachine:
    """A Cortex-M board. ``strict`` makes a :class:`FirmwareFault` of the first access to an unmodelled
    peripheral; ``instruction_limit`` is for one call of :meth:`run`."""

    engine = f"unicorn {version('unicorn')}"

    def __init__(
        self, board: Board, *, strict: bool = False, instruction_limit: int = DEFAULT_INSTRUCTION_LIMIT
    ) -> None:
        """Raises :class:`UsageError` for a board that names unknown peripherals or buses."""
        self._board = board
        self._strict = strict
        self._instruction_limit = instruction_limit
        self._elf: Elf | None = None
        self._core: Core | None = None
        self._power_on()
        self.counter_names = self.core.timing.counter_names

    @property
    def core(self) -> Core:
        """The processor. Raises :class:`UsageError` after :meth:`close`."""
        if self._core is None:
            raise UsageError("This machine is closed; start a new one.")
        return self._core

    def load(self, elf: Path) -> None:
        """See :meth:`Machine.load`."""
        loaded = Elf.open(elf, machine="arm")
        previous, self._elf = self._elf, loaded
        try:
            self.reset()
        except ScopelessError:
            self._elf = previous
            raise

    def reset(self) -> None:
        """See :meth:`Machine.reset`."""
        self._power_on()
        if self._elf is not None:
            core = self.core
            core.memory.load(self._elf.segments, str(self._elf.path))
            core.check_vectors(str(self._elf.path))
            core.reset()

    def _power_on(self) -> None:
        """A machine that has never run: nothing of the last one is left."""
        self.close()
        board = self._board
        core = self._core = Core(board, self._unmodelled)
        self._fault: FirmwareFault | None = None
        self._edges: list[Edge] = []
        self._lines: list[UartLine] = []
        self._assembler = LineAssembler()
        self._timeline = Timeline(core.system.clocks.hz["core"])
        self._clock_changed = 0
        self._flow, self._tracing = b"", False
        core.system.clocks.on_change.append(self._on_clock)
        core.system.pins.listeners.append(self._on_pin)
        uart = core.peripherals.get(board.uart)
        if not isinstance(uart, SerialPort):
            ports = [name for name, p in core.peripherals.items() if isinstance(p, SerialPort)]
            known = ", ".join(ports) or "none"
            raise UsageError(f"Board {board.name} names {board.uart!r} as its UART; its UARTs: {known}.")
        self._uart = uart
        uart.line_baud = board.baud
        uart.on_byte = self._on_byte

    def run(
        self, *, for_us: float, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """See :meth:`Machine.run`."""
        if self._fault is not None:
            raise self._fault
        core, timing = self.core, self.core.timing
        if self._elf is None:
            raise UsageError("No firmware is loaded; load an ELF first.")
        pattern = None if until_line is None else re.compile(until_line)
        end_us = self._timeline.exact_us(timing.cycles) + Fraction(repr(float(for_us)))
        limit, hz = self._timeline.cycle_at_us(end_us), self._timeline.hz
        instructions_end = timing.counters[0] + self._instruction_limit
        self._edges_wanted = until_edges or 0
        result = RunResult(Stop.CYCLES, timing.cycles, self._edges, self._lines)
        seen = 0
        try:
            while timing.cycles < limit:
                if core.advance(limit, instructions_end) is NativeStop.INSTRUCTION:
                    raise self._timeout()
                if self._tracing:
                    self._flow += timing.trace_take()
                if self._timeline.hz != hz:
                    limit, hz = self._timeline.cycle_at_us(end_us), self._timeline.hz
                if pattern is not None and any(pattern.search(line.text) for line in self._lines[seen:]):
                    result.stop = Stop.LINE
                    break
                seen = len(self._lines)
                if until_edges and len(self._edges) >= until_edges:
                    result.stop = Stop.EDGES
                    break
        except HardFault as fault:
            self._fault = self._hard_fault(fault)
            raise self._fault from None
        except FirmwareFault as fault:
            self._fault = fault
            raise
        result.cycle = timing.cycles
        self._edges, self._lines = [], []
        return result

    def profile_start(self) -> None:
        """See :meth:`Machine.profile_start`."""
        self.core.timing.profile_start()

    def profile_stop(self) -> list[ProfileRow]:
        """See :meth:`Machine.profile_stop`."""
        return self.core.timing.profile_stop()

    def trace_start(self) -> None:
        """See :meth:`Machine.trace_start`."""
        self.core.timing.trace_start(self._elf.function_bounds if self._elf else ())
        self._flow, self._tracing = b"", True

    def trace_read(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_read`."""
        events, self._flow = flow.unpack(self._flow + self.core.timing.trace_take()), b""
        return events

    def trace_stop(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_stop`."""
        events, self._flow = flow.unpack(self._flow + self.core.timing.trace_stop()), b""
        self._tracing = False
        return events

    def timeline(self) -> Timeline:
        """See :meth:`Machine.timeline`."""
        return self._timeline

    def uart_send(self, data: bytes) -> None:
        """See :meth:`Machine.uart_send`."""
        self._uart.receive(data)

    def clock_hz(self) -> int:
        """See :meth:`Machine.clock_hz`."""
        return self._timeline.hz

    def time_us(self, cycle: int) -> float:
        """See :meth:`Machine.time_us`."""
        return self._timeline.time_us(cycle)

    def notes(self) -> list[str]:
        """See :meth:`Machine.notes`."""
        return self.core.system.notes.all()

    def where(self) -> str:
        """See :meth:`Machine.where`."""
        asleep = ", asleep, and nothing but an input could wake it" if self.core.sleeps_for_ever else ""
        return f"{self._place(self.core.pc)}, {self._when()}{asleep}"

    def close(self) -> None:
        """See :meth:`Machine.close`."""
        if self._core is not None:
            self._core.close()
            self._core = None

    # Listeners

    def _on_pin(self, pin: str, level: int) -> None:
        if pin != self._board.pin:
            return
        timing = self.core.timing
        self._edges.append(Edge(timing.cycles, pin, level, timing.counters))
        if self._edges_wanted and len(self._edges) >= self._edges_wanted:
            timing.request_stop()

    def _on_byte(self, cycle: int, byte: int) -> None:
        line = self._assembler.feed(byte, cycle)
        if line is not None:
            self._lines.append(line)

    def _on_clock(self) -> None:
        core = self.core
        # A clock that changes in an access counts from its data phase, which may lie ahead of the next event.
        self._clock_changed = max(core.timing.cycles, self._clock_changed)
        self._timeline.change(self._clock_changed, core.system.clocks.hz["core"])
        core.timing.request_stop()

    def _unmodelled(self, address: int, write: bool) -> None:
        core = self.core
        block, verb = address & ~0x3FF, "write to" if write else "read of"
        where = f"{verb} {address:#010x} at {self._place(core.timing.pc)}, cycle {core.timing.cycles}"
        if self._strict:
            raise FirmwareFault(
                f"The firmware uses the unmodelled peripheral at {block:#010x} ({where}); "
                "run without strict checking to let it behave like plain registers."
            )
        core.system.notes.add(
            f"The unmodelled peripheral at {block:#010x} behaves like plain registers (first used by a "
            f"{where})."
        )

    # Messages

    def _place(self, pc: int) -> str:
        where = f" in {self._elf.locate(pc)}" if self._elf is not None else ""
        return f"PC {pc:#010x}{where}"

    def _when(self) -> str:
        cycle = self.core.timing.cycles
        return f"cycle {cycle} ({self._timeline.time_us(cycle):.3f} us)"

    def _hard_fault(self, fault: HardFault) -> FirmwareFault:
        core = self.core
        scb = core.scb
        detail = describe(
            core.cpu, core.memory, fault.pc, fault.frame, scb.cfsr, scb.hfsr, bfar=scb.BFAR, mmfar=scb.MMFAR
        )
        what = "locked up" if fault.lockup else "took a HardFault"
        return FirmwareFault(
            f"The firmware {what} at {self._place(fault.pc)}, {self._when()}: it {fault.cause}.", detail
        )

    def _timeout(self) -> RunTimeout:
        return RunTimeout(
            f"The firmware executed {self._instruction_limit} instructions in one run and is at "
            f"{self.where()}; look for an endless loop there, or raise "
            "the limit."
        )
