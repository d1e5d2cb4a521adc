"""The server: one GDB at a time, on the loopback interface only, and the machine that it debugs."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator
from fractions import Fraction

from scopeless.board import Board
from scopeless.debug import Debuggable, WatchKind
from scopeless.errors import FirmwareFault, RunTimeout, UsageError
from scopeless.gdb.connection import Connection
from scopeless.gdb.monitor import Monitor
from scopeless.gdb.packets import Sign
from scopeless.gdb.stub import End, Resume, Stub
from scopeless.gdb.target import target_of
from scopeless.machine import RunResult, Stop
from scopeless.run.bench import Bench

LONGEST_SLICE_US = Fraction(100_000)
"""A firmware that slept and wakes up would not hear GDB's Ctrl-C for so long."""

STOPPED, INTERRUPTED, FAULTED = b"T05thread:1;", b"T02thread:1;", b"T0bthread:1;"
EXITED, LOST = b"W00", b"X09"
WATCH_REASONS = {WatchKind.WRITE: b"watch", WatchKind.READ: b"rwatch", WatchKind.ACCESS: b"awatch"}


class Server:
    """Lets the GDB that connects to ``listener`` control the machine on ``bench``, which stands still until
    it is told to go on. ``debugger`` is the machine's. In turns with the run: :meth:`poll`, :meth:`slice`.

    When GDB detaches or goes away, the program runs on, and the next GDB that connects stops it.
    """

    def __init__(self, listener: socket.socket, bench: Bench, debugger: Debuggable, board: Board) -> None:
        self._listener, self._bench, self._debugger = listener, bench, debugger
        target = target_of(board, list(debugger.registers()))
        self._stub = Stub(debugger, target, Monitor(bench, debugger).answer)
        self._connection: Connection | None = None
        self._going: Resume | None = None
        bench.longest_slice_us = min(bench.longest_slice_us, LONGEST_SLICE_US)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    @property
    def halted(self) -> bool:
        """Whether the program stands still."""
        return self._going is None

    def poll(self, wait_s: float = 0.0) -> bool:
        """Do what GDB asks for, and wait for it so long at most. False when it has killed the program.

        Raises what the machine raises when its engine ends."""
        sources: list[socket.socket | Connection] = [self._listener]
        if self._connection is not None:
            sources.append(self._connection)
        ready = select.select(sources, [], [], wait_s)[0]
        if self._listener in ready:
            self._accept()
        with self._detaching():
            if self._connection is not None and self._connection in ready:
                return all(self._take(item) for item in self._connection.receive())
        return True

    def slice(self, end_us: Fraction, *, until_line: str | None = None) -> RunResult | None:
        """Let the program go on as GDB wants, up to the simulated time ``end_us`` at most, and tell GDB when
        it stops. None for a fault that GDB hears of; without a GDB it is raised as in :meth:`Machine.run`."""
        going = self._going
        assert going is not None
        try:
            if going.step:
                result = self._bench.advance(
                    end_us, lambda us: self._debugger.step(for_us=us, within=going.within)
                )
            else:
                result = self._bench.slice(end_us, until_line=until_line)
        except (FirmwareFault, RunTimeout) as error:
            if self._connection is None:
                raise
            with self._detaching():
                self._connection.send_text(f"{error}\n")
            self._halt(FAULTED)
            return None
        if result.watch is not None:
            self._halt(b"T05%b:%x;thread:1;" % (WATCH_REASONS[result.watch.kind], result.watch.address))
        elif result.stop in (Stop.BREAKPOINT, Stop.STEP):
            self._halt(STOPPED)
        return result

    def close(self, *, lost: bool = False) -> None:
        """The run is over; ``lost``: by an error."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                if lost or self._going is not None:
                    self._connection.send(LOST if lost else EXITED)
            self._connection.close()
            self._connection = None
        self._listener.close()

    @contextlib.contextmanager
    def _detaching(self) -> Iterator[None]:
        """Around what goes to GDB, which may have gone."""
        try:
            yield
        except OSError:
            self._detach()

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
            self._going = Resume()

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
        try:
            reply = self._stub.answer(item)
        except (UsageError, FirmwareFault):
            reply = b"E16"
        if isinstance(reply, Resume):
            self._going = reply
        elif reply is End.KILL:
            self._connection.send(b"OK")
            return False
        elif reply is End.DETACH:
            self._connection.send(b"OK")
            self._detach()
        elif isinstance(reply, bytes):
            self._connection.send(reply)
        return True

    def _halt(self, reply: bytes) -> None:
        self._stub.stop_reply = reply
        if self._connection is not None:
            self._going = None
            with self._detaching():
                self._connection.send(reply)
