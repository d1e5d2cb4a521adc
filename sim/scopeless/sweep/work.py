"""One point's work, the same wherever it is done: in this process or on a worker of a cluster.

A task holds all that it takes, the firmware's bytes too; its answer is a line of JSON.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scopeless import __version__
from scopeless.benchmark.simulate import run_firmware
from scopeless.board import Board, load_board
from scopeless.engines import start
from scopeless.engines.remote import RemoteMachine
from scopeless.errors import ScopelessError, UsageError

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Task:
    """One session to run. ``key`` names what its result depends on; ``origin`` is the sender's
    :func:`origin`; ``firmware`` is the ELF file, compressed."""

    key: str
    stem: str
    board: str
    engine: str | None
    clock_mhz: int
    notes: tuple[str, ...]
    origin: str
    firmware: bytes


def make_task(
    stem: str,
    board: Board,
    elf: bytes,
    *,
    engine: str | None,
    clock_mhz: int,
    notes: tuple[str, ...],
    origin: str,
) -> Task:
    """The task of one point; the same contents give the same key."""
    parts = (stem, board.name, engine, clock_mhz, notes, origin, code_digest())
    described = json.dumps([*parts, hashlib.sha256(elf).hexdigest()])
    key = hashlib.sha256(described.encode()).hexdigest()[:32]
    return Task(key, stem, board.name, engine, clock_mhz, notes, origin, zlib.compress(elf))


def origin(board: Board, machine: RemoteMachine) -> str:
    """Everything but the firmware that a result comes from, by version: all processes that take part in a
    sweep must agree on it."""
    described = hashlib.sha256(repr(board).encode()).hexdigest()[:16]
    return f"Scopeless {__version__}, {machine.engine}, {board.name} {described}"


@cache
def code_digest() -> str:
    """This package's own code: what was computed with another is not taken up again."""
    digest = hashlib.sha256()
    for path in sorted(
        path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".so", ".toml", ".json")
    ):
        digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class Machines:
    """Engines that have been started and wait for their next firmware, for use by several threads. Whoever
    makes one closes it."""

    def __init__(self) -> None:
        self._free: dict[tuple[str, str | None], list[RemoteMachine]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, board: Board, engine: str | None) -> Iterator[RemoteMachine]:
        """A machine of ``board``, started if none is free. One that was lent when an error came up is not
        used again. Raises what :func:`scopeless.engines.start` raises."""
        key = board.name, engine
        with self._lock:
            free = self._free.setdefault(key, [])
            machine = free.pop() if free else None
        if machine is None:
            machine = start(board, engine=engine)
        try:
            yield machine
        except BaseException:
            machine.close()
            raise
        with self._lock:
            free.append(machine)

    def close(self) -> None:
        """End all that are free."""
        with self._lock:
            for machines in self._free.values():
                while machines:
                    machines.pop().close()


def evaluate(task: Task, machines: Machines) -> str:
    """Run ``task`` and answer with one line of JSON: its key, its name, and its ``record``, or the ``error``
    that ended it.

    Raises :class:`UsageError` where nothing could run: the engine is not installed, or it or Scopeless has
    another version than the sender's.
    """
    answer: dict[str, object] = {"key": task.key, "name": task.stem}
    board = load_board(task.board)
    failure: ScopelessError | None = None
    with tempfile.TemporaryDirectory(prefix="scopeless-") as folder:
        elf = Path(folder) / f"{task.stem}.elf"
        elf.write_bytes(zlib.decompress(task.firmware))
        try:
            with machines.borrow(board, task.engine) as machine:
                if (here := origin(board, machine)) != task.origin:
                    raise UsageError(
                        f"A worker of the sweep has {here}, where {task.origin} is needed; install the same "
                        "on both."
                    )
                try:
                    record = run_firmware(machine, board, task.clock_mhz, elf, notes=task.notes)
                    answer["record"] = dataclasses.asdict(record)
                except ScopelessError as error:
                    failure = error
                    raise
        except ScopelessError as error:
            if error is not failure:
                raise
            answer["error"] = str(error).replace(f"{folder}/", "")
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
