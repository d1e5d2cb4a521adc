"""The ``simavr`` engine: libsimavr through the glue in ``sim/native/simavr``.

Cycles are libsimavr's, corrected for what interrupts cost (see ``glue.h``). Not modelled: the clock prescaler
(CLKPR), so that the core clock is the board's crystal throughout; sleep modes other than idle, so that timers
run in each of them; the two-byte limit of the UART's receiver, so that no received byte is ever lost; the
halts of EEPROM accesses.
"""

from __future__ import annotations

import ctypes
import difflib
import importlib.util
import re
from collections import deque
from collections.abc import Iterator, Sequence
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_bool,
    c_char,
    c_char_p,
    c_int,
    c_size_t,
    c_uint,
    c_uint32,
    c_uint64,
    c_void_p,
)
from enum import IntEnum
from fractions import Fraction
from pathlib import Path

from scopeless import flow
from scopeless.board import Board
from scopeless.errors import EngineCrash, FirmwareFault, RunTimeout, ScopelessError, UsageError
from scopeless.image import Image
from scopeless.machine import Edge, FlowEvent, PinChange, ProfileRow, RunResult, Stop, UartByte, UartLine
from scopeless.timeline import Timeline
from scopeless.uart import LineAssembler

COUNTER_NAMES = ("instructions", "interrupts", "cycles_sleep")
"""Counters of every edge: instructions executed, interrupts entered, cycles asleep."""

DATA_SPACE = 0x80_0000
EEPROM = 0x81_0000
EEPROM_END = 0x82_0000
"""Where avr-gcc's linker scripts put data memory, EEPROM and what follows it (fuses): binutils
``ld/scripttempl/avr.sc``."""

PINS = 128
"""``SL_AVR_PINS``: eight of each port, PA to PP."""

LINE_FEED = ord("\n")

BAUD_TOLERANCE = 0.02
"""A receiver follows a sender that is off by this much (8 data bits): ATmega328P data sheet DS40002061B
table 20-2, recommended maximum receiver error."""

INSTALL = "install it with `apt-get install libsimavr-dev`, then run `make`"


class NativeStop(IntEnum):
    """``enum sl_avr_stop``."""

    (
        CYCLE,
        EDGES,
        INSTRUCTION,
        EDGE_FLOOD,
        INVALID_OPCODE,
        BAD_ACCESS,
        NO_PROGRAM,
        SLEEP_FOREVER,
        OUT_OF_MEMORY,
        ASSERTION,
    ) = range(10)


class _Edge(Structure):
    _fields_ = (
        ("cycle", c_uint64),
        ("counters", c_uint64 * len(COUNTER_NAMES)),
        ("level", c_uint32),
        ("pin", c_uint32),
    )


class _Byte(Structure):
    _fields_ = (("cycle", c_uint64), ("value", c_uint32))


class _ProfileRow(Structure):
    _fields_ = (("address", c_uint32), ("executions", c_uint64), ("cycles", c_uint64))


class _View(Structure):
    _fields_ = (
        ("cycle", c_uint64),
        ("counters", c_uint64 * len(COUNTER_NAMES)),
        ("edges", POINTER(_Edge)),
        ("edge_count", c_size_t),
        ("bytes", POINTER(_Byte)),
        ("byte_count", c_size_t),
        ("pc", c_uint32),
        ("fault_pc", c_uint32),
        ("restarts", c_uint32),
        ("watchdog_resets", c_uint32),
        ("cycles_per_bit", c_uint32),
        ("log", c_char * 160),
    )


