"""Where cycles and bytes belong: by function or object, and by source line."""

from __future__ import annotations

from collections.abc import Iterable

from scopeless.firmware.elf import Elf, Location
from scopeless.guard.baseline import NO_SOURCE, Places
from scopeless.inside.profile import PIN_WRITE
from scopeless.machine import ProfileRow

UNKNOWN = "(unknown function)"


def cycles_by_line(rows: Iterable[ProfileRow], elf: Elf, pin_write_cycles: int = 0) -> Places:
    """A profile's self cycles by function and source line. With ``pin_write_cycles``, the last pin write's
    time on the bus, they add up to the window's cycles."""
    cycles: Places = {}
    for row in rows:
        location = elf.locate(row.address)
        add(cycles, location.function or UNKNOWN, location, row.cycles)
    if pin_write_cycles:
        cycles[PIN_WRITE] = {NO_SOURCE: pin_write_cycles}
    return in_order(cycles)


def add(places: Places, name: str, location: Location, amount: int) -> None:
    """Add to what ``name`` has at ``location``."""
    line = f"{location.file}:{location.line}" if location.file else NO_SOURCE
    lines = places.setdefault(name, {})
    lines[line] = lines.get(line, 0) + amount


def in_order(places: Places) -> Places:
    """By name, and by file and line in each."""
    return {
        name: dict(sorted(lines.items(), key=lambda item: split_line(item[0])))
        for name, lines in sorted(places.items())
    }


def split_line(place: str) -> tuple[str, int]:
    """File and line number of ``network.c:22``; the line of :data:`NO_SOURCE` is 0."""
    file, _, line = place.rpartition(":")
    return (file, int(line)) if file and line.isdigit() else (place, 0)
