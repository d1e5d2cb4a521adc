"""The server: one GDB at a time, on the loopback interface only, and the machine that it debugs."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable

from scopeless.board import Board
from scopeless.debug import Debuggable, WatchKind
from scopeless.errors import EngineCrash, FirmwareFault, RunTimeout, ScopelessError, UsageError
from scopeless.gdb.connection import Connection
from scopeless.gdb.monitor import Monitor
from scopeless.gdb.packets import Sign
from scopeless.gdb.stub import End, Resume, Stub
from scopeless.gdb.target import target_of
from scopeless.machine import Machine, RunResult, Stop

HOST = "127.0.0.1"
SLICE_HOST_S = 0.03
"""Host time between two looks at the connection, so that Ctrl-C in GDB acts at once."""
FIRST_SLICE_US, SHORTEST_SLICE_US, LONGEST_SLICE_US = 1e3, 10.0, 1e5

STOPPED, INTERRUPTED, FAULTED, LOST = b"T05thread:1;", b"T02thread:1;", b"T0bthread:1;", b"X09"
WATCH_REASONS = {WatchKind.WRITE: b"watch", WatchKind.READ: b"rwatch", WatchKind.ACCESS: b"awatch"}


def listen(port: int) -> socket.socket:
    """A socket for GDB on ``port`` (0: any that is free). Raises :class:`UsageError` for one that is taken."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"GDB's port {port} cannot be opened on {HOST}: {reason.lower()}; choose another, or 0 for any "
            "that is free."
        ) from error
    return listener


class Server:
    """Lets the GDB that connects to ``listener`` control ``machine``, which stands still until it is told to
    go on. ``debugger`` is the machine's; ``output`` hears of what each slice of the run has brought."""

    def __init__(
        self,
        listener: socket.socket,
        machine: Machine,
        debugger: Debuggable,
        board: Board,
        *,
        output: Callable[[RunResult], None],
    ) -> None:
        self._listener, self._machine, self._debugger, self._output = listener, machine, debugger, output
        self._monitor = Monitor(machine, debugger)
        self._stub = Stub(debugger, target_of(board, list(debugger.registers())), self._monitor.answer)
        self._connection: Connection | None = None
        self._going: Resume | None = None
        self._slice_us = FIRST_SLICE_US

    def serve(self) -> None:
        """Serve until GDB kills the program. When GDB detaches or goes away, the program runs on, and the
        next GDB that connects stops it. Raises what ends a run while no GDB is there to be told."""
        try:
            while self._turn():
                pass
        except ScopelessError:
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.send(LOST)
            raise
        finally:
            if self._connection is not None:
                self._connection.close()

    def _turn(self) -> bool:
        """Do what is there to be done; whether there may be more."""
        sources = [self._listener, *([self._connection] if self._connection else [])]
        ready = select.select(sources, [], [], None if self._going is None else 0)[0]
        if self._listener in ready:
            self._accept()
        try:
            if self._connection is not None and self._connection in ready:
                for item in self._connection.receive():
                    if not self._take(item):
                        return False
            if self._going is not None:
                self._slice(self._going)
        except OSError:
            self._detach()
        return True

    def _accept(self) -> None:
        link = self._listener.accept()[0]
        if self._connection is not None:
            link.close()
            return
        self._connection, self._going = Connection(link), None
        self._stub.stop_reply = STOPPED
        self._debugger.attach(True)

    def _detach(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._stub.clear()
            self._debugger.attach(False)
            self._go(Resume())

    def _take(self, item: bytes | Sign) -> bool:
        """One thing that GDB sent; whether to go on serving."""
        if self._connection is None:  # detached: what came behind that is void
            return True
        if self._going is not None:
            if item is Sign.INTERRUPT:
                self._halt(INTERRUPTED)
            return True
        if not isinstance(item, bytes):
            return True
        if item == b"QStartNoAckMode":
            self._connection.send(b"OK")
            self._connection.stop_acknowledging()
            return True
        reply = self._stub.answer(item)
        if isinstance(reply, Resume):
            self._go(reply)
        elif reply is End.KILL:
            self._connection.send(b"OK")
            return False
        elif reply is End.DETACH:
            self._connection.send(b"OK")
            self._detach()
        elif isinstance(reply, bytes):
            self._connection.send(reply)
        return True

    def _go(self, resume: Resume) -> None:
        self._going = resume
        self._slice_us = FIRST_SLICE_US

    def _slice(self, going: Resume) -> None:
        began = time.perf_counter()
        try:
            if going.step:
                result = self._debugger.step(for_us=self._slice_us, within=going.within)
            else:
                result = self._machine.run(for_us=self._slice_us)
        except (FirmwareFault, RunTimeout) as error:
            with contextlib.suppress(EngineCrash):  # the engine is gone where a call took too long
                self._show(self._machine.recorded())
            if self._connection is None:
                raise
            self._connection.send_text(f"{error}\n")
            self._halt(FAULTED)
            return
        self._show(result)
        if result.watch is not None:
            reason, address = WATCH_REASONS[result.watch.kind], result.watch.address
            self._halt(b"T05%b:%x;thread:1;" % (reason, address))
        elif result.stop is not Stop.CYCLES:
            self._halt(STOPPED)
        elif time.perf_counter() - began > SLICE_HOST_S:
            self._slice_us = max(self._slice_us / 2, SHORTEST_SLICE_US)
        else:
            self._slice_us = min(self._slice_us * 2, LONGEST_SLICE_US)

    def _show(self, result: RunResult) -> None:
        self._monitor.saw(result)
        self._output(result)

    def _halt(self, reply: bytes) -> None:
        self._going = None
        self._stub.stop_reply = reply
        if self._connection is not None:
            self._connection.send(reply)
