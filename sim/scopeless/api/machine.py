"""A board with firmware on it, run step by step from Python."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from scopeless.api.trace import Trace
from scopeless.benchmark.windows import EDGES, Window, between, choose, passes
from scopeless.board import Board, load_board
from scopeless.engines import start
from scopeless.errors import RunTimeout, UsageError
from scopeless.firmware.build import firmware_for
from scopeless.firmware.image import Image
from scopeless.machine import Edge, PinChange, RunResult, Stop, UartLine
from scopeless.pins.pulses import Pulse, PulseFinder
from scopeless.run.bench import Bench
from scopeless.units import show_us, time_us

if TYPE_CHECKING:
    import pandas as pd

Time = str | float | Fraction
"""A simulated time: ``"10ms"``, or a number of microseconds."""

PATIENCE = "10s"
LOOK_US = Fraction(1000)
LAST_LINES = 20


class Machine:
    """A board with firmware on it, at power-on. Time stands still except in the methods ``run_...``.

    Everything that the firmware does is kept: each byte of its UART, each edge of its pins. All methods raise
    :class:`scopeless.errors.ScopelessError` with one sentence: UsageError for what cannot be, FirmwareFault
    where the firmware faults, RunTimeout where it does not do what was waited for. What was recorded until
    then can still be read.
    """

    def __init__(
        self,
        board: str | Board,
        firmware: str | Path | None = None,
        *,
        address: int | None = None,
        engine: str | None = None,
        pins: Sequence[str] | None = None,
        uart: str | None = None,
        strict: bool = False,
    ) -> None:
        """``firmware`` is an ELF, a HEX file, or raw bytes with the ``address`` they go to; without it the
        board runs the benchmark. ``pins``: those whose edges are recorded (``None``: all). ``uart``: another
        of the board's UARTs than its usual one. ``strict`` makes a fault of the first access to a
        peripheral that is not modelled."""
        self.board = load_board(board) if isinstance(board, str) else board
        path = (
            firmware_for(self.board, self.board.clocks_mhz[0], self.board.libm[0])
            if firmware is None
            else Path(firmware)
        )
        self.image = Image.open(path, self.board, address)
        self._engine = start(self.board, engine=engine, strict=strict)
        try:
            self._engine.load(path, address)
            self._engine.watch_pins(pins)
            if uart is not None:
                self._engine.use_uart(uart)
        except BaseException:
            self.close()
            raise
        self.engine = self._engine.engine
        """Name and version of the engine, such as ``unicorn 2.1.4``."""
        self.uart = Uart(self)
        self._begin()

    def _begin(self) -> None:
        self._bench = Bench(self._engine)
        self._bench.listeners.append(self._keep)
        self._edges: list[Edge] = []
        self.uart._forget()

    def _keep(self, result: RunResult) -> None:
        self._edges += result.edges
        self.uart._keep(result)

    # Running

    def run_for(self, time: Time) -> Self:
        """Run for a simulated time."""
        self._bench.run(time_us(time))
        return self

    def run_until_line(self, pattern: str, timeout: Time = PATIENCE) -> UartLine:
        """Run until the firmware sends a line that matches the regular expression ``pattern``
        (``re.search``), and return it. Raises :class:`RunTimeout` when none came within ``timeout`` of
        simulated time."""
        result = self._bench.run(time_us(timeout), until_line=pattern)
        if result.stop is not Stop.LINE:
            last = f"its last line was {self.uart.lines[-1]!r}" if self.uart.lines else "it sent no line"
            raise self._late(f"send a line that matches {pattern!r}", timeout, last)
        return result.lines[-1]

    def run_until_text(self, pattern: str, timeout: Time = PATIENCE) -> str:
        """Run until what the firmware sends from now on matches the regular expression ``pattern``, such as a
        prompt that no line end follows, and return the match. It is looked for once in a millisecond of
        simulated time. Raises like :meth:`run_until_line`."""
        try:
            wanted = re.compile(pattern.encode())
        except re.error as error:
            raise UsageError(f"{pattern!r} is not a regular expression: {error}.") from error
        end, first = self._bench.now_us + time_us(timeout), len(self.uart._data)
        while (match := wanted.search(self.uart._data, first)) is None:
            left = end - self._bench.now_us
            if left <= 0:
                raise self._late(
                    f"send {pattern!r}", timeout, f"it sent {bytes(self.uart._data[first:][-80:])!r}"
                )
            self._bench.run(min(left, LOOK_US))
        return match[0].decode(errors="backslashreplace")

    def run_until_edges(self, count: int, pin: str | None = None, timeout: Time = PATIENCE) -> pd.DataFrame:
        """Run until ``count`` further edges of ``pin`` (``None``: of all that are recorded) were seen, and
        return them. Raises :class:`RunTimeout` when they did not come within ``timeout`` of simulated
        time."""
        end = self._bench.now_us + time_us(timeout)
        first = len(self._edges)
        while True:
            edges = [edge for edge in self._edges[first:] if pin in (None, edge.pin)]
            if len(edges) >= count:
                return self._frame(edges)
            left = end - self._bench.now_us
            if left <= 0:
                raise self._late(
                    f"make {count} edges{f' of {pin}' if pin else ''}", timeout, f"it made {len(edges)}"
                )
            self._bench.run(left, until_edges=count - len(edges))

    def _late(self, what: str, timeout: Time, detail: str) -> RunTimeout:
        shown = timeout if isinstance(timeout, str) else show_us(float(timeout))
        return RunTimeout(
            f"The firmware did not {what} within {shown} of simulated time: {detail}; it is at "
            f"{self._engine.where()}."
        )

    def reset(self) -> None:
        """Power-on reset: cycle 0, memory as loaded, nothing recorded, no pin driven."""
        self._engine.reset()
        self._begin()

    def trace(self) -> Trace:
        """Record functions and their calls: ``with m.trace() as t: m.run_until_line("Finished")``, then
        ``t.functions``. Raises :class:`UsageError` under Renode, which cannot tell them."""
        return Trace(self)

    # What there is to see

    @property
    def cycles(self) -> int:
        """Core clock cycles since reset."""
        return self._bench.cycle

    @property
    def time_us(self) -> float:
        """Simulated time since reset, in microseconds, through every change of the clock."""
        return float(self._bench.now_us)

    @property
    def clock_hz(self) -> int:
        """Core clock now, as the firmware set it."""
        return self._bench.timeline.hz

    @property
    def notes(self) -> list[str]:
        """What you should know: peripherals that are not modelled, a clock too fast for its wait states."""
        return self._engine.notes()

    @property
    def where(self) -> str:
        """Where the firmware is: PC, symbol, source line and cycle."""
        return self._engine.where()

    def pin(self, name: str) -> Pin:
        """One of the board's pins, such as ``PB12``."""
        return Pin(self, name)

    @property
    def edges(self) -> pd.DataFrame:
        """All recorded edges: cycle, time_us, pin, level."""
        return self._frame(self._edges)

    def _frame(self, edges: Sequence[Edge]) -> pd.DataFrame:
        import pandas as pd

        timeline = self._bench.timeline
        data = {
            "cycle": pd.Series([edge.cycle for edge in edges], dtype="int64"),
            "time_us": pd.Series([timeline.time_us(edge.cycle) for edge in edges], dtype="float64"),
            "pin": pd.Series([edge.pin for edge in edges], dtype="str"),
            "level": pd.Series([edge.level for edge in edges], dtype="int8"),
        }
        return pd.DataFrame(data)

    # Ending

    def close(self) -> None:
        """End the engine; what was recorded stays. Safe to call twice."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _facts(self) -> dict[str, Any]:
        pins = dict.fromkeys(edge.pin for edge in self._edges)
        return {
            "board": f"{self.board.name} ({self.board.mcu})",
            "firmware": self.image.path.name,
            "engine": self.engine,
            "cycle": f"{self.cycles:,} ({show_us(self.time_us)}, core at {self.clock_hz / 1e6:g} MHz)",
            "UART": f"{len(self.uart.data)} bytes, {len(self.uart.lines)} lines",
            "pins": ", ".join(pins) or "no edge yet",
        }

    def __repr__(self) -> str:
        return f"<Machine {'; '.join(f'{name}: {value}' for name, value in self._facts().items())}>"

    def _repr_html_(self) -> str:
        left = "style='text-align:left'"
        rows = (
            f"<tr><th {left}>{name}</th><td {left}>{html.escape(value)}</td></tr>"
            for name, value in self._facts().items()
        )
        return f"<table>{''.join(rows)}</table>"


class Uart:
    """The serial port's other end. Printing it shows what the firmware has sent."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._forget()

    def _forget(self) -> None:
        self._data = bytearray()
        self._lines: list[UartLine] = []

    def _keep(self, result: RunResult) -> None:
        self._data += bytes(byte.value for byte in result.uart)
        self._lines += result.lines

    def write(self, data: bytes | str) -> None:
        """Send bytes (text as UTF-8); they arrive one after the other at the line's baud rate."""
        self._machine._engine.uart_send(data.encode() if isinstance(data, str) else data)

    def write_line(self, text: str, end: str = "\n") -> None:
        """Send a line."""
        self.write(text + end)

    @property
    def data(self) -> bytes:
        """Every byte that the firmware has sent since reset, a line under way included."""
        return bytes(self._data)

    @property
    def text(self) -> str:
        """:attr:`data` as text; what is no UTF-8 is shown as ``\\xNN``."""
        return self._data.decode(errors="backslashreplace").replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        """The complete lines, without their ends."""
        return [line.text for line in self._lines]

    @property
    def frame(self) -> pd.DataFrame:
        """The complete lines: cycle, time_us and text; the cycle is that at which the line end had left the
        wire."""
        import pandas as pd

        timeline = self._machine._bench.timeline
        rows = [(line.cycle, timeline.time_us(line.cycle), line.text) for line in self._lines]
        return pd.DataFrame(rows, columns=["cycle", "time_us", "text"])

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Uart: {len(self._data)} bytes, {len(self._lines)} lines, the last {self.lines[-1:]}>"

    def _repr_html_(self) -> str:
        shown = self.text.splitlines()[-LAST_LINES:]
        return f"<pre>{html.escape(chr(10).join(shown))}</pre>"


