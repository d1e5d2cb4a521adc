"""A board with firmware on it, run step by step from Python."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from scopeless.api.pin import Pin
from scopeless.api.trace import Trace
from scopeless.api.uart import Uart
from scopeless.board import Board, load_board
from scopeless.engines import start
from scopeless.errors import RunTimeout, UsageError
from scopeless.firmware.build import firmware_for
from scopeless.firmware.image import Image
from scopeless.machine import Edge, RunResult, Stop, UartLine
from scopeless.run.bench import Bench
from scopeless.units import show_us, time_us

if TYPE_CHECKING:
    import pandas as pd

Time = str | float | Fraction
"""A simulated time: ``"10ms"``, or a number of microseconds."""

PATIENCE = "10s"
LOOK_US = Fraction(1000)


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
