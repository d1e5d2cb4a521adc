"""What the outside does to input pins, and when."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from fractions import Fraction
from functools import partial

from scopeless.machine import PinChange
from scopeless.peripherals.events import Event, EventQueue
from scopeless.peripherals.system import Pins
from scopeless.timeline import Timeline


class InputSchedule:
    """Puts changes on ``pins`` when they are due. Those with a time keep it through changes of the
    clock: :meth:`clock_changed` is called after each."""

    def __init__(self, events: EventQueue, pins: Pins, timeline: Timeline) -> None:
        self._events, self._pins, self._timeline = events, pins, timeline
        self._timed: list[tuple[Fraction, int, PinChange]] = []
        self._order = 0
        self._next: Event | None = None

    def add(self, changes: Iterable[PinChange]) -> None:
        """Take these on; changes of one moment happen in their order."""
        for change in changes:
            if change.us is not None:
                self._order += 1
                heapq.heappush(self._timed, (change.us, self._order, change))
            elif change.cycle is not None:
                self._events.schedule(change.cycle, partial(self._pins.drive_input, change.pin, change.level))
            else:
                self._pins.drive_input(change.pin, change.level)
        self.clock_changed()

    def clock_changed(self) -> None:
        """The next timed change has another cycle now."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._timed:
            due = self._timeline.nearest_cycle(self._timed[0][0])
            self._next = self._events.schedule(due, self._do_next)

    def _do_next(self) -> None:
        self._next = None
        us = self._timed[0][0]
        while self._timed and self._timed[0][0] == us:
            change = heapq.heappop(self._timed)[2]
            self._pins.drive_input(change.pin, change.level)
        self.clock_changed()