_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "sl_avr_version": (c_char_p, []),
    "sl_avr_part": (c_char_p, [c_size_t]),
    "sl_avr_new": (c_void_p, [c_char_p, c_uint32]),
    "sl_avr_free": (None, [c_void_p]),
    "sl_avr_flash_size": (c_uint32, [c_void_p]),
    "sl_avr_load_flash": (c_int, [c_void_p, c_uint32, c_char_p, c_uint32]),
    "sl_avr_load_eeprom": (c_int, [c_void_p, c_uint32, c_char_p, c_uint32]),
    "sl_avr_has_pin": (c_bool, [c_void_p, c_uint]),
    "sl_avr_watch_pin": (c_int, [c_void_p, c_uint, c_bool]),
    "sl_avr_drive": (c_int, [c_void_p, c_uint, c_uint, c_uint64]),
    "sl_avr_watch_uart": (c_int, [c_void_p, c_char]),
    "sl_avr_send": (c_int, [c_void_p, c_char_p, c_size_t]),
    "sl_avr_profile_start": (c_int, [c_void_p]),
    "sl_avr_profile_stop": (c_size_t, [c_void_p, POINTER(_ProfileRow), c_size_t]),
    "sl_avr_trace_start": (c_int, [c_void_p, POINTER(c_uint32), c_size_t]),
    "sl_avr_trace_take": (c_void_p, [c_void_p, POINTER(c_size_t)]),
    "sl_avr_trace_stop": (None, [c_void_p]),
    "sl_avr_run": (c_int, [c_void_p, c_uint64, c_uint64, c_size_t, c_bool, POINTER(_View)]),
}


def load_library() -> ctypes.CDLL:
    """The glue. Raises :class:`UsageError` where it or libsimavr is missing."""
    spec = importlib.util.find_spec("scopeless._simavr")
    if spec is None or spec.origin is None:
        raise UsageError(f"The simavr engine is not built, because libsimavr was not there; {INSTALL}.")
    try:
        library = ctypes.CDLL(spec.origin)
    except OSError as error:
        raise UsageError(f"The simavr engine cannot be loaded ({error}); {INSTALL}.") from error
    for name, (restype, argtypes) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = restype, argtypes
    return library


