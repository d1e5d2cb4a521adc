"""What the calls of functions cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scopeless.errors import UsageError, hint
from scopeless.firmware.elf import Elf
from scopeless.inside.calls import Call
from scopeless.pins.pulses import Spread, spread

ALL = "all"


@dataclass
class FunctionCost:
    """The calls of one function. Those that are complete are counted by their cycles; ``open_calls`` began
    before the trace or did not end in it. ``exceptions``: cycles that complete calls were interrupted for,
    which are not theirs."""

    inclusive_counts: Counter[int] = field(default_factory=Counter)
    own_counts: Counter[int] = field(default_factory=Counter)
    open_calls: int = 0
    exceptions: int = 0

    @property
    def inclusive(self) -> Spread:
        """Cycles of complete calls with all that they called."""
        return spread(self.inclusive_counts)

    @property
    def own(self) -> Spread:
        """Cycles of the function's own instructions."""
        return spread(self.own_counts)

    @property
    def own_total(self) -> int:
        """The own cycles of all complete calls."""
        return sum(cycles * count for cycles, count in self.own_counts.items())


class FunctionCosts:
    """Takes in calls as they end; room is needed for different costs, not for each call."""

    def __init__(self, names: Sequence[str], elf: Elf | None) -> None:
        """Of the functions ``names``; ``all`` means each. Raises :class:`UsageError` for one that the
        firmware lacks."""
        self._names = frozenset(names)
        self._costs: dict[str, FunctionCost] = {}
        _check(self._names - {ALL}, elf)

    def add(self, calls: Iterable[Call]) -> None:
        """Calls that have ended, in any order."""
        for call in calls:
            if not call.at_start or not (ALL in self._names or call.function in self._names):
                continue
            cost = self._costs.setdefault(call.function, FunctionCost())
            if call.complete:
                cost.inclusive_counts[call.cycles] += 1
                cost.own_counts[call.self_cycles] += 1
                cost.exceptions += call.exception_cycles
            else:
                cost.open_calls += 1

    def complete(self) -> dict[str, FunctionCost]:
        """The functions that had complete calls, those with the most own cycles first."""
        found = [(name, cost) for name, cost in self._costs.items() if cost.own_counts]
        return dict(sorted(found, key=lambda item: (-item[1].own_total, item[0])))


def _check(names: frozenset[str], elf: Elf | None) -> None:
    if names and elf is None:
        raise UsageError("--function needs an ELF: HEX and BIN files have no functions.")
    known = elf.function_names if elf else frozenset()
    for name in sorted(names):
        if elf is not None and name not in known:
            raise UsageError(f"Firmware {elf.path} has no function {name!r}; {hint(name, known)}")
