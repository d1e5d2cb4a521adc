"""Takes in the calls of a run as they end, so that a run of any length needs little room."""

from __future__ import annotations

from collections.abc import Iterable

from scopeless.inside.calls import EXCEPTIONS, Call

Stack = tuple[str, ...]
EXCEPTION_ROOT = "(exceptions)"
MAX_CALLS = 300_000
"""Calls that are kept one by one; in simulated time that is a second of a small firmware that is never
idle."""


def weigh(call: Call, weights: dict[Stack, int]) -> None:
    """Add a call's self cycles to those of its stack. Exceptions have a root of their own."""
    stack = call.stack
    if call.thread == EXCEPTIONS:
        stack = (EXCEPTION_ROOT, *stack)
    if call.self_cycles:
        weights[stack] = weights.get(stack, 0) + call.self_cycles


class Recorder:
    """``weights`` are the self cycles of each stack of callers and add up to those of all calls. The calls
    themselves are kept from the beginning on, at most about ``limit``; after cycle ``full_at``, no further
    ones."""

    def __init__(self, limit: int = MAX_CALLS) -> None:
        self.weights: dict[Stack, int] = {}
        self.full_at: int | None = None
        self._limit = limit
        self._calls: list[Call] = []

    def add(self, calls: Iterable[Call]) -> None:
        """Calls that have ended, in any order."""
        for call in calls:
            weigh(call, self.weights)
            # Once full, those that were open then still come: without callers, calls could not be told apart.
            if self.full_at is None or call.entry_cycle < self.full_at:
                self._calls.append(call)
        if self.full_at is None and len(self._calls) >= self._limit:
            self.full_at = max(call.exit_cycle for call in self._calls)

    @property
    def calls(self) -> list[Call]:
        """Those kept, callers before what they call, in order of entry."""
        return sorted(self._calls, key=lambda call: (call.entry_cycle, -call.exit_cycle, len(call.stack)))