class SimavrMachine:
    """An AVR board on libsimavr. The crystal is the board's first clock.

    ``strict`` makes a :class:`FirmwareFault` of what is else a note. ``instruction_limit`` is for one call of
    :meth:`run`.
    """

    counter_names = COUNTER_NAMES

    def __init__(self, board: Board, *, strict: bool, instruction_limit: int) -> None:
        """Raises :class:`UsageError` for a part, port or UART that libsimavr does not have."""
        self._library = load_library()
        self._board = board
        self._strict = strict
        self._instruction_limit = instruction_limit
        self._image: Image | None = None
        self._watched: Sequence[str] | None = (board.pin,)
        self._uart_name = board.uart
        self._machine: int | None = None
        self.engine = f"simavr {self._library.sl_avr_version().decode()}"
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
        return [_pin_name(n) for n in range(PINS) if self._library.sl_avr_has_pin(self._machine, n)]

    def watch_pins(self, pins: Sequence[str] | None) -> None:
        """See :meth:`Machine.watch_pins`."""
        wanted = None if pins is None else {self._pin(name) for name in pins}
        for number in range(PINS):
            self._library.sl_avr_watch_pin(self._machine, number, wanted is None or number in wanted)
        self._watched = pins

    def use_uart(self, name: str) -> None:
        """See :meth:`Machine.use_uart`."""
        if len(name) != 1 or self._library.sl_avr_watch_uart(self._machine, name.encode()):
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
            if self._library.sl_avr_drive(self._machine, number, change.level, max(cycle, 0)):
                raise EngineCrash("The simavr engine ran out of memory; drive fewer pins at a time.")

    def _power_on(self) -> None:
        self.close()
        board = self._board
        self._timeline = Timeline(board.clocks_mhz[0] * 1_000_000)
        self._lines = LineAssembler()
        self._on_wire: deque[tuple[int, int]] = deque()  # (end of stop bit, value) of bytes sent
        self._view = _View()
        self._flow = b""
        self._result = RunResult(Stop.CYCLES, 0)
        self._fault: FirmwareFault | None = None
        self._complaints: list[str] = []
        self._machine = self._library.sl_avr_new(board.mcu.encode(), self._timeline.hz)
        if not self._machine:
            raise UsageError(self._unknown_part())
        self.watch_pins(self._watched)
        self.use_uart(self._uart_name)

    def _pin(self, name: str) -> int:
        """Number of a pin in the glue. Raises :class:`UsageError` for one that the part lacks."""
        match = re.fullmatch("P([A-P])([0-7])", name)
        number = 8 * (ord(match[1]) - ord("A")) + int(match[2]) if match else PINS
        if not self._library.sl_avr_has_pin(self._machine, number):
            board = self._board
            raise UsageError(f"{board.name}: an {board.mcu} has no pin {name!r}; name it like 'PB1'.")
        return number

    def _unknown_part(self) -> str:
        parts: list[str] = []
        while name := self._library.sl_avr_part(len(parts)):
            parts.append(name.decode())
        close = difflib.get_close_matches(self._board.mcu, parts, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it knows {', '.join(parts)}."
        return f"{self._board.name}: {self.engine} does not know the part {self._board.mcu!r}; {hint}"

    def _load(self, image: Image) -> None:
        for address, data in image.segments:
            if address < DATA_SPACE:
                self._load_flash(image, address, data)
            elif EEPROM <= address < EEPROM_END and self._library.sl_avr_load_eeprom(
                self._machine, address - EEPROM, data, len(data)
            ):
                raise UsageError(
                    f"Firmware {image.path} does not fit into the EEPROM of an {self._board.mcu}."
                )

    def _load_flash(self, image: Image, address: int, data: bytes) -> None:
        if self._library.sl_avr_load_flash(self._machine, address, data, len(data)):
            size = self._library.sl_avr_flash_size(self._machine)
            raise UsageError(
                f"Firmware {image.path} needs flash up to {address + len(data):#x}, but an "
                f"{self._board.mcu} has {size:#x} bytes; build it for this board."
            )

    def run(
        self, *, for_us: float | Fraction, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """See :meth:`Machine.run`."""
        if self._fault is not None:
            self._result = RunResult(Stop.ERROR, self._view.cycle)
            raise self._fault
        pattern = None if until_line is None else re.compile(until_line)
        result = self._result = RunResult(Stop.CYCLES, self._view.cycle)
        limit = self._timeline.cycle_after(self._view.cycle, for_us)
        instructions_end = self._view.counters[0] + self._instruction_limit
        while True:
            wanted_edges = max(until_edges - len(result.edges), 1) if until_edges else 0
            stop = self._run_native(limit, instructions_end, wanted_edges, pattern is not None)
            result.cycle = self._view.cycle
            result.edges += self._new_edges()
            lines = self._new_lines(result)
            if stop not in (NativeStop.CYCLE, NativeStop.EDGES):
                result.lines += lines
                raise self._error(stop)
            for line in lines:
                result.lines.append(line)
                if pattern is not None and pattern.search(line.text):
                    result.stop = Stop.LINE
                    return result
            if stop is NativeStop.EDGES:
                result.stop = Stop.EDGES
                return result
            if self._strict and (notes := self.notes()):
                raise self._fail(notes[0])
            if self._view.cycle >= limit:
                return result

    def recorded(self) -> RunResult:
        """See :meth:`Machine.recorded`."""
        result, self._result = self._result, RunResult(Stop.ERROR, self._view.cycle)
        result.stop = Stop.ERROR
        return result

    def _run_native(self, limit: int, instructions_end: int, edges: int, stop_after_line: bool) -> NativeStop:
        if stop_after_line:  # a line end may be on its way since the last run
            limit = next((min(cycle, limit) for cycle, value in self._on_wire if value == LINE_FEED), limit)
        view = self._view
        instructions = instructions_end - view.counters[0]
        stop = NativeStop(
            self._library.sl_avr_run(self._machine, limit, instructions, edges, stop_after_line, byref(view))
        )
        self._take_flow()
        self._on_wire += [(byte.cycle, byte.value) for byte in view.bytes[: view.byte_count]]
        if view.log and (text := _clean(view.log)) not in self._complaints:
            self._complaints.append(text)
        return stop

    def _new_edges(self) -> list[Edge]:
        view = self._view
        return [
            Edge(e.cycle, _pin_name(e.pin), e.level, tuple(e.counters)) for e in view.edges[: view.edge_count]
        ]

    def _new_lines(self, result: RunResult) -> Iterator[UartLine]:
        """The lines that have left the wire; their bytes go into ``result``."""
        while self._on_wire and self._on_wire[0][0] <= self._view.cycle:
            cycle, value = self._on_wire.popleft()
            result.uart.append(UartByte(cycle, value))
            if line := self._lines.feed(value, cycle):
                yield line

    def _error(self, stop: NativeStop) -> ScopelessError:
        view = self._view
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
            f"The firmware faulted at {self._place(self._view.fault_pc)} at cycle {self._view.cycle}: {what}."
        )
        return self._fault

    def _place(self, pc: int) -> str:
        location = self._image and self._image.locate(pc)
        where = f" in {location}" if location else ""
        return f"PC {pc:#06x}{where}"

    def profile_start(self) -> None:
        """See :meth:`Machine.profile_start`."""
        if self._library.sl_avr_profile_start(self._machine):
            raise EngineCrash("The simavr engine ran out of memory.")

    def profile_stop(self) -> list[ProfileRow]:
        """See :meth:`Machine.profile_stop`."""
        count = self._library.sl_avr_profile_stop(self._machine, None, 0)
        rows = (_ProfileRow * max(count, 1))()
        self._library.sl_avr_profile_stop(self._machine, rows, len(rows))
        return [ProfileRow(row.address, row.executions, row.cycles, {}) for row in rows[:count]]

    def trace_start(self) -> None:
        """See :meth:`Machine.trace_start`."""
        functions = self._image.function_bounds if self._image else ()
        bounds = [at for at in functions if at < DATA_SPACE]
        if self._library.sl_avr_trace_start(self._machine, (c_uint32 * len(bounds))(*bounds), len(bounds)):
            raise EngineCrash("The simavr engine ran out of memory.")
        self._flow = b""

    def trace_read(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_read`."""
        self._take_flow()
        events, self._flow = flow.unpack(self._flow), b""
        return events

    def trace_stop(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_stop`."""
        self._library.sl_avr_trace_stop(self._machine)
        return self.trace_read()

    def _take_flow(self) -> None:
        count = c_size_t()
        events = self._library.sl_avr_trace_take(self._machine, byref(count))
        if count.value:
            self._flow += ctypes.string_at(events, count.value * flow.EVENT.size)

    def timeline(self) -> Timeline:
        """See :meth:`Machine.timeline`."""
        return self._timeline

    def uart_send(self, data: bytes, wait: bool = False) -> None:
        """See :meth:`Machine.uart_send`. libsimavr's receiver loses nothing, so that ``wait`` changes
        nothing."""
        if self._library.sl_avr_send(self._machine, data, len(data)):
            raise EngineCrash("The simavr engine ran out of memory; send less at a time.")

    def clock_hz(self) -> int:
        """See :meth:`Machine.clock_hz`."""
        return self._timeline.hz

    def time_us(self, cycle: int) -> float:
        """See :meth:`Machine.time_us`."""
        return self._timeline.time_us(cycle)

    def notes(self) -> list[str]:
        """See :meth:`Machine.notes`."""
        view, notes = self._view, [f"simavr reports: {text}." for text in self._complaints]
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
        cycle = self._view.cycle
        return f"{self._place(self._view.pc)}, cycle {cycle} ({self.time_us(cycle):.3f} us)"

    def close(self) -> None:
        """See :meth:`Machine.close`."""
        if self._machine:
            self._library.sl_avr_free(self._machine)
            self._machine = None


def _pin_name(number: int) -> str:
    return f"P{chr(ord('A') + number // 8)}{number % 8}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _clean(log: bytes) -> str:
    """simavr's message without terminal colours and decoration."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.decode("ascii", errors="replace"))
    return text.replace("CORE: ***", "").strip().rstrip(".")
