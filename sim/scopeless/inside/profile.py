"""Where a window's cycles go: by function, by source line, by instruction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from scopeless.firmware.elf import Elf
from scopeless.machine import ProfileRow

GROUPINGS = ("function", "line", "instruction")
PIN_WRITE = "(pin write on the bus)"
"""The place of what is in a window but in no instruction: the last pin write's time on the bus."""


@dataclass(frozen=True)
class Share:
    """One function, source line or instruction: its cycles, how many instructions were executed there, and
    the cycles by cause where the engine tells (they add up to ``cycles``)."""

    place: str
    cycles: int
    instructions: int
    causes: dict[str, int]


def group(rows: Iterable[ProfileRow], elf: Elf, by: str) -> list[Share]:
    """The rows of a profile put together ``by`` function, line or instruction; most cycles first.

    Cycles are self cycles: those of a called function are its own.
    """
    cycles: dict[str, int] = defaultdict(int)
    executions: dict[str, int] = defaultdict(int)
    causes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        place = _place(row.address, elf, by)
        cycles[place] += row.cycles
        executions[place] += row.executions
        causes[place].update(row.causes)
    shares = [Share(place, cycles[place], executions[place], dict(causes[place])) for place in cycles]
    return sorted(shares, key=lambda share: (-share.cycles, share.place))


def _place(address: int, elf: Elf, by: str) -> str:
    location = elf.locate(address)
    function = location.function or "(unknown function)"
    if by == "function":
        return function
    source = f"{location.file}:{location.line}" if location.file else f"({function}, no source)"
    return (
        source if by == "line" else f"{address:#010x} {function} {source if location.file else ''}".rstrip()
    )
