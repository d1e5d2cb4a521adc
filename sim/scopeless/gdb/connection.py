"""One GDB at the other end of a socket: packets with their acknowledgements."""

from __future__ import annotations

import contextlib
import socket

from scopeless.gdb.packets import MAX_PACKET, Reader, Sign, frame

RECEIVE_BYTES = 0x10000
SEND_S = 10.0
"""Time a GDB has to take an answer; one that reads nothing has gone for us."""


class Connection:
    """Packets over ``link``, which it owns."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._link.settimeout(SEND_S)
        with contextlib.suppress(OSError):  # not every socket is one of TCP
            self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = Reader()
        self._acknowledging = True
        self._last = b""

    def fileno(self) -> int:
        """For ``select``."""
        return self._link.fileno()

    def receive(self) -> list[bytes | Sign]:
        """What has come: packets and interrupts. Raises OSError when GDB has gone."""
        data = self._link.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError
        found: list[bytes | Sign] = []
        for item in self._reader.feed(data):
            if isinstance(item, bytes):
                self._acknowledge(b"+")
                found.append(item)
            elif item is Sign.DAMAGED:
                self._acknowledge(b"-")
            elif item is Sign.RESEND:
                self._link.sendall(self._last)
            elif item is Sign.INTERRUPT:
                found.append(item)
        return found

    def send(self, payload: bytes) -> None:
        """Raises OSError when GDB has gone."""
        self._last = frame(payload)
        self._link.sendall(self._last)

    def send_text(self, text: str) -> None:
        """Have GDB print ``text``; only while it waits for the program to stop."""
        size = MAX_PACKET // 2 - 1
        data = text.encode(errors="replace")
        for start in range(0, len(data), size):
            self.send(b"O" + data[start : start + size].hex().encode())

    def stop_acknowledging(self) -> None:
        """GDB has asked for it: *Debugging with GDB*, E.11."""
        self._acknowledging = False

    def close(self) -> None:
        """End it."""
        self._link.close()

    def _acknowledge(self, sign: bytes) -> None:
        if self._acknowledging:
            self._link.sendall(sign)
