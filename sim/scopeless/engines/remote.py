"""A machine in a child process: its crash is an error like any other, and no two engines share a process."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import scopeless
from scopeless.board import Board
from scopeless.engines.remote_debug import RemoteDebugger
from scopeless.errors import EngineCrash, RunTimeout, UsageError
from scopeless.machine import FlowEvent, PinChange, ProfileRow, RunResult
from scopeless.timeline import Timeline

DEBUGGABLE = ("simavr", "unicorn")
NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)
"""A dead child is an error: libraries that reset SIGPIPE (vcdvcd does) must not make it our end."""
END_S = 2.0
"""Time a child gets to end by itself."""
RETURN_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
"""For glibc (mallopt(3)): big tables that a firmware has filled go back to the system as soon as they are
freed, and do not stay in the child's heap."""


class RemoteMachine:
    """The :class:`~scopeless.machine.Machine` interface to an engine in a child process.

    Besides what the engine's own methods raise, every method raises :class:`RunTimeout` when the call takes
    longer than ``host_limit_s`` seconds of host time, and :class:`EngineCrash` when the child ends or fails
    in any other way. The child is gone after either.
    """

    def __init__(
        self, engine: str, board: Board, *, strict: bool, host_limit_s: float, instruction_limit: int
    ) -> None:
        """Start the child with its machine. Raises what the engine raises for a board that it cannot run."""
        self._name = engine
        self._host_limit_s = host_limit_s
        self._log = tempfile.TemporaryFile()  # the child's stderr; closed with the machine  # noqa: SIM115
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                # -P: a file of the user's folder must not pose as a module.
                [sys.executable, "-P", "-m", "scopeless.engines.child", engine, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, **RETURN_MEMORY, "PYTHONPATH": _python_path()},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
            )
        self._connection.settimeout(host_limit_s)
        self._answers = self._connection.makefile("rb")
        try:
            self.engine, self.counter_names = self._call(
                "start", board=board, strict=strict, instruction_limit=instruction_limit
            )
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process number of the child."""
        return self._child.pid

    def load(self, path: Path, address: int | None = None) -> None:
        """See :meth:`Machine.load`."""
        self._call("load", path=path, address=address)

    def reset(self) -> None:
        """See :meth:`Machine.reset`."""
        self._call("reset")

    def pin_names(self) -> list[str]:
        """See :meth:`Machine.pin_names`."""
        return list(self._call("pin_names"))

    def watch_pins(self, pins: Sequence[str] | None) -> None:
        """See :meth:`Machine.watch_pins`."""
        self._call("watch_pins", pins=pins)

    def use_uart(self, name: str) -> None:
        """See :meth:`Machine.use_uart`."""
        self._call("use_uart", name=name)

    def drive(self, changes: Sequence[PinChange]) -> None:
        """See :meth:`Machine.drive`."""
        self._call("drive", changes=changes)

    def run(
        self, *, for_us: float | Fraction, until_line: str | None = None, until_edges: int | None = None
    ) -> RunResult:
        """See :meth:`Machine.run`. Raises :class:`UsageError` for a malformed regular expression."""
        try:
            re.compile(until_line or "")
        except re.error as error:
            raise UsageError(f"{until_line!r} is not a regular expression: {error}.") from error
        result: RunResult = self._call("run", for_us=for_us, until_line=until_line, until_edges=until_edges)
        return result

    def replay(self, path: Path | None = None, until_edges: int | None = None) -> RunResult:
        """See :meth:`ReplayMachine.replay`; of a machine by :func:`scopeless.engines.start_replay` only."""
        result: RunResult = self._call("replay", path=path, until_edges=until_edges)
        return result

    def use_timing_model(self) -> None:
        """See :meth:`RenodeMachine.use_timing_model`; of the engine ``renode`` only."""
        self.counter_names = tuple(self._call("use_timing_model"))

    def recorded(self) -> RunResult:
        """See :meth:`Machine.recorded`."""
        result: RunResult = self._call("recorded")
        return result

    def profile_start(self) -> None:
        """See :meth:`Machine.profile_start`."""
        self._call("profile_start")

    def profile_stop(self) -> list[ProfileRow]:
        """See :meth:`Machine.profile_stop`."""
        return list(self._call("profile_stop"))

    def trace_start(self) -> None:
        """See :meth:`Machine.trace_start`."""
        self._call("trace_start")

    def trace_read(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_read`."""
        return list(self._call("trace_read"))

    def trace_stop(self) -> list[FlowEvent]:
        """See :meth:`Machine.trace_stop`."""
        return list(self._call("trace_stop"))

    def timeline(self) -> Timeline:
        """See :meth:`Machine.timeline`."""
        timeline: Timeline = self._call("timeline")
        return timeline

    def uart_send(self, data: bytes, wait: bool = False) -> None:
        """See :meth:`Machine.uart_send`."""
        self._call("uart_send", data=data, wait=wait)

    def clock_hz(self) -> int:
        """See :meth:`Machine.clock_hz`."""
        return int(self._call("clock_hz"))

    def time_us(self, cycle: int) -> float:
        """See :meth:`Machine.time_us`."""
        return float(self._call("time_us", cycle=cycle))

    def notes(self) -> list[str]:
        """See :meth:`Machine.notes`."""
        return list(self._call("notes"))

    def where(self) -> str:
        """See :meth:`Machine.where`."""
        return str(self._call("where"))

    @property
    def debugger(self) -> RemoteDebugger:
        """The processor and memory. Raises :class:`UsageError` for an engine that shows neither."""
        if self._name not in DEBUGGABLE:
            raise UsageError(
                f"The {self._name} engine cannot be debugged here; those that can: {', '.join(DEBUGGABLE)}."
            )
        return RemoteDebugger(self._call)

    def close(self) -> None:
        """End the child and wait for it. Safe to call twice."""
        self._answers.close()
        self._connection.close()  # the child ends when it sees this
        try:
            self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: str, **arguments: Any) -> Any:
        if self._log.closed:
            raise EngineCrash(f"The {self._name} engine has ended; start a new one.")
        try:
            self._connection.sendall(pickle.dumps((method, arguments)), NO_SIGNAL)
            kind, value = pickle.load(self._answers)
        except TimeoutError:
            self._kill()
            raise RunTimeout(
                f"The {self._name} engine did not finish {method!r} within {self._host_limit_s:g} s of host "
                "time; raise the host time limit, or look for what the firmware waits for."
            ) from None
        except (EOFError, OSError, pickle.UnpicklingError):
            self._report_end(method)
        except BaseException:  # Ctrl-C: the answer that is still to come would be taken for the next call's
            self._kill()
            raise
        if kind == "error":
            raise value
        if kind == "crash":
            self._kill()
            raise EngineCrash(
                f"The {self._name} engine failed in {method!r}, a defect of Scopeless; please report it:\n"
                + "\n".join(value)
            )
        return value

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        self.close()

    def _report_end(self, method: str) -> NoReturn:
        try:
            code = self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait()
        self._log.seek(0)
        words = self._log.read().decode(errors="replace").strip().splitlines()
        self.close()
        how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with status {code}"
        last = f" (its last words: {words[-1]})" if words else ""
        raise EngineCrash(
            f"The {self._name} engine's process {how} in {method!r}{last}; "
            "run again, and report it if it happens twice."
        ) from None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _python_path() -> str:
    """The child finds this very package, however the parent found it."""
    package = str(Path(scopeless.__file__).resolve().parents[1])
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join([package, inherited] if inherited else [package])
