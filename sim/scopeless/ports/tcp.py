"""A TCP port of this machine alone, for one client at a time."""

from __future__ import annotations

import contextlib
import socket

from scopeless.errors import UsageError

LOOPBACK = "127.0.0.1"
CHUNK = 4096
PATIENCE_S = 2.0


def listen(number: int) -> socket.socket:
    """A socket for clients on this machine. Raises :class:`UsageError` for a port that cannot be had."""
    try:
        return socket.create_server((LOOPBACK, number))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "ports go from 0 to 65535"
        raise UsageError(f"TCP port {number} cannot be opened: {reason.lower()}; choose another.") from error


class Tcp:
    """Listens on the loopback interface at ``number``; 0 chooses a free one, which ``number`` then is."""

    def __init__(self, number: int) -> None:
        """Raises :class:`UsageError` for a port that cannot be had."""
        self._client: socket.socket | None = None
        self._server = listen(number)
        self._server.setblocking(False)
        self.number: int = self._server.getsockname()[1]

    def fileno(self) -> int:
        """See :class:`Port`."""
        return (self._client or self._server).fileno()

    def read(self) -> bytes:
        """See :class:`Port`."""
        self._accept()
        if self._client is None:
            return b""
        try:
            data = self._client.recv(CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop()
        return data

    def write(self, data: bytes) -> None:
        """See :class:`Port`. A client that takes nothing for a while is sent away."""
        self._accept()
        if self._client is not None:
            try:
                self._client.sendall(data)
            except OSError:  # a time-out is one
                self._drop()

    def _accept(self) -> None:
        if self._client is None:
            with contextlib.suppress(BlockingIOError):
                self._client, _ = self._server.accept()
                self._client.settimeout(PATIENCE_S)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def close(self) -> None:
        """See :class:`Port`."""
        self._drop()
        self._server.close()
