"""Now beside the baseline: which figures changed, what else changed, and which source lines grew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scopeless.guard.baseline import NO_SOURCE, Baseline, ModelCost, Origin, Places
from scopeless.guard.limits import FIRMWARE_QUANTITIES, MODEL_QUANTITIES, WINDOW_QUANTITIES, Limit, Limits
from scopeless.guard.places import split_line

UNITS = {
    "toggle": "cycles",
    "predict": "cycles",
    "cycles": "cycles",
    "min": "cycles",
    "max": "cycles",
    "calls": "calls",
    "instructions": "instructions",
    "flash": "bytes",
    "ram": "bytes",
}


PROFILED = ("predict", "cycles", "min", "max", "instructions")
"""Quantities of the windows that the profiles are of."""


class Verdict(StrEnum):
    """What a figure's change means."""

    SAME = "same"
    NEW = "new"
    IMPROVED = "improved"
    ALLOWED = "within limit"
    REGRESSION = "REGRESSION"


@dataclass(frozen=True)
class Figure:
    """One guarded number. ``model`` is a window's name for firmware that is not the benchmark, and empty for
    numbers of the whole firmware; ``old`` is None when the baseline does not have it."""

    firmware: str
    model: str
    quantity: str
    old: int | None
    new: int
    limit: Limit

    @property
    def name(self) -> str:
        """``simple2 predict`` or ``flash``."""
        return f"{self.model} {self.quantity}".lstrip()

    @property
    def unit(self) -> str:
        """cycles, calls, instructions or bytes."""
        return UNITS[self.quantity]

    @property
    def delta(self) -> int | None:
        """New minus old."""
        return None if self.old is None else self.new - self.old

    @property
    def percent(self) -> float | None:
        """The change in percent of the old value; None where that is nothing or not known."""
        return 100 * (self.new - self.old) / self.old if self.old else None

    @property
    def verdict(self) -> Verdict:
        """What the change means."""
        if self.old is None:
            return Verdict.NEW
        if self.new == self.old:
            return Verdict.SAME
        if self.new < self.old:
            return Verdict.IMPROVED
        return Verdict.ALLOWED if self.limit.allows(self.old, self.new) else Verdict.REGRESSION


@dataclass(frozen=True)
class Growth:
    """A function whose own cycles grew, or a function or object whose bytes did, and where: its source lines
    that grew, most first."""

    name: str
    amount: int
    unit: str
    lines: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        text = f"{self.name} +{self.amount} {self.unit}"
        if len(self.lines) == 1:
            return f"{text}, {self.lines[0][0]}"
        return text + "".join(f", {place} +{amount}" for place, amount in self.lines[:3])


@dataclass(frozen=True)
class Comparison:
    """One firmware now and as it was accepted. ``causes`` are sentences on what else changed; ``growth`` is
    that of each model's prediction, of each window, of ``flash`` and of ``ram``."""

    now: Baseline
    old: Baseline | None
    figures: tuple[Figure, ...]
    causes: tuple[str, ...]
    growth: dict[str, tuple[Growth, ...]]

    def growth_of(self, figure: Figure) -> tuple[Growth, ...]:
        """What explains the growth of ``figure``, as far as it is known."""
        if figure.quantity in PROFILED:
            return self.growth.get(figure.model, ())
        return self.growth.get(figure.quantity, ())

    def same_instructions(self, model: str) -> bool:
        """Whether a prediction or a window executes as many instructions as before: then code has only
        moved."""
        before = self.old.parts.get(model) if self.old is not None else None
        return before is not None and before.instructions == self.now.parts[model].instructions is not None

    def of(self, *verdicts: Verdict) -> list[Figure]:
        """The figures with one of ``verdicts``."""
        return [figure for figure in self.figures if figure.verdict in verdicts]


def compare(now: Baseline, old: Baseline | None, limits: Limits) -> Comparison:
    """Set ``now`` beside ``old``."""
    figures = tuple(_figures(now, old, limits))
    changed = any(figure.verdict not in (Verdict.SAME, Verdict.NEW) for figure in figures)
    growth = dict(_growth(now, old)) if old is not None else {}
    causes = other_causes(old.origin, now.origin, changed=changed) if old is not None else ()
    return Comparison(now, old, figures, causes, {name: rows for name, rows in growth.items() if rows})


def _growth(now: Baseline, old: Baseline) -> Iterator[tuple[str, tuple[Growth, ...]]]:
    for name, cost in now.parts.items():
        if name in old.parts:
            yield name, grown(old.parts[name].functions, cost.functions, "cycles")
    for memory, symbols in now.symbols.items():
        yield memory, grown(old.symbols.get(memory, {}), symbols, "bytes")


