"""The serial port of a board, from its other end."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from scopeless.machine import RunResult, UartLine

if TYPE_CHECKING:
    import pandas as pd

    from scopeless.api.machine import Machine

LAST_LINES = 20


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
