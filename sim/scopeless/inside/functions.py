"""What the calls of one function cost."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from scopeless.calls import ASLEEP, Call
from scopeless.errors import UsageError


@dataclass(frozen=True)
class Spread:
    """Of all complete calls: the cheapest, the middle one (the lower of two) and the dearest."""

    minimum: int
    median: int
    maximum: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Spread:
        """Of at least one value."""
        return cls(min(values), median_low(values), max(values))


@dataclass(frozen=True)
class FunctionCost:
    """``inclusive`` and ``self_`` are cycles, without those of exceptions meanwhile. ``incomplete`` calls
    were open when the trace began or ended; they count only as calls. The totals are those of complete
    calls, the inclusive one without calls within another call of the same function."""

    function: str
    calls: int
    incomplete: int
    inclusive: Spread | None
    self_: Spread | None
    instructions: Spread | None
    inclusive_total: int
    self_total: int
    exception_cycles: int


def function_cost(calls: Iterable[Call], function: str) -> FunctionCost:
    """The calls of ``function``. Raises :class:`UsageError` when there are none."""
    names: set[str] = set()
    found: list[Call] = []
    for call in calls:
        if call.at_start:
            names.add(call.function)
        if call.function == function and call.at_start:
            found.append(call)
    if not found:
        close = difflib.get_close_matches(function, names - {ASLEEP}, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "the profile lists those that were."
        raise UsageError(f"{function!r} was not called in this run; {hint}")
    whole = [call for call in found if call.complete]
    return FunctionCost(
        function,
        len(found),
        len(found) - len(whole),
        Spread.of([call.cycles for call in whole]) if whole else None,
        Spread.of([call.self_cycles for call in whole]) if whole else None,
        Spread.of([call.self_instructions for call in whole]) if whole else None,
        sum(call.cycles for call in whole if not _is_within(call)),
        sum(call.self_cycles for call in whole),
        sum(call.exception_cycles for call in whole if not _is_within(call)),
    )


def _is_within(call: Call) -> bool:
    """Whether the call is within another of the same function."""
    outer = call.parent
    while outer is not None:
        if outer.function == call.function:
            return True
        outer = outer.parent
    return False
