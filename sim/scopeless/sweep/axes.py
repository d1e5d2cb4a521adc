"""The axes of a sweep, what a board has of them, and the points that a selection makes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scopeless.board import Board, build_name
from scopeless.errors import UsageError
from scopeless.firmware.build import build_choices


@dataclass(frozen=True)
class Axis:
    """One thing that a build may set, by ``variable`` of firmware/Makefile; ``suffix`` is what that adds to
    the build's name. ``shown`` is how a value reads, where ``spoken`` has no word for it; ``words`` has the
    values that are not the Makefile's own."""

    name: str
    title: str
    variable: str
    suffix: str = ""
    shown: str = "{}"
    words: Mapping[str, str] = field(default_factory=dict)
    spoken: Mapping[str, str] = field(default_factory=dict)

    @property
    def option(self) -> str:
        """Its option of ``scopeless sweep``."""
        return "--" + self.name.replace("_", "-")

    def text(self, value: str) -> str:
        """One value in words."""
        return self.spoken.get(value) or self.shown.format(value)

    def made(self, value: str) -> str:
        """The Makefile's word for a value."""
        return next((made for made, word in self.words.items() if word == value), value)


AXES = (
    Axis("clock", "core clock in MHz", "CLOCK", "", "{} MHz"),
    Axis("wait_states", "flash wait states", "WAIT_STATES", "-{}ws", "{} ws"),
    Axis("prefetch", "prefetch: on, off", "PREFETCH", "-prefetch{}", "prefetch {}"),
    Axis("cache", "caches: on, off, code or data alone", "CACHES", "-caches{}", "cache {}"),
    Axis("opt", "optimisation: 0, 1, 2, 3, s", "OLEVEL", "-O{}", "-O{}"),
    Axis(
        "float",
        "float instead of double: no, yes",
        "PRECISION",
        "-{}",
        words={"double": "no", "single": "yes"},
        spoken={"no": "double", "yes": "float"},
    ),
    Axis("libm", "which exp(): recorded, stock", "LIBM", "", "{} libm"),
)
BY_NAME = {axis.name: axis for axis in AXES}
NAMED_IN_STEM = ("clock", "libm")
"""Axes that every build's name has, set or not."""

Choices = dict[str, tuple[str, ...]]
"""Axis -> its values on one board, the board's own first."""


def choices_of(board: Board) -> Choices:
    """What ``board`` has of the axes. Raises :class:`UsageError` where its builds cannot be listed."""
    built = build_choices(board)
    return {
        axis.name: tuple(axis.words.get(value, value) for value in built[axis.variable])
        for axis in AXES
        if axis.variable in built
    }


def select(board: Board, choices: Choices, wanted: Mapping[str, str]) -> Choices:
    """The values of each axis to sweep: those that ``wanted`` lists (``72,128``, ``0..3``, ``all``), else the
    board's own. Raises :class:`UsageError` for an axis or a value that the board does not have."""
    for name in wanted:
        if name not in choices:
            there = ", ".join(BY_NAME[axis].option for axis in choices)
            raise UsageError(f"{board.name} has no {BY_NAME[name].option} to set; it has {there}.")
    return {
        name: _values(board, BY_NAME[name], values, wanted[name]) if name in wanted else values[:1]
        for name, values in choices.items()
    }


def _values(board: Board, axis: Axis, values: tuple[str, ...], text: str) -> tuple[str, ...]:
    chosen: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        ends = re.fullmatch(r"(\d+)\.\.(\d+)", part)
        if part == "all":
            chosen += values
        elif ends and ends[1] in values and ends[2] in values and int(ends[1]) <= int(ends[2]):
            between = {int(v) for v in values if v.isdigit() and int(ends[1]) <= int(v) <= int(ends[2])}
            chosen += map(str, sorted(between))
        elif part in values:
            chosen.append(part)
        else:
            known = ", ".join(sorted(values, key=lambda v: (not v.isdigit(), int(v) if v.isdigit() else 0)))
            raise UsageError(f"{board.name} has no {axis.option} {part or repr('')}; choose from: {known}.")
    return tuple(dict.fromkeys(chosen))


@dataclass(frozen=True)
class Point:
    """One configuration of one board: a value for each axis that the board has. ``changed`` are the axes on
    which it is not the board's own."""

    board: str
    values: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    regular: bool
    """Whether it is the board's regular build: its first clock and libm, and nothing changed."""

    def value(self, axis: str) -> str | None:
        """Its value on an axis; None for one that the board does not have."""
        return dict(self.values).get(axis)

    @property
    def clock_mhz(self) -> int:
        """The clock that its firmware sets."""
        return int(self.value("clock") or 0)

    @property
    def stem(self) -> str:
        """Name of its firmware, without suffix. ``firmware/Makefile`` names its ELF files alike."""
        own = build_name(self.board, self.clock_mhz, self.value("libm") or "")
        return own + "".join(axis.suffix.format(axis.made(value)) for axis, value in self._set())

    @property
    def variables(self) -> dict[str, str]:
        """The variables of firmware/Makefile that its build sets."""
        return {axis.variable: axis.made(value) for axis, value in self._set()}

    def _set(self) -> list[tuple[Axis, str]]:
        """Clock and libm always; else what is not the board's own, so that its regular firmware is used."""
        return [(BY_NAME[n], v) for n, v in self.values if n in (*NAMED_IN_STEM, *self.changed)]

    def text(self, axes: Sequence[str]) -> str:
        """Its values on ``axes``, in words."""
        return ", ".join(BY_NAME[name].text(value) for name, value in self.values if name in axes)

    def notes(self) -> tuple[str, ...]:
        """What its record has to say about it before anything else."""
        if not self.changed:
            return ()
        notes = [f"What if: {self.text(self.changed)}, set by the firmware's build."]
        if self.value("float") == "yes" and self.value("libm") == "recorded":
            notes.append("Floats go through expf() of the installed C library, whatever the libm.")
        return tuple(notes)


def points(board: Board, choices: Choices, selected: Choices) -> list[Point]:
    """Every combination of the ``selected`` values, the last axis changing fastest."""
    return [
        Point(
            board.name,
            tuple(zip(selected, values, strict=True)),
            tuple(n for n, v in zip(selected, values, strict=True) if _is_changed(board, n, v, choices)),
            all(v == choices[n][0] for n, v in zip(selected, values, strict=True)),
        )
        for values in itertools.product(*selected.values())
    ]


def _is_changed(board: Board, axis: str, value: str, choices: Choices) -> bool:
    """A clock or libm that the board lists is one of its own, whether it is the first or not."""
    if axis == "clock":
        return int(value) not in board.clocks_mhz
    return value not in board.libm if axis == "libm" else value != choices[axis][0]
