"""The ``renode`` engine: a Cortex-M board under the user's own Renode, with our platform of it (``renode/``).

Cycles are Renode's virtual time at the board's clock, in which every instruction takes one cycle: no wait
states, no pipeline. Time advances in slices, so that a run reads the recorders after each; what they hold
beyond the end of the run is kept for the next one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from scopeless.board import Board
from scopeless.engines import DEFAULT_INSTRUCTION_LIMIT
from scopeless.engines.lines import LineAssembler
from scopeless.errors import FirmwareFault, RunTimeout, UsageError
from scopeless.firmware.elf import Elf, Location
from scopeless.machine import Edge, FlowEvent, PinChange, ProfileRow, RunResult, Stop, UartByte, UartLine
from scopeless.renode import RENODE_DIR
from scopeless.renode.find import find_renode
from scopeless.renode.process import RenodeProcess, monitor_path
from scopeless.renode.recording import Recording
from scopeless.renode.timing import RenodeTiming
from scopeless.timeline import Timeline

SLICE_NS = 10_000_000
"""Virtual time between two looks at the recorders."""
BITS_PER_BYTE = 10
UNEXPECTED = "unexpected_exception"
"""Handler of faults in our firmware: firmware/hal/cortexm/startup.c."""
UNMODELLED = " non existing peripheral"
"""In Renode's log: ReadDoubleWord from, or WriteDoubleWord to, an address where nothing is (SystemBus.cs)."""

_CLOCK = re.compile(rb"Scopeless benchmark on \S+ at (\d+) MHz")