def _figures(now: Baseline, old: Baseline | None, limits: Limits) -> Iterator[Figure]:
    for name, cost in now.parts.items():
        before = old.parts.get(name) if old is not None else None
        for quantity in MODEL_QUANTITIES if isinstance(cost, ModelCost) else WINDOW_QUANTITIES:
            new = getattr(cost, quantity)
            if new is not None:
                then = getattr(before, quantity, None)
                yield Figure(now.name, name, quantity, then, new, limits.of(now.board, name, quantity))
    for quantity in FIRMWARE_QUANTITIES:
        then = getattr(old, quantity) if old is not None else None
        limit = limits.of(now.board, "", quantity)
        yield Figure(now.name, "", quantity, then, getattr(now, quantity), limit)


def other_causes(old: Origin, new: Origin, *, changed: bool) -> tuple[str, ...]:
    """What changed beside the program itself, a sentence each. With ``changed`` figures and nothing else to
    name, the same firmware file is counted differently, and that is said."""
    causes = []
    for what, before, after in (
        ("The compiler", old.compiler, new.compiler),
        ("The engine", old.engine, new.engine),
        ("The timing model", old.timing_model, new.timing_model),
        ("Scopeless", old.scopeless, new.scopeless),
    ):
        if before != after:
            causes.append(f"{what} changed from {before or 'unknown'} to {after or 'unknown'}.")
    if old.flags != new.flags:
        causes.append(_flags(old.flags, new.flags))
    if old.board_sha256 != new.board_sha256:
        causes.append("The board file changed.")
    if changed and not causes and old.elf_sha256 == new.elf_sha256:
        causes.append("The firmware file is the same to the byte: Scopeless itself counts differently.")
    return tuple(causes)


def _flags(old: Sequence[str], new: Sequence[str]) -> str:
    def words(notes: Sequence[str]) -> set[str]:
        return {word for note in notes for word in re.findall(r"-\S+", note)}

    gone, added = words(old) - words(new), words(new) - words(old)
    parts = [
        f"{name} {' '.join(sorted(flags))}" for name, flags in (("without", gone), ("with", added)) if flags
    ]
    return (
        f"The compiler's flags changed: now {' and '.join(parts)}."
        if parts
        else ("The compiler's flags changed for some files.")
    )


def grown(old: Places, new: Places, unit: str) -> tuple[Growth, ...]:
    """What takes more than before, most first, each with its lines that grew."""
    rows = []
    for name, lines in new.items():
        before = old.get(name, {})
        amount = sum(lines.values()) - sum(before.values())
        if amount > 0:
            rows.append(Growth(name, amount, unit, grown_lines(before, lines)))
    return tuple(sorted(rows, key=lambda row: (-row.amount, row.name)))


def grown_lines(old: dict[str, int], new: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """The source lines of one function that grew, under their new numbers, most cycles first.

    An edit above a line moves its number. So each file's lines are matched in their order, in the way that
    explains the change with the fewest cycles come and gone, and with the fewest moved numbers among those.
    """
    changes: list[tuple[str, int]] = []
    for file in dict.fromkeys(split_line(place)[0] for place in new):
        if file != NO_SOURCE:
            pairs = _matched(_numbered(old, file), _numbered(new, file))
            changes += [(f"{file}:{number}", cycles) for number, cycles in pairs if cycles > 0]
    return tuple(sorted(changes, key=lambda change: (-change[1], split_line(change[0]))))


def _numbered(lines: dict[str, int], file: str) -> list[tuple[int, int]]:
    return sorted((split_line(place)[1], n) for place, n in lines.items() if split_line(place)[0] == file)


def _matched(old: list[tuple[int, int]], new: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(new line number, change in cycles), by dynamic programming over both lists from their ends."""
    Cost = tuple[int, int, list[tuple[int, int]]]
    below: list[Cost] = [(0, 0, [])]
    for number, cycles in reversed(new):
        then = below[-1]
        below.append((then[0] + cycles, then[1], [(number, cycles), *then[2]]))
    for old_number, old_cycles in reversed(old):
        row: list[Cost] = [(below[0][0] + old_cycles, below[0][1], [])]
        for at, (number, cycles) in enumerate(reversed(new)):
            gone, come, both = below[at + 1], row[at], below[at]
            change = cycles - old_cycles
            row.append(
                min(
                    (both[0] + abs(change), both[1] + (number != old_number), [(number, change), *both[2]]),
                    (gone[0] + old_cycles, gone[1], gone[2]),
                    (come[0] + cycles, come[1], [(number, cycles), *come[2]]),
                    key=lambda cost: cost[:2],
                )
            )
        below = row
    return below[-1][2]