class Pin:
    """One pin: its edges where the firmware drives it, its level from outside where it does not."""

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine, self.name = machine, name

    @property
    def _edges(self) -> list[Edge]:
        return [edge for edge in self._machine._edges if edge.pin == self.name]

    @property
    def edges(self) -> pd.DataFrame:
        """Cycle, time_us and level of each edge since reset."""
        return self._machine._frame(self._edges).drop(columns="pin")

    @property
    def pulses(self) -> pd.DataFrame:
        """From each edge to the next: the level in between, the cycle it began on, its length in cycles and
        microseconds."""
        import pandas as pd

        pulses = PulseFinder().feed(self._edges, self._machine._bench.timeline)
        return pd.DataFrame(pulses, columns=list(Pulse._fields)).drop(columns="pin")

    @property
    def level(self) -> int | None:
        """What the firmware drives; None before its first edge."""
        edges = self._edges
        return edges[-1].level if edges else None

    def window(
        self, occurrence: int = 1, *, begin: str = "rising", end: str = "falling", since: int = 0
    ) -> Window:
        """The ``occurrence``-th time from a ``begin`` edge to the next ``end`` edge (-1: the last time) of
        those since a cycle: its ``cycles`` and ``instructions``, and where they went. Raises CheckFailed when
        there is none."""
        for edge in (begin, end):
            if edge not in EDGES:
                raise UsageError(f"An edge is 'rising' or 'falling', not {edge!r}.")
        edges = [edge for edge in self._edges if edge.cycle >= since]
        found = passes(edges, EDGES[begin], EDGES[end])
        first, last = choose(found, occurrence, self.name, len(edges))
        return between(edges[first], edges[last], self._machine._engine.counter_names)

    def drive(self, level: int, at: int | str | None = None) -> None:
        """Put a level on the pin from outside: now, at a cycle, or at a simulated time since reset such as
        ``"10ms"``. The firmware's reads see it from that cycle on."""
        cycle, us = (None, time_us(at)) if isinstance(at, str) else (at, None)
        self._machine._engine.drive([PinChange(self.name, int(bool(level)), cycle, us)])

    def __repr__(self) -> str:
        return f"<Pin {self.name}: {len(self._edges)} edges, level {self.level}>"
