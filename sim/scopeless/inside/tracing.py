"""A machine's trace, read slice by slice: calls come as they end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from scopeless.errors import EngineCrash
from scopeless.firmware.elf import Elf
from scopeless.inside.calls import Call, CallBuilder
from scopeless.machine import FlowEvent, Machine


class Tracing:
    """Traces ``machine`` from now on. Each of ``listeners`` is called with the calls that have ended."""

    def __init__(self, machine: Machine, elf: Elf | None) -> None:
        """Raises :class:`UsageError` for an engine that cannot trace."""
        self._machine = machine
        self._builder = CallBuilder(elf)
        self.listeners: list[Callable[[Sequence[Call]], None]] = []
        machine.trace_start()

    def read(self) -> None:
        """What the last slice brought."""
        self._feed(self._machine.trace_read())

    def stop(self) -> None:
        """The rest, with the calls that are open now. Of a machine that is gone there is none."""
        with contextlib.suppress(EngineCrash):
            self._feed(self._machine.trace_stop())

    def _feed(self, events: Sequence[FlowEvent]) -> None:
        for event in events:
            self._builder.feed(event)
        ended = self._builder.take_ended()
        for listener in self.listeners:
            listener(ended)
