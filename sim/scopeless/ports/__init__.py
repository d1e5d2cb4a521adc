"""Who is at the other end of the firmware's UART: a terminal, a pseudo terminal, a TCP client."""

from __future__ import annotations

from typing import Protocol


class Port(Protocol):
    """One other end. None waits for long: a reader that is too slow loses bytes, as on a wire."""

    def fileno(self) -> int:
        """What becomes readable when there is something to do; negative for nothing at the moment."""

    def read(self) -> bytes:
        """What has come for the firmware since the last call."""

    def write(self, data: bytes) -> None:
        """What the firmware has sent."""

    def close(self) -> None:
        """Put everything back as it was. Safe to call twice."""
