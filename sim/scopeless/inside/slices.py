"""Calls in the order of time, as viewers of traces want them: begin, end, properly nested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scopeless.inside.calls import Call


def slices(calls: Iterable[Call]) -> Iterator[tuple[int, bool, Call]]:
    """(cycle, whether it begins, call) of each call, the latest begun being the first to end.

    Exceptions lie on top of what they interrupted. Where threads take turns, calls of one that is on top of
    the other's end and begin again as far as that needs.
    """
    open_calls: list[Call] = []
    last = 0
    for call in calls:
        yield from _close(open_calls, call.entry_cycle)
        open_calls.append(call)
        yield call.entry_cycle, True, call
        last = max(last, call.exit_cycle)
    yield from _close(open_calls, last)


def _close(open_calls: list[Call], until: int) -> Iterator[tuple[int, bool, Call]]:
    while open_calls:
        while open_calls and open_calls[-1].exit_cycle <= until:
            call = open_calls.pop()
            yield call.exit_cycle, False, call
        if not open_calls or open_calls[0].thread == open_calls[-1].thread:
            return
        hidden = [call for call in open_calls if call.exit_cycle <= until]
        if not hidden:
            return
        at = min(call.exit_cycle for call in hidden)
        again: list[Call] = []
        while any(call.exit_cycle == at for call in open_calls):
            call = open_calls.pop()
            yield at, False, call
            if call.exit_cycle != at:
                again.append(call)
        for call in reversed(again):
            open_calls.append(call)
            yield at, True, call
