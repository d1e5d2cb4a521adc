"""The other end of GDB's protocol, and GDB itself."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from scopeless.gdb.packets import Reader, frame

GDB, AVR_GDB = "gdb-multiarch", "avr-gdb"
PACKAGES = {GDB: "gdb-multiarch", AVR_GDB: "gdb-avr"}


class Client:
    """Speaks the protocol as GDB does, without acknowledgements being looked at."""

    def __init__(self, port: int) -> None:
        self._link = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._reader = Reader()
        self._packets: list[bytes] = []

    def send(self, data: bytes) -> None:
        self._link.sendall(data)

    def ask(self, packet: bytes) -> bytes:
        self.send(frame(packet))
        return self.hear()

    def hear(self) -> bytes:
        while not self._packets:
            data = self._link.recv(0x10000)
            if not data:
                raise EOFError
            self._packets += [item for item in self._reader.feed(data) if isinstance(item, bytes)]
        return self._packets.pop(0)

    def monitor(self, command: str) -> str:
        return bytes.fromhex(self.ask(b"qRcmd," + command.encode().hex().encode()).decode()).decode()

    def close(self) -> None:
        self._link.close()


class Running:
    """``scopeless run --gdb`` in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def end(self) -> tuple[int, str, str]:
        """Wait for its end: exit code, standard output and error."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextmanager
def served(board: str, firmware: Path, *options: object) -> Iterator[Running]:
    """Run firmware that waits for GDB."""
    command = [sys.executable, "-m", "scopeless", "run", board, firmware, "--gdb", 0, *options]
    process = subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        yield Running(process, int(line.rpartition(":")[2]))
    finally:
        process.kill()
        process.communicate()


def need_gdb(program: str = GDB) -> None:
    """Skip the test where there is no GDB."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian package {PACKAGES[program]})")


def gdb(firmware: Path, port: int, commands: Sequence[str], program: str = GDB) -> str:
    """What GDB prints for a list of commands, once it is connected."""
    need_gdb(program)
    lines = [
        "set pagination off",
        "set confirm off",
        "set width 0",
        f"target remote 127.0.0.1:{port}",
        *commands,
    ]
    arguments = [part for line in lines for part in ("-ex", line)]
    result = subprocess.run(
        [program, "-nx", "-q", "-batch", *arguments, str(firmware)],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return result.stdout + result.stderr
