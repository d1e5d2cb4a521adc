"""The ``simavr`` engine: libsimavr through the glue in ``sim/native/simavr``.

Cycles are libsimavr's, corrected for what interrupts cost (see ``glue.h``). Not modelled: the clock prescaler
(CLKPR), so that the core clock is the board's crystal throughout; sleep modes other than idle, so that timers
run in each of them; the two-byte limit of the UART's receiver, so that no received byte is ever lost; the
halts of EEPROM accesses.
"""

from __future__ import annotations

import ctypes
import difflib
import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from ctypes import byref, c_size_t, c_uint32
from fractions import Fraction
from pathlib import Path

from scopeless import flow
from scopeless.board import Board
from scopeless.engines.lines import LineAssembler
from scopeless.engines.simavr_debug import SimavrDebugger
from scopeless.engines.simavr_library import (
    COUNTER_NAMES,
    PINS,
    NativeProfileRow,
    NativeStop,
    View,
    load_library,
)
from scopeless.errors import EngineCrash, FirmwareFault, RunTimeout, ScopelessError, UsageError
from scopeless.firmware.image import Image
from scopeless.machine import Edge, FlowEvent, PinChange, ProfileRow, RunResult, Stop, UartByte, UartLine
from scopeless.timeline import Timeline

DATA_SPACE = 0x80_0000
EEPROM = 0x81_0000
EEPROM_END = 0x82_0000
"""Where avr-gcc's linker scripts put data memory, EEPROM and what follows it (fuses): binutils
``ld/scripttempl/avr.sc``."""

LINE_FEED = ord("\n")

BAUD_TOLERANCE = 0.02
"""A receiver follows a sender that is off by this much (8 data bits): ATmega328P data sheet DS40002061B
table 20-2, recommended maximum receiver error."""

HARMLESS = frozenset({NativeStop.CYCLE, NativeStop.EDGES, NativeStop.BREAKPOINT, NativeStop.WATCHPOINT})