class RenodeMachine:
    """A Cortex-M board under Renode. ``strict`` makes a :class:`FirmwareFault` of the first access to an
    address without a peripheral, once Renode has logged it; ``instruction_limit`` is for one call of
    :meth:`run`."""

    def __init__(
        self, board: Board, *, strict: bool = False, instruction_limit: int = DEFAULT_INSTRUCTION_LIMIT
    ) -> None:
        """Raises :class:`UsageError` when there is no Renode, or no platform of ``board``."""
        self._script = RENODE_DIR / f"{board.name}.resc"
        if not self._script.exists():
            raise UsageError(f"There is no {self._script}; run Scopeless from a clone of its repository.")
        renode = find_renode()
        self.engine = f"renode {renode.version} (virtual time)"
        self._board = board
        self._strict = strict
        self._instruction_limit = instruction_limit
        self._elf: Elf | None = None
        self._notes: list[str] = []
        self._loads = 0
        self.counter_names: tuple[str, ...] = ("instructions",)
        self._timing: RenodeTiming | None = None
        self._set_clock(board.clocks_mhz[0])
        self._renode: RenodeProcess | None = RenodeProcess(renode)

    @property
    def renode(self) -> RenodeProcess:
        """The running Renode. Raises :class:`UsageError` after :meth:`close`."""
        if self._renode is None:
            raise UsageError("This machine is closed; start a new one.")
        return self._renode

    def load(self, path: Path, address: int | None = None) -> None:
        """See :meth:`Machine.load`. The clock is the one that the benchmark's banner in the ELF says. Raises
        :class:`UsageError` for a HEX or BIN file."""
        if address is not None:
            raise UsageError("The renode engine takes ELF files only; use the board's own engine.")
        opened = Elf.open(path, machine="arm")
        said = next((match for _, data in opened.segments if (match := _CLOCK.search(data))), None)
        self._notes = [
            "Cycles are Renode's virtual time: one for each instruction, whatever it costs on silicon; "
            "docs/renode.md says how it is rounded and what the instruction counts include."
        ]
        if said is None:
            self._notes.append(
                f"The firmware does not say its clock; Renode ran it at {self._board.clocks_mhz[0]} MHz."
            )
        self._set_clock(int(said[1]) if said else self._board.clocks_mhz[0])
        self._elf = opened
        self.reset()

    def reset(self) -> None:
        """See :meth:`Machine.reset`."""
        self._ns = self._logical_ns = 0
        self._events: deque[tuple[int, Edge | UartByte | UartLine]] = deque()
        self._result = RunResult(Stop.CYCLES, 0)
        self._to_send: deque[int] = deque()
        self._assembler = LineAssembler()
        if self._elf is None:
            return
        self._loads += 1
        edges = self.renode.folder / f"edges-{self._loads}.csv"
        uart_bytes = self.renode.folder / f"uart-{self._loads}.csv"
        self.renode.keyword("ResetEmulation")
        for command in (
            f"$clock_mhz={self._clock_mhz}",
            f"$elf={monitor_path(self._elf.path.absolute())}",
            f"$edges={monitor_path(edges)}",
            f"$uart_bytes={monitor_path(uart_bytes)}",
            f"include {monitor_path(self._script)}",
        ):
            self.renode.command(command)
        self._edges, self._bytes = Recording(edges), Recording(uart_bytes)
        if self._timing is not None:
            self._timing.begin(self._elf.path.absolute())

    def use_timing_model(self) -> tuple[str, ...]:
        """From the next load or reset on, run the timing model over what Renode executes: edges get its
        counters behind Renode's own, with "chip_" before their names. Returns the names."""
        if self._timing is None:
            self._timing = RenodeTiming(self.renode, self._board)
            self.counter_names = (*self.counter_names, *self._timing.counter_names)
        return self.counter_names

    def pin_names(self) -> list[str]:
        """See :meth:`Machine.pin_names`."""
        return [self._board.pin]

    def watch_pins(self, pins: Sequence[str] | None) -> None:
        """See :meth:`Machine.watch_pins`. Raises :class:`UsageError` for all but the board's own."""
        if pins is not None and not set(pins) <= {self._board.pin}:
            raise UsageError(
                f"The renode engine records {self._board.pin} of {self._board.name} only; use the board's "
                "own engine for other pins."
            )

    def use_uart(self, name: str) -> None:
        """See :meth:`Machine.use_uart`. Raises :class:`UsageError` for all but the board's own."""
        if name != self._board.uart:
            raise UsageError(
                f"The renode engine has {self._board.uart} of {self._board.name} only; use the board's own "
                "engine for another UART."
            )

    def drive(self, changes: Sequence[PinChange]) -> None:
        """Raises :class:`UsageError`: no pin can be driven under Renode."""
        raise UsageError("The renode engine cannot drive input pins; use the board's own engine for it.")

    def run(
        self, *, for_us: float | Fraction, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """See :meth:`Machine.run`."""
        if self._elf is None:
            raise UsageError("No firmware is loaded; load an ELF first.")
        pattern = None if until_line is None else re.compile(until_line)
        limit_ns = self._logical_ns + round(for_us * 1000)
        checked_ns = self._ns
        result = self._result = RunResult(Stop.CYCLES, 0)
        while True:
            while self._events and self._events[0][0] <= limit_ns:
                self._logical_ns, event = self._events.popleft()
                if isinstance(event, Edge):
                    result.edges.append(self._timing.time(event) if self._timing else event)
                    if until_edges and len(result.edges) == until_edges:
                        return self._end(result, Stop.EDGES)
                elif isinstance(event, UartByte):
                    result.uart.append(event)
                else:
                    result.lines.append(event)
                    if pattern is not None and pattern.search(event.text):
                        return self._end(result, Stop.LINE)
            if self._ns >= limit_ns:
                self._logical_ns = limit_ns
                if until_line is not None or until_edges:
                    self._check_fault()
                return self._end(result, Stop.CYCLES)
            self._advance(min(limit_ns - self._ns, SLICE_NS))
            # No more instructions than time allows have been executed: no need to ask before that.
            if (self._ns - checked_ns) * self._clock_mhz > self._instruction_limit * 1000:
                raise self._timeout()

    def recorded(self) -> RunResult:
        """See :meth:`Machine.recorded`."""
        result = self._result
        self._result = RunResult(Stop.ERROR, self._cycle(self._logical_ns))
        return self._end(result, Stop.ERROR)

    def profile_start(self) -> None:
        """Raises :class:`UsageError`: there is none under Renode."""
        raise UsageError("The renode engine has no cycle profile; use the board's own engine for it.")

    def profile_stop(self) -> list[ProfileRow]:
        """Raises :class:`UsageError`: there is none under Renode."""
        raise UsageError("The renode engine has no cycle profile; use the board's own engine for it.")

    def trace_start(self) -> None:
        """Raises :class:`UsageError`: there is none under Renode."""
        raise UsageError("The renode engine has no function trace; use the board's own engine for it.")

    def trace_read(self) -> list[FlowEvent]:
        """See :meth:`trace_start`."""
        return []

    def trace_stop(self) -> list[FlowEvent]:
        """See :meth:`trace_start`."""
        return []

    def timeline(self) -> Timeline:
        """See :meth:`Machine.timeline`."""
        return self._timeline

    def uart_send(self, data: bytes, wait: bool = False) -> None:
        """See :meth:`Machine.uart_send`; Renode's receiver is always on."""
        self._to_send += data

    def clock_hz(self) -> int:
        """The clock that Renode was told, at which it executes one instruction per period."""
        return self._timeline.hz

    def time_us(self, cycle: int) -> float:
        """See :meth:`Machine.time_us`."""
        return self._timeline.time_us(cycle)

    def notes(self) -> list[str]:
        """See :meth:`Machine.notes`."""
        accesses = self.renode.log_lines(UNMODELLED)
        lacking = [_lacks(accesses[0])] if accesses else []
        return [*self._notes, *lacking, *(self._timing.notes() if self._timing else ())]

    def where(self) -> str:
        """See :meth:`Machine.where`."""
        return self._place()[0]

    def close(self) -> None:
        """See :meth:`Machine.close`."""
        if self._timing is not None:
            self._timing.close()
        if self._renode is not None:
            self._renode.close()
            self._renode = None

    def _set_clock(self, mhz: int) -> None:
        self._clock_mhz = mhz
        self._timeline = Timeline(mhz * 1_000_000)

    def _cycle(self, ns: int) -> int:
        return (ns * self._clock_mhz + 500) // 1000

    def _end(self, result: RunResult, stop: Stop) -> RunResult:
        result.stop, result.cycle = stop, self._cycle(self._logical_ns)
        return result

    def _advance(self, ns: int) -> None:
        """Run for ``ns`` of virtual time, or for one byte's time when there is one to send, and take in what
        was recorded."""
        if self._to_send:
            self.renode.command(f"sysbus.{self._board.uart} WriteChar {self._to_send.popleft()}")
            ns = min(ns, BITS_PER_BYTE * 10**9 // self._board.baud)
        seconds, rest = divmod(ns, 10**9)
        # Renode rounds the decimals down after a multiplication in floating point: half a ns more is safe.
        self.renode.command(f'emulation RunFor "{seconds}.{rest:09d}5"')
        self._ns += ns
        events: list[tuple[int, Edge | UartByte | UartLine]] = [
            (sample.ns, Edge(self._cycle(sample.ns), self._board.pin, sample.value, (sample.instructions,)))
            for sample in self._edges.new()
        ]
        for sample in self._bytes.new():
            cycle = self._cycle(sample.ns)
            events.append((sample.ns, UartByte(cycle, sample.value)))
            if line := self._assembler.feed(sample.value, cycle):
                events.append((sample.ns, line))
        self._events += sorted(events, key=lambda event: event[0])
        if self._timing is not None:
            self._timing.limit_size()
        if self._strict and (accesses := self.renode.log_lines(UNMODELLED)):
            raise FirmwareFault(_lacks(accesses[0]))

    def _timeout(self) -> RunTimeout:
        return RunTimeout(
            f"The firmware may have executed {self._instruction_limit} instructions in one run and is at "
            f"{self.where()}; look for an endless loop there, or raise the limit."
        )

    def _check_fault(self) -> None:
        """Faults do not stop Renode: our firmware ends in an endless loop, its handler of faults."""
        place, function = self._place()
        if function == UNEXPECTED:
            raise FirmwareFault(
                f"The firmware took a fault, or an interrupt without a handler: it is at {place}; run it on "
                "the board's own engine to see where it came from."
            )

    def _place(self) -> tuple[str, str | None]:
        """Where the firmware is, in words, and the name of the function."""
        pc = int(self.renode.command("sysbus.cpu PC").strip(), 0)
        where = self._elf.locate(pc) if self._elf else Location()
        return f"PC {pc:#010x} in {where}, cycle {self._cycle(self._ns)}", where.function


def _lacks(words: str) -> str:
    return f"The firmware uses what the platform lacks, in Renode's words: {words}"
