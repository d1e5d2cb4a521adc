"""The queue of timed events: everything that happens at a known cycle."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final

NEVER: Final = 1 << 63


class Event:
    """A callback that is due at ``cycle``."""

    __slots__ = ("callback", "cycle")

    def __init__(self, cycle: int, callback: Callable[[], None]) -> None:
        self.cycle = cycle
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """The callback will not be called. Harmless when it already was."""
        self.callback = None


class EventQueue:
    """Events in order of cycle, then of scheduling.

    ``horizon`` is the cycle up to which the processor runs undisturbed; an event before it calls
    ``interrupt``.
    """

    def __init__(self, interrupt: Callable[[], None] = lambda: None) -> None:
        self._heap: list[tuple[int, int, Event]] = []
        self._order = 0
        self._interrupt = interrupt
        self.horizon = 0

    def schedule(self, cycle: int, callback: Callable[[], None]) -> Event:
        """Call ``callback`` at ``cycle``; at the next opportunity, when that has passed."""
        event = Event(cycle, callback)
        self._order += 1
        heapq.heappush(self._heap, (cycle, self._order, event))
        if cycle < self.horizon:
            self._interrupt()
        return event

    def next_cycle(self) -> int:
        """When the next event is due; NEVER without one."""
        heap = self._heap
        while heap and heap[0][2].callback is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else NEVER

    def run_due(self, now: int) -> None:
        """Call what is due at ``now``, in order."""
        while self._heap and self._heap[0][0] <= now:
            callback = heapq.heappop(self._heap)[2].callback
            if callback is not None:
                callback()