class SimavrMachine:
    """An AVR board on libsimavr. The crystal is the board's first clock.

    ``strict`` makes a :class:`FirmwareFault` of what is else a note. ``instruction_limit`` is for one call of
    :meth:`run`.
    """

    counter_names = COUNTER_NAMES

    def __init__(self, board: Board, *, strict: bool, instruction_limit: int) -> None:
        """Raises :class:`UsageError` for a part, port or UART that libsimavr does not have."""
        self.library = load_library()
        self._board = board
        self._strict = strict
        self._instruction_limit = instruction_limit
        self._image: Image | None = None
        self._watched: Sequence[str] | None = (board.pin,)
        self._uart_name = board.uart
        self.handle: int | None = None
        """Of the glue's functions."""
        self.debugger = SimavrDebugger(self)
        self.engine = f"simavr {self.library.sl_avr_version().decode()}"
        self._power_on()

    def load(self, path: Path, address: int | None = None) -> None:
        """See :meth:`Machine.load`."""
        self._image = Image.open(path, self._board, address)
        self.reset()

    def reset(self) -> None:
        """See :meth:`Machine.reset`."""
        self._power_on()
        if self._image is not None:
            self._load(self._image)

    def pin_names(self) -> list[str]:
        """See :meth:`Machine.pin_names`."""
        return [_pin_name(n) for n in range(PINS) if self.library.sl_avr_has_pin(self.handle, n)]

    def watch_pins(self, pins: Sequence[str] | None) -> None:
        """See :meth:`Machine.watch_pins`."""
        wanted = None if pins is None else {self._pin(name) for name in pins}
        for number in range(PINS):
            self.library.sl_avr_watch_pin(self.handle, number, wanted is None or number in wanted)
        self._watched = pins

    def use_uart(self, name: str) -> None:
        """See :meth:`Machine.use_uart`."""
        if len(name) != 1 or self.library.sl_avr_watch_uart(self.handle, name.encode()):
            board = self._board
            raise UsageError(f"{board.name}: an {board.mcu} has no UART {name!r}; name it like '0'.")
        self._uart_name = name

    def drive(self, changes: Sequence[PinChange]) -> None:
        """See :meth:`Machine.drive`."""
        numbers = [self._pin(change.pin) for change in changes]
        for number, change in zip(numbers, changes, strict=True):
            cycle = change.cycle or 0
            if change.us is not None:
                cycle = self._timeline.nearest_cycle(change.us)
            if self.library.sl_avr_drive(self.handle, number, change.level, max(cycle, 0)):
                raise EngineCrash("The simavr engine ran out of memory; drive fewer pins at a time.")

    def _power_on(self) -> None:
        self.close()
        board = self._board
        self._timeline = Timeline(board.clocks_mhz[0] * 1_000_000)
        self._lines = LineAssembler()
        self._on_wire: deque[tuple[int, int]] = deque()  # (end of stop bit, value) of bytes sent
        self.view = View()
        self._flow = b""
        self._result = RunResult(Stop.CYCLES, 0)
        self._fault: FirmwareFault | None = None
        self._complaints: list[str] = []
        self.handle = self.library.sl_avr_new(board.mcu.encode(), self._timeline.hz)
        if not self.handle:
            raise UsageError(self._unknown_part())
        self.watch_pins(self._watched)
        self.use_uart(self._uart_name)
        self.debugger.watch()

    def _pin(self, name: str) -> int:
        """Number of a pin in the glue. Raises :class:`UsageError` for one that the part lacks."""
        match = re.fullmatch("P([A-P])([0-7])", name)
        number = 8 * (ord(match[1]) - ord("A")) + int(match[2]) if match else PINS
        if not self.library.sl_avr_has_pin(self.handle, number):
            board = self._board
            raise UsageError(f"{board.name}: an {board.mcu} has no pin {name!r}; name it like 'PB1'.")
        return number

    def _unknown_part(self) -> str:
        parts: list[str] = []
        while name := self.library.sl_avr_part(len(parts)):
            parts.append(name.decode())
        close = difflib.get_close_matches(self._board.mcu, parts, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it knows {', '.join(parts)}."
        return f"{self._board.name}: {self.engine} does not know the part {self._board.mcu!r}; {hint}"

    def _load(self, image: Image) -> None:
        for address, data in image.segments:
            if address < DATA_SPACE:
                self._load_flash(image, address, data)
            elif EEPROM <= address < EEPROM_END and self.library.sl_avr_load_eeprom(
                self.handle, address - EEPROM, data, len(data)
            ):
                raise UsageError(
                    f"Firmware {image.path} does not fit into the EEPROM of an {self._board.mcu}."
                )

    def _load_flash(self, image: Image, address: int, data: bytes) -> None:
        if self.library.sl_avr_load_flash(self.handle, address, data, len(data)):
            size = self.library.sl_avr_flash_size(self.handle)
            raise UsageError(
                f"Firmware {image.path} needs flash up to {address + len(data):#x}, but an "
                f"{self._board.mcu} has {size:#x} bytes; build it for this board."
            )

    def run(
        self, *, for_us: float | Fraction, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """See :meth:`Machine.run`."""
        pattern = None if until_line is None else re.compile(until_line)
        result = self.begin()
        limit = self._timeline.cycle_after(self.view.cycle, for_us)
        instructions_end = self.view.counters[0] + self._instruction_limit
        while True:
            wanted_edges = max(until_edges - len(result.edges), 1) if until_edges else 0
            stop = self.run_native(limit, instructions_end, wanted_edges, pattern is not None)
            for line in self.collect(stop, result, HARMLESS):
                result.lines.append(line)
                if pattern is not None and pattern.search(line.text):
                    result.stop = Stop.LINE
                    return result
            if self.debugger.halted(stop, result):
                return result
            if stop is NativeStop.EDGES:
                result.stop = Stop.EDGES
                return result
            if self._strict and (notes := self.notes()):
                raise self._fail(notes[0])
            if self.view.cycle >= limit:
                return result

    def begin(self) -> RunResult:
        """What a run is going to fill. Raises the fault of the last one."""
        self._result = RunResult(Stop.CYCLES, self.view.cycle)
        if self._fault is not None:
            raise self._fault
        return self._result

    def recorded(self) -> RunResult:
        """See :meth:`Machine.recorded`."""
        result, self._result = self._result, RunResult(Stop.ERROR, self.view.cycle)
        result.stop = Stop.ERROR
        return result

    def run_native(self, limit: int, instructions_end: int, edges: int, stop_after_line: bool) -> NativeStop:
        """Run; :meth:`collect` must follow."""
        if stop_after_line:  # a line end may be on its way since the last run
            limit = next((min(cycle, limit) for cycle, value in self._on_wire if value == LINE_FEED), limit)
        view = self.view
        instructions = instructions_end - view.counters[0]
        stop = NativeStop(
            self.library.sl_avr_run(self.handle, limit, instructions, edges, stop_after_line, byref(view))
        )
        self._take_flow()
        self._on_wire += [(byte.cycle, byte.value) for byte in view.bytes[: view.byte_count]]
        if view.log and (text := _clean(view.log)) not in self._complaints:
            self._complaints.append(text)
        return stop

    def collect(
        self, stop: NativeStop, result: RunResult, harmless: Collection[NativeStop]
    ) -> Iterator[UartLine]:
        """Add to ``result`` what a run has brought, but for the lines, which are returned. Raises the error
        of a ``stop`` that is not harmless."""
        result.cycle = self.view.cycle
        result.edges += self._new_edges()
        lines = self._new_lines(result)
        if stop not in harmless:
            result.lines += lines
            raise self._error(stop)
        return lines

    def _new_edges(self) -> list[Edge]:
        view = self.view
        return [
            Edge(e.cycle, _pin_name(e.pin), e.level, tuple(e.counters)) for e in view.edges[: view.edge_count]
        ]

    def _new_lines(self, result: RunResult) -> Iterator[UartLine]:
        """The lines that have left the wire; their bytes go into ``result``."""
        while self._on_wire and self._on_wire[0][0] <= self.view.cycle:
            cycle, value = self._on_wire.popleft()
            result.uart.append(UartByte(cycle, value))
            if line := self._lines.feed(value, cycle):
                yield line

    def _error(self, stop: NativeStop) -> ScopelessError:
        view = self.view
        if stop is NativeStop.INSTRUCTION:
            return RunTimeout(
                f"The firmware executed {self._instruction_limit} instructions in one run and is at "
                f"{self.where()}; look for an endless loop there, or raise "
                "the limit."
            )
        if stop is NativeStop.EDGE_FLOOD:
            return RunTimeout(
                f"The watched pins changed {view.edge_count} times in one run, up to cycle {view.cycle}; run "
                "for a shorter time."
            )
        if stop is NativeStop.OUT_OF_MEMORY:
            return EngineCrash("The simavr engine ran out of memory; run for a shorter time.")
        return self._fail(
            {
                NativeStop.INVALID_OPCODE: "there is no valid instruction",
                NativeStop.BAD_ACCESS: f"it accessed memory that an {self._board.mcu} does not have "
                f"({_clean(view.log)})",
                NativeStop.NO_PROGRAM: f"it went on to {view.pc:#06x}, where no program is",
                NativeStop.ASSERTION: "it uses a peripheral in a way that simavr cannot follow",
                NativeStop.SLEEP_FOREVER: "it sleeps with interrupts off and no wake-up source is left",
            }[stop]
        )

    def _fail(self, what: str) -> FirmwareFault:
        """The fault that this and every further run raises."""
        self._fault = FirmwareFault(
            f"The firmware faulted at {self._place(self.view.fault_pc)} at cycle {self.view.cycle}: {what}."
        )
        return self._fault

    def _place(self, pc: int) -> str:
        location = self._image and self._image.locate(pc)
        where = f" in {location}" if location else ""
        return f"PC {pc:#06x}{where}"

    def system_reset(self) -> None:
        """See :meth:`Debuggable.system_reset`."""
        self._fault = None
        self.library.sl_avr_reset(self.handle)

    def profile_start(self) -> None:
        """See :meth:`Machine.profile_start`."""
        if self.library.sl_avr_profile_start(self.handle):
            raise EngineCrash("The simavr engine ran out of memory.")

    def profile_stop(self) -> list[ProfileRow]:
        """See :meth:`Machine.profile_stop`."""
        count = self.library.sl_avr_profile_stop(self.handle, None, 0)
        rows = (NativeProfileRow * max(count, 1))()
        self.library.sl_avr_profile_stop(self.handle, rows, len(rows))
        return [ProfileRow(row.address, row.executions, row.cycles, {}) for row in rows[:count]]

    def trace_start(self) -> None:
        """See :meth:`Machine.trace_start`."""
        functions = self._image.function_bounds if self._image else ()
        bounds = [at for at in functions if at < DATA_SPACE]
        if self.library.sl_avr_trace_start(self.handle, (c_uint32 * len(bounds))(*bounds), len(bounds)):
            raise EngineCrash("The simavr engine ran out of memory.")
        self._flow = b""

    def trace_read(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_read`."""
        self._take_flow()
        events, self._flow = flow.unpack(self._flow), b""
        return events

    def trace_stop(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_stop`."""
        self.library.sl_avr_trace_stop(self.handle)
        return self.trace_read()

    def _take_flow(self) -> None:
        count = c_size_t()
        events = self.library.sl_avr_trace_take(self.handle, byref(count))
        if count.value:
            self._flow += ctypes.string_at(events, count.value * flow.EVENT.size)

    def timeline(self) -> Timeline:
        """See :meth:`Machine.timeline`."""
        return self._timeline

    def uart_send(self, data: bytes, wait: bool = False) -> None:
        """See :meth:`Machine.uart_send`. libsimavr's receiver loses nothing, so that ``wait`` changes
        nothing."""
        if self.library.sl_avr_send(self.handle, data, len(data)):
            raise EngineCrash("The simavr engine ran out of memory; send less at a time.")

    def clock_hz(self) -> int:
        """See :meth:`Machine.clock_hz`."""
        return self._timeline.hz

    def time_us(self, cycle: int) -> float:
        """See :meth:`Machine.time_us`."""
        return self._timeline.time_us(cycle)

    def notes(self) -> list[str]:
        """See :meth:`Machine.notes`."""
        view, notes = self.view, [f"simavr reports: {text}." for text in self._complaints]
        if view.watchdog_resets:
            notes.append(f"The watchdog reset the board {_times(view.watchdog_resets)}.")
        if view.restarts:
            notes.append(
                f"The firmware jumped to address 0 and so started again {_times(view.restarts)}; an "
                "interrupt without a handler does that."
            )
        if view.cycles_per_bit:
            baud = self._timeline.hz / view.cycles_per_bit
            if abs(baud / self._board.baud - 1) > BAUD_TOLERANCE:
                notes.append(
                    f"The firmware's UART runs at {baud:.0f} baud, but the board's is {self._board.baud}."
                )
        return notes

    def where(self) -> str:
        """See :meth:`Machine.where`."""
        cycle = self.view.cycle
        pc = self.debugger.registers()["pc"]
        return f"{self._place(pc)}, cycle {cycle} ({self.time_us(cycle):.3f} us)"

    def close(self) -> None:
        """See :meth:`Machine.close`."""
        if self.handle:
            self.library.sl_avr_free(self.handle)
            self.handle = None


def _pin_name(number: int) -> str:
    return f"P{chr(ord('A') + number // 8)}{number % 8}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _clean(log: bytes) -> str:
    """simavr's message without terminal colours and decoration."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.decode("ascii", errors="replace"))
    return text.replace("CORE: ***", "").strip().rstrip(".")
