"""The one interface between engines and everything above them.

An engine executes a firmware on a board; it knows nothing of benchmarks, predictions or scopes. Time is an
integer count of core clock cycles since reset; simulated microseconds are derived from it and from the
clocks the firmware set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol

from scopeless.debug import Watchpoint
from scopeless.timeline import Timeline

UNSAFE_FLASH = "the real chip may read wrong instructions"
"""How a note ends that tells of flash settings with which silicon cannot run."""


@dataclass(frozen=True)
class Edge:
    """One level change of one pin.

    ``counters`` holds the engine's running totals at that moment, named by :attr:`Machine.counter_names`;
    the difference between two edges' counters describes the window between them.
    """

    cycle: int
    pin: str
    level: int
    counters: tuple[int, ...] = ()


@dataclass(frozen=True)
class UartLine:
    """One complete line the firmware sent (without its line end) and the cycle at which its line end left
    the wire."""

    cycle: int
    text: str


class UartByte(NamedTuple):
    """One byte the firmware sent and the cycle at which its stop bit left the wire."""

    cycle: int
    value: int


class PinChange(NamedTuple):
    """A level that the outside puts on an input pin: at ``cycle`` since reset, or at ``us`` microseconds of
    simulated time (the nearest cycle, through every clock change), or at once."""

    pin: str
    level: int
    cycle: int | None = None
    us: Fraction | None = None


class Stop(StrEnum):
    """Why :meth:`Machine.run` returned."""

    LINE = "line"  # a line matching `until_line` arrived
    EDGES = "edges"  # `until_edges` further edges were recorded
    CYCLES = "cycles"  # the `for_us` budget is used up
    ERROR = "error"  # it did not return: it raised an error
    BREAKPOINT = "breakpoint"  # before an instruction with a breakpoint: scopeless.debug
    WATCHPOINT = "watchpoint"  # behind an access that a watchpoint saw
    STEP = "step"  # Debuggable.step is done


@dataclass
class RunResult:
    """What one call of :meth:`Machine.run` brought: the edges, lines and bytes that are new since the last
    call. The bytes are those of the lines and of a line under way, such as a prompt. ``watch`` is the
    watchpoint that stopped it."""

    stop: Stop
    cycle: int
    edges: list[Edge] = field(default_factory=list)
    lines: list[UartLine] = field(default_factory=list)
    uart: list[UartByte] = field(default_factory=list)
    watch: Watchpoint | None = None


class ProfileRow(NamedTuple):
    """One instruction of a profile: how often it was executed, and cycles until it was done. ``causes`` are
    the cycles by cause, named as in :attr:`Machine.counter_names`; they add up to ``cycles``, and are empty
    where the engine does not tell causes."""

    address: int
    executions: int
    cycles: int
    causes: Mapping[str, int]


class Flow(StrEnum):
    """What a :class:`FlowEvent` tells of the program's way between functions."""

    START = "start"  # the trace begins: what runs now
    CALL = "call"
    RETURN = "return"
    JUMP = "jump"  # into another function without a call: a tail call, shared code, falling through
    EXCEPTION = "exception"  # its entry begins
    EXCEPTION_RETURN = "exception_return"  # the interrupted code goes on
    SLEEP = "sleep"
    WAKE = "wake"
    STOP = "stop"  # the trace ends


class FlowEvent(NamedTuple):
    """One transition between functions. ``cycle`` and ``instructions`` are the totals since reset before the
    instruction at ``pc``, which is gone to; ``sp`` is the stack pointer there. Of an exception and its
    return, ``sp`` tells which stacked context it is: the same for both."""

    cycle: int
    instructions: int
    kind: Flow
    pc: int
    sp: int


class Machine(Protocol):
    """A board with firmware on it: what every engine does. Made by :func:`scopeless.engines.start`; used in
    a ``with`` statement. (What a notebook uses, :class:`scopeless.Machine`, stands on one.)"""

    engine: str
    """Name and version of the engine, such as ``unicorn 2.1.4``."""
    counter_names: tuple[str, ...]
    """Names of the running totals in :attr:`Edge.counters`; the first is always ``instructions``."""

    def load(self, path: Path, address: int | None = None) -> None:
        """Load an ELF, a HEX file, or raw bytes that go to ``address``, and reset. Raises
        :class:`UsageError` for a file that is not firmware for this board."""

    def reset(self) -> None:
        """Power-on reset: memory as loaded, cycle 0, no edges, no UART bytes, no input pin driven. What is
        watched stays."""

    def pin_names(self) -> list[str]:
        """Every pin that :meth:`watch_pins` and :meth:`drive` know."""

    def watch_pins(self, pins: Sequence[str] | None) -> None:
        """From now on record the edges of these pins where the firmware drives them (``None``: of every
        pin), in place of the board's benchmark pin. Raises :class:`UsageError` for one that the board
        lacks."""

    def use_uart(self, name: str) -> None:
        """From now on lines and bytes go over this UART, in place of the board's own. Raises
        :class:`UsageError` for one that the board lacks."""

    def drive(self, changes: Sequence[PinChange]) -> None:
        """Put levels on pins from outside. An input that nothing drives has the level of its pull-up; what is
        due in the past happens at once. Raises :class:`UsageError` for a pin that the board lacks."""

    def run(
        self,
        *,
        for_us: float | Fraction,
        until_line: str | None = None,
        until_edges: int | None = None,
    ) -> RunResult:
        """Run for at most ``for_us`` simulated microseconds, or until a line matches the regular expression
        ``until_line`` (``re.search``), or until ``until_edges`` further edges of the watched pins were
        recorded.

        Raises :class:`FirmwareFault` when the firmware faults and :class:`RunTimeout` when a watchdog
        (instructions or host time) ends the run.
        """

    def recorded(self) -> RunResult:
        """What was recorded up to the fault or limit that ended the last :meth:`run`."""

    def profile_start(self) -> None:
        """Begin to count executions and cycles by instruction; ends a profile that is running."""

    def profile_stop(self) -> list[ProfileRow]:
        """End the profile: one row for each instruction executed since, in order of addresses."""

    def trace_start(self) -> None:
        """Begin to record the program's way between functions; ends a trace that is running. The cycles stay
        the same."""

    def trace_read(self) -> list[FlowEvent]:
        """What the running trace has recorded since the last call, for long runs."""

    def trace_stop(self) -> list[FlowEvent]:
        """End the trace: what has not been read yet. The first event of a trace is a start, the last a stop;
        without a trace, there is none."""

    def timeline(self) -> Timeline:
        """The core clock since reset, for :meth:`time_us` of many cycles."""

    def uart_send(self, data: bytes, wait: bool = False) -> None:
        """Queue bytes for the firmware's receiver; they arrive one after the other at the line's baud rate.
        With ``wait`` they begin when the receiver is on, else they are lost before that."""

    def clock_hz(self) -> int:
        """Core clock now, as the firmware set it."""

    def time_us(self, cycle: int) -> float:
        """Simulated time since reset at ``cycle``, in microseconds, through every clock change."""

    def notes(self) -> list[str]:
        """What the user should know, one sentence each: unmodelled peripherals touched, a clock that is too
        fast for its wait states, a baud rate that misses."""

    def where(self) -> str:
        """Where the firmware is, in words: PC, symbol, source line and cycle, and whether it sleeps for
        ever."""

    def close(self) -> None:
        """End the engine. Safe to call twice."""
