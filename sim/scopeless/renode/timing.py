"""The timing model over Renode's execution: records traces while Renode runs, and replays them.

Renode's tracer finishes a file only when it is ended, so that a trace is a series of files: each goes through
the replay as soon as an edge is asked for, or it has become big, and is removed then.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

from scopeless.benchmark.windows import CHIP
from scopeless.board import Board
from scopeless.engines import start_replay
from scopeless.errors import CheckFailed
from scopeless.machine import Edge
from scopeless.renode import RENODE_DIR
from scopeless.renode.process import RenodeProcess, monitor_path

SCRIPT = RENODE_DIR / "trace.resc"
MAX_BYTES = 64 << 20


class RenodeTiming:
    """Traces ``renode`` and gives its edges the counters of the timing model."""

    def __init__(self, renode: RenodeProcess, board: Board) -> None:
        self._renode = renode
        self._machine = start_replay(board)
        self._names = self._machine.counter_names
        self.counter_names = (f"{CHIP}cycles", *(f"{CHIP}{name}" for name in self._names))
        self._files = 0
        self._edges: deque[Edge] = deque()
        self._offset: int | None = None

    def begin(self, elf: Path) -> None:
        """Renode has loaded ``elf`` and not run yet: trace it from here on. Raises what Renode says when it
        cannot trace."""
        self._machine.load(elf)
        self._edges.clear()
        self._offset = None
        self._record()

    def time(self, edge: Edge) -> Edge:
        """``edge``, the next of Renode's, with the model's counters. Raises :class:`CheckFailed` when
        Renode's recorder and its trace do not tell the same, and what the replay raises."""
        if not self._edges:
            self._catch_up()
        if not self._edges:
            raise CheckFailed(f"{_name(edge)} is not in Renode's trace of it; {_PLEASE}")
        ours = self._edges.popleft()
        counted, traced = edge.counters[0], ours.counters[self._names.index("traced")]
        if self._offset is None:
            self._offset = counted - traced
        if ours.level != edge.level or counted - traced != self._offset:
            raise CheckFailed(
                f"{_name(edge)} comes behind {counted} instructions as renode/edges.py counts, "
                f"but {_name(ours).lower()} behind {traced + self._offset} in Renode's trace of it; {_PLEASE}"
            )
        return Edge(edge.cycle, edge.pin, edge.level, (*edge.counters, ours.cycle, *ours.counters))

    def limit_size(self) -> None:
        """After some time: replay what there is if it is much."""
        if self._file.stat().st_size > MAX_BYTES:
            self._catch_up()

    def notes(self) -> list[str]:
        """See :meth:`Machine.notes`."""
        return [f"In the replay: {note}" for note in self._machine.notes()]

    def close(self) -> None:
        """End the replay. Safe to call twice."""
        self._machine.close()

    @property
    def _file(self) -> Path:
        return self._renode.folder / f"trace-{self._files}.bin"

    def _record(self) -> None:
        self._files += 1
        self._renode.command(f"$trace={monitor_path(self._file)}")
        self._renode.command(f"include {monitor_path(SCRIPT)}")

    def _catch_up(self) -> None:
        file = self._file
        self._renode.command("sysbus.cpu DisableExecutionTracing")
        self._edges += self._machine.replay(file).edges
        file.unlink()
        self._record()


_PLEASE = "please report it with the Renode version."


def _name(edge: Edge) -> str:
    return f"The edge of {edge.pin} to {edge.level}"
