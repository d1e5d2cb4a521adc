"""The ``unicorn`` engine: a Cortex-M board on Unicorn, timed by the timing core in ``sim/native/timing``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

from scopeless import flow
from scopeless.board import Board
from scopeless.cortexm.bus import Unmodelled
from scopeless.cortexm.core import Core
from scopeless.cortexm.exceptions import HardFault
from scopeless.cortexm.faults import describe
from scopeless.engines import DEFAULT_INSTRUCTION_LIMIT
from scopeless.engines.lines import LineAssembler
from scopeless.engines.unicorn_debug import UnicornDebugger
from scopeless.errors import FirmwareFault, RunTimeout, ScopelessError, UsageError, hint
from scopeless.firmware.image import Image
from scopeless.machine import Edge, FlowEvent, PinChange, ProfileRow, RunResult, Stop, UartByte, UartLine
from scopeless.native import NativeStop
from scopeless.peripherals.inputs import InputSchedule
from scopeless.peripherals.serial import SerialPort
from scopeless.timeline import Timeline, exact


class UnicornMachine:
    """A Cortex-M board. ``strict`` makes a :class:`FirmwareFault` of the first access to an unmodelled
    peripheral; ``instruction_limit`` is for one call of :meth:`run`."""

    engine = f"unicorn {version('unicorn')}"
    _uart: SerialPort

    def __init__(
        self, board: Board, *, strict: bool = False, instruction_limit: int = DEFAULT_INSTRUCTION_LIMIT
    ) -> None:
        """Raises :class:`UsageError` for a board that names unknown peripherals or buses."""
        self._board = board
        self._strict = strict
        self._instruction_limit = instruction_limit
        self._image: Image | None = None
        self._watched: frozenset[str] | None = frozenset([board.pin])
        self._uart_name = board.uart
        self._core: Core | None = None
        self.debugger = UnicornDebugger(self)
        self._power_on()
        self.counter_names = self.core.timing.counter_names

    @property
    def core(self) -> Core:
        """The processor. Raises :class:`UsageError` after :meth:`close`."""
        if self._core is None:
            raise UsageError("This machine is closed; start a new one.")
        return self._core

    def load(self, path: Path, address: int | None = None) -> None:
        """See :meth:`Machine.load`."""
        loaded = Image.open(path, self._board, address)
        previous, self._image = self._image, loaded
        try:
            self.reset()
        except ScopelessError:
            self._image = previous
            raise

    def reset(self) -> None:
        """See :meth:`Machine.reset`."""
        self._power_on()
        if self._image is not None:
            core = self.core
            core.memory.load(self._image.segments, str(self._image.path))
            core.check_vectors(str(self._image.path))
            core.reset()

    def pin_names(self) -> list[str]:
        """See :meth:`Machine.pin_names`."""
        return list(self.core.system.pins.names)

    def watch_pins(self, pins: Sequence[str] | None) -> None:
        """See :meth:`Machine.watch_pins`."""
        for pin in pins or ():
            self._check_pin(pin)
        self._watched = None if pins is None else frozenset(pins)

    def use_uart(self, name: str) -> None:
        """See :meth:`Machine.use_uart`."""
        uart = self._find_uart(name)
        self._uart.on_byte = _nowhere
        self._uart = uart
        self._uart_name = name
        self._listen()

    def drive(self, changes: Sequence[PinChange]) -> None:
        """See :meth:`Machine.drive`."""
        for change in changes:
            self._check_pin(change.pin)
        self._inputs.add(changes)

    def _power_on(self) -> None:
        """A machine that has never run: nothing of the last one is left."""
        self.close()
        core = self._core = self._new_core()
        self._fault: FirmwareFault | None = None
        self._edges: list[Edge] = []
        self._lines: list[UartLine] = []
        self._bytes: list[UartByte] = []
        self._timeline = Timeline(core.system.clocks.hz["core"])
        self._clock_changed = 0
        self._flow, self._tracing = b"", False
        core.system.clocks.on_change.append(self._on_clock)
        core.system.pins.listeners.append(self._on_pin)
        self._inputs = InputSchedule(core.events, core.system.pins, self._timeline)
        self._uart = self._find_uart(self._uart_name)
        self._listen()
        self.debugger.watch(core)

    def _new_core(self) -> Core:
        return Core(self._board, self._unmodelled)

    def _find_uart(self, name: str) -> SerialPort:
        peripherals = self.core.peripherals
        uart = peripherals.get(name)
        if isinstance(uart, SerialPort):
            return uart
        known = ", ".join(each for each, p in peripherals.items() if isinstance(p, SerialPort)) or "none"
        raise UsageError(f"Board {self._board.name} has no UART {name!r}; its UARTs: {known}.")

    def _listen(self) -> None:
        self._uart.line_baud = self._board.baud
        self._uart.on_byte = self._on_byte
        self._assembler = LineAssembler()

    def run(
        self, *, for_us: float | Fraction, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """See :meth:`Machine.run`."""
        self.check_ready()
        core, timing = self.core, self.core.timing
        pattern = None if until_line is None else re.compile(until_line)
        end_us = self.us_after(for_us)
        limit, hz = self._timeline.cycle_at_us(end_us), self._timeline.hz
        instructions_end = timing.counters[0] + self._instruction_limit
        self._edges_wanted = until_edges or 0
        reason = Stop.CYCLES
        seen = 0
        with self.faults():
            while timing.cycles < limit:
                stop = core.advance(limit, instructions_end)
                if stop is NativeStop.INSTRUCTION:
                    raise self._timeout()
                if self._tracing:
                    self._flow += timing.trace_take()
                if self._timeline.hz != hz:
                    limit, hz = self._timeline.cycle_at_us(end_us), self._timeline.hz
                if pattern is not None and any(pattern.search(line.text) for line in self._lines[seen:]):
                    reason = Stop.LINE
                    break
                seen = len(self._lines)
                if until_edges and len(self._edges) >= until_edges:
                    reason = Stop.EDGES
                    break
                if halted := self.debugger.halted(stop):
                    reason = halted
                    break
        return self.take(reason)

    def check_ready(self) -> None:
        """Raises what a run raises that cannot begin."""
        if self._fault is not None:
            raise self._fault
        if self._image is None:
            raise UsageError("No firmware is loaded; load an ELF first.")

    def us_after(self, for_us: float | Fraction) -> Fraction:
        """The simulated time ``for_us`` microseconds from now."""
        return self._timeline.exact_us(self.core.timing.cycles) + exact(for_us)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Around what executes instructions: makes a :class:`FirmwareFault` of a HardFault, and keeps it."""
        try:
            yield
        except HardFault as fault:
            self.core.pc = fault.pc
            self._fault = self._hard_fault(fault)
            raise self._fault from None
        except FirmwareFault as fault:
            self._fault = fault
            raise

    def recorded(self) -> RunResult:
        """See :meth:`Machine.recorded`."""
        return self.take(Stop.ERROR)

    def take(self, reason: Stop) -> RunResult:
        """What was recorded since the last call."""
        result = RunResult(
            reason,
            self.core.timing.cycles,
            self._edges,
            self._lines,
            self._bytes,
            self.debugger.take_hit(),
        )
        self._edges, self._lines, self._bytes = [], [], []
        return result

    def system_reset(self) -> None:
        """See :meth:`Debuggable.system_reset`."""
        self._fault = None
        self.core.reset()

    def profile_start(self) -> None:
        """See :meth:`Machine.profile_start`."""
        self.core.timing.profile_start()

    def profile_stop(self) -> list[ProfileRow]:
        """See :meth:`Machine.profile_stop`."""
        return self.core.timing.profile_stop()

    def trace_start(self) -> None:
        """See :meth:`Machine.trace_start`."""
        self.core.timing.trace_start(self._image.function_bounds if self._image else ())
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

    def uart_send(self, data: bytes, wait: bool = False) -> None:
        """See :meth:`Machine.uart_send`."""
        self._uart.receive(data, wait=wait)

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
        if self._watched is not None and pin not in self._watched:
            return
        timing = self.core.timing
        self._edges.append(Edge(timing.cycles, pin, level, timing.counters))
        if self._edges_wanted and len(self._edges) >= self._edges_wanted:
            timing.request_stop()

    def _on_byte(self, cycle: int, byte: int) -> None:
        self._bytes.append(UartByte(cycle, byte))
        line = self._assembler.feed(byte, cycle)
        if line is not None:
            self._lines.append(line)

    def _on_clock(self) -> None:
        core = self.core
        # A clock that changes in an access counts from its data phase, which may lie ahead of the next event.
        self._clock_changed = max(core.timing.cycles, self._clock_changed)
        self._timeline.change(self._clock_changed, core.system.clocks.hz["core"])
        self._inputs.clock_changed()
        core.timing.request_stop()

    def _unmodelled(self, block: Unmodelled, address: int, write: bool) -> None:
        core = self.core
        verb = "write to" if write else "read of"
        where = f"{verb} {block.place(address)} at {self._place(core.timing.pc)}, cycle {core.timing.cycles}"
        if self._strict:
            raise FirmwareFault(
                f"The firmware uses the unmodelled {block} ({where}); "
                "run without strict checking to let it behave like plain registers."
            )
        core.system.notes.add(
            f"The unmodelled {block} behaves like plain registers (first used by a {where})."
        )

    # Messages

    def _check_pin(self, pin: str) -> None:
        names = self.core.system.pins.names
        if pin not in names:
            raise UsageError(f"Board {self._board.name} has no pin {pin!r}; {hint(pin, names)}")

    def _place(self, pc: int) -> str:
        location = self._image and self._image.locate(pc)
        where = f" in {location}" if location else ""
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
        came_from = ""
        if (
            core.memory.region(fault.pc, 2) is None
        ):  # no function is there: the one that jumped is of interest
            came_from = f" from {self._place(core.timing.pc)}"
        return FirmwareFault(
            f"The firmware {what} at {self._place(fault.pc)}{came_from}, {self._when()}: it {fault.cause}.",
            detail,
        )

    def _timeout(self) -> RunTimeout:
        return RunTimeout(
            f"The firmware executed {self._instruction_limit} instructions in one run and is at "
            f"{self.where()}; look for an endless loop there, or raise "
            "the limit."
        )


def _nowhere(cycle: int, byte: int) -> None:
    """What hears of a UART that is not listened to."""
