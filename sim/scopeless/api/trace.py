"""What the firmware did between two moments of a notebook: its functions, call by call."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from scopeless.errors import EngineCrash, UsageError
from scopeless.files import write_atomically
from scopeless.inside import View
from scopeless.inside.calls import CallBuilder
from scopeless.machine import Edge, RunResult, UartByte

if TYPE_CHECKING:
    import pandas as pd

    from scopeless.api.machine import Machine

COSTS = ("cycles", "self_cycles")
TRACE_SUFFIXES = (".pftrace", ".perfetto")


class Trace:
    """Made by :meth:`scopeless.Machine.trace`. The firmware's cycles are the same with and without."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._builder = CallBuilder(machine.image.elf)
        self._edges: list[Edge] = []
        self._uart: list[UartByte] = []

    def __enter__(self) -> Self:
        self._machine._engine.trace_start()
        self._machine._bench.listeners.append(self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._machine._bench.listeners.remove(self._take)
        with suppress(EngineCrash):  # an engine that has ended has nothing more to tell
            for event in self._machine._engine.trace_stop():
                self._builder.feed(event)

    def _take(self, result: RunResult) -> None:
        for event in self._machine._engine.trace_read():
            self._builder.feed(event)
        self._edges += result.edges
        self._uart += result.uart

    @property
    def calls(self) -> pd.DataFrame:
        """Each call, in order of entry: function, cycle of entry, cycles (with what it called, without
        exceptions meanwhile), self_cycles, and whether all of it lies in the trace."""
        import pandas as pd

        rows = [
            (call.function, call.entry_cycle, call.cycles, call.self_cycles, call.complete)
            for call in self._builder.calls
        ]
        return pd.DataFrame(rows, columns=["function", "cycle", "cycles", "self_cycles", "complete"])

    @property
    def functions(self) -> pd.DataFrame:
        """Each function by its complete calls: how many, and the least, the median and the most cycles, with
        and without what it called; those that took the most cycles first."""
        import pandas as pd

        calls = self.calls
        groups = calls[calls.complete].groupby("function")
        frame = groups[list(COSTS)].agg(["min", "median", "max"])
        frame.columns = pd.Index(["_".join(names) for names in frame.columns])
        frame.insert(0, "calls", groups.size())
        frame["self_cycles_sum"] = groups.self_cycles.sum()
        return frame.sort_values("self_cycles_sum", ascending=False, kind="stable")

    def save(self, path: str | Path) -> None:
        """Write a file for a viewer, by its suffix: ``.pftrace`` for Perfetto, ``.json`` for speedscope,
        ``.folded`` or ``.txt`` with a line for each stack, ``.svg`` for a picture (docs/inside.md).

        Raises :class:`UsageError` for another suffix and for a file that cannot be written.
        """
        from scopeless.inside.flamegraph import SUFFIXES, flamegraph
        from scopeless.inside.perfetto import perfetto

        path, machine = Path(path), self._machine
        title = f"{machine.image.path.name} on {machine.board.name}"
        view = View(
            title,
            self._builder.calls,
            (),
            machine.image.elf,
            machine._bench.timeline,
            self._edges,
            self._uart,
            1 / machine.board.baud,
        )
        if path.suffix in TRACE_SUFFIXES:
            write_atomically(path, perfetto(view))
        elif path.suffix in SUFFIXES:
            write_atomically(path, flamegraph(view, path.suffix))
        else:
            known = ", ".join((*TRACE_SUFFIXES, *SUFFIXES))
            raise UsageError(f"{path} has no suffix of a trace; choose one of {known}.")
