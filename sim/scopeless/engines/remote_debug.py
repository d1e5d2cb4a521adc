"""The debugger of a machine in a child process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from typing import Any

from scopeless.debug import Area, Watchpoint
from scopeless.machine import RunResult


class RemoteDebugger:
    """The :class:`~scopeless.debug.Debuggable` interface, through calls ``call(method, **arguments)`` that
    raise what :class:`~scopeless.engines.remote.RemoteMachine` raises."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def areas(self) -> list[Area]:
        """See :meth:`Debuggable.areas`."""
        return list(self._call("areas"))

    def registers(self) -> dict[str, int]:
        """See :meth:`Debuggable.registers`."""
        return dict(self._call("registers"))

    def set_register(self, name: str, value: int) -> None:
        """See :meth:`Debuggable.set_register`."""
        self._call("set_register", name=name, value=value)

    def read_memory(self, address: int, size: int) -> bytes:
        """See :meth:`Debuggable.read_memory`."""
        return bytes(self._call("read_memory", address=address, size=size))

    def write_memory(self, address: int, data: bytes) -> None:
        """See :meth:`Debuggable.write_memory`."""
        self._call("write_memory", address=address, data=data)

    def set_breakpoints(self, addresses: Collection[int]) -> None:
        """See :meth:`Debuggable.set_breakpoints`."""
        self._call("set_breakpoints", addresses=addresses)

    def set_watchpoints(self, points: Sequence[Watchpoint]) -> None:
        """See :meth:`Debuggable.set_watchpoints`."""
        self._call("set_watchpoints", points=points)

    def attach(self, on: bool) -> None:
        """See :meth:`Debuggable.attach`."""
        self._call("attach", on=on)

    def step(self, *, for_us: float | Fraction, within: tuple[int, int] | None = None) -> RunResult:
        """See :meth:`Debuggable.step`."""
        result: RunResult = self._call("step", for_us=for_us, within=within)
        return result

    def system_reset(self) -> None:
        """See :meth:`Debuggable.system_reset`."""
        self._call("system_reset")

    def counters(self) -> tuple[int, ...]:
        """See :meth:`Debuggable.counters`."""
        return tuple(self._call("counters"))
