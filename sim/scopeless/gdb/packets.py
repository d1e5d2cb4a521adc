"""Packets of GDB's remote serial protocol: ``$payload#checksum`` (*Debugging with GDB*, E.1)."""

from __future__ import annotations

import re
from enum import Enum

MAX_PACKET = 0x4000
"""Bytes between ``$`` and ``#`` that are taken from GDB, which is told so."""

ESCAPE, ESCAPE_MASK = ord("}"), 0x20
_SPECIAL = re.compile(rb"[#$}*]")
_ESCAPED = re.compile(rb"}(.)", re.DOTALL)
_HEX = frozenset(b"0123456789abcdefABCDEF")


class Sign(Enum):
    """What comes over the line beside packets."""

    INTERRUPT = "interrupt"  # Ctrl-C
    ACK = "ack"
    RESEND = "resend"
    DAMAGED = "damaged"  # a packet that was longer than allowed or had the wrong checksum


class Reader:
    """Finds packets in a stream of bytes; what is no packet is dropped. It never holds more than
    :data:`MAX_PACKET` bytes."""

    def __init__(self) -> None:
        self._payload: bytearray | None = None  # of the packet under way
        self._too_long = False
        self._checksum: bytearray | None = None  # as far as it has come

    def feed(self, data: bytes) -> list[bytes | Sign]:
        """Take what was received; return what has become complete, in order."""
        found: list[bytes | Sign] = []
        for byte in data:
            if self._checksum is not None:
                self._checksum.append(byte)
                if len(self._checksum) == 2:
                    found.append(self._finish())
            elif byte == ord("$"):  # in a packet: the one before was cut off
                self._payload, self._too_long = bytearray(), False
            elif self._payload is None:
                if sign := {3: Sign.INTERRUPT, ord("+"): Sign.ACK, ord("-"): Sign.RESEND}.get(byte):
                    found.append(sign)
            elif byte == ord("#"):
                self._checksum = bytearray()
            elif len(self._payload) < MAX_PACKET:
                self._payload.append(byte)
            else:
                self._too_long = True
        return found

    def _finish(self) -> bytes | Sign:
        assert self._payload is not None and self._checksum is not None
        payload, checksum = bytes(self._payload), bytes(self._checksum)
        self._payload = self._checksum = None
        wrong = not _HEX.issuperset(checksum) or int(checksum, 16) != sum(payload) & 0xFF
        if wrong or self._too_long or re.search(rb"}\Z", _ESCAPED.sub(b"", payload)):
            return Sign.DAMAGED
        return _ESCAPED.sub(lambda match: bytes([match[1][0] ^ ESCAPE_MASK]), payload)


def frame(payload: bytes) -> bytes:
    """The packet that carries ``payload``."""
    escaped = _SPECIAL.sub(lambda match: bytes([ESCAPE, match[0][0] ^ ESCAPE_MASK]), payload)
    return b"$%b#%02x" % (escaped, sum(escaped) & 0xFF)
