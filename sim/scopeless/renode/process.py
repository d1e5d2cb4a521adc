"""A running Renode, driven through its robot server.

The server speaks XML-RPC: ``run_keyword(name, arguments)`` answers with a struct of ``status``, ``return``
and ``error`` (``src/Renode/RobotFrameworkEngine`` of renode/renode, v1.16.1). It listens on all interfaces,
which Renode offers no choice about; we connect through the loopback.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from scopeless.errors import EngineCrash
from scopeless.renode import keeper
from scopeless.renode.find import Renode

START_S = 90.0
"""Host time until the server must answer; the first start of a portable release takes some seconds."""
POLL_S = 0.05
LOG_LINES = 20


class RenodeError(EngineCrash):
    """Renode refused a command or ended; ``detail`` is the end of its log."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class RenodeProcess:
    """Renode without a window. ``folder`` is a temporary one; it is removed together with the process."""

    def __init__(self, renode: Renode) -> None:
        """Start it and wait for its server. Raises :class:`RenodeError` when it does not answer."""
        self._name = f"Renode {renode.version}"
        self.folder = Path(tempfile.mkdtemp(prefix="scopeless-renode-"))
        self._log = self.folder / "renode.log"
        port = _free_port()
        theirs, self._pipe = os.pipe()
        options = ["--plain", "--disable-gui", "--robot-server-port", str(port)]
        keep = [sys.executable, "-P", "-m", keeper.__name__, str(theirs), str(self.folder)]
        with self._log.open("wb") as log:
            self._keeper = subprocess.Popen(
                [*keep, str(renode.path), *options],
                pass_fds=[theirs],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        os.close(theirs)
        self._server = ServerProxy(f"http://127.0.0.1:{port}/", allow_none=True)
        try:
            self._wait_for_server()
        except BaseException:
            self.close()
            raise

    def command(self, text: str) -> str:
        """Execute one monitor command and return what it printed. Raises :class:`RenodeError` with Renode's
        own words when it fails."""
        return self.keyword("ExecuteCommand", text)

    def keyword(self, name: str, *arguments: str) -> str:
        """Run a keyword of the robot server."""
        what = " ".join((name, *arguments))
        try:
            answer: Any = self._server.run_keyword(name, list(arguments))
        except Fault as fault:
            raise RenodeError(f"{self._name} refused {what!r}: {fault.faultString}.", self.log()) from fault
        except (OSError, HTTPException) as error:
            raise self._lost(what, error) from error
        if not isinstance(answer, dict) or answer.get("status") != "PASS":
            words = str(answer.get("error", "") if isinstance(answer, dict) else answer)
            raise RenodeError(f"{self._name} refused {what!r}: {' '.join(words.split())}.", self.log())
        return str(answer.get("return", ""))

    def log(self, lines: int = LOG_LINES) -> str:
        """The last lines of Renode's log."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def log_lines(self, containing: str) -> list[str]:
        """All lines of Renode's log so far that contain a text."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if containing in line]

    def close(self) -> None:
        """End Renode and remove its folder. Safe to call twice."""
        if self._pipe >= 0:
            self._server("close")()
            os.close(self._pipe)
            self._pipe = -1
            self._keeper.wait()

    def _wait_for_server(self) -> None:
        end = time.monotonic() + START_S
        while True:
            try:
                self._server.get_keyword_names()
                return
            except (OSError, HTTPException) as error:
                if self._status() is not None or time.monotonic() > end:
                    raise self._lost("starting", error) from error
            time.sleep(POLL_S)

    def _status(self) -> int | None:
        """Status of a Renode that has ended."""
        try:
            return int((self.folder / keeper.STATUS).read_text())
        except FileNotFoundError:
            return None

    def _lost(self, what: str, error: Exception) -> RenodeError:
        end = time.monotonic() + keeper.END_S
        while (status := self._status()) is None and time.monotonic() < end:
            time.sleep(POLL_S)
        if status is None:
            message = f"{self._name} does not answer in {what!r} ({error}); see its log below."
        else:
            how = f"ended with status {status}"
            if status < 0:
                with contextlib.suppress(ValueError):
                    how = f"was killed by {signal.Signals(-status).name}"
            message = f"{self._name} {how} in {what!r}; see its log below."
        return RenodeError(message, self.log())


def monitor_path(path: Path) -> str:
    """A path as the monitor reads it. Raises :class:`EngineCrash` for one that it cannot read."""
    if ";" in str(path):
        raise EngineCrash(f"Renode cannot read a path with a semicolon: {path}.")
    return "@" + str(path).replace(" ", "\\ ")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
