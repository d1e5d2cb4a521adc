"""What is measured of firmware that is not the benchmark, and how it is brought to do it: ``window``,
``send``, ``until`` and their like in scopeless.toml (docs/ci.md)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from scopeless.benchmark.windows import EDGES
from scopeless.errors import UsageError
from scopeless.guard.limits import suggestion
from scopeless.units import time_us

PATIENCE = "10s"
"""Simulated time that the firmware gets for a line, unless it is told."""

_LINES = re.compile(r"([^:]+):([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?")


@dataclass(frozen=True)
class PinWindow:
    """From one edge of a pin to the next ``end`` edge (levels after them): the ``occurrence``-th, of those
    after the first line that matches ``after``; a negative one counts from the last."""

    name: str
    pin: str
    begin: int = 1
    end: int = 0
    occurrence: int = 1
    after: str = ""


@dataclass(frozen=True)
class FunctionWindow:
    """All calls of a function, with what they call."""

    name: str
    function: str


@dataclass(frozen=True)
class LineWindow:
    """The instructions of some source lines. ``file`` is a name without folders."""

    name: str
    file: str
    first: int
    last: int


Window = PinWindow | FunctionWindow | LineWindow


@dataclass(frozen=True)
class Drive:
    """One run: wait for the line ``ready``; send each line of ``send`` and wait for the line ``until`` that
    answers it, at most ``for_us`` microseconds. Without ``until`` all are sent at once, and the run lasts
    ``for_us``. Every one of ``expect`` must match a line that the firmware sent. The lines to wait for are
    regular expressions; empty ones are not waited for. ``uart`` is another of the board's UARTs than its
    usual one."""

    ready: str = ""
    send: tuple[str, ...] = ()
    until: str = ""
    for_us: Fraction = Fraction(0)
    expect: tuple[str, ...] = ()
    uart: str = ""


DRIVE_KEYS = ("ready", "send", "until", "for", "expect", "uart")
WINDOW_KEYS = {
    "pin": ("name", "pin", "from", "to", "occurrence", "after"),
    "function": ("name", "function"),
    "lines": ("name", "lines"),
}
"""The keys of each kind of window, by the one that tells the kind."""


def parse_windows(value: object) -> tuple[Window, ...]:
    """The key ``window``: a table or a list of tables. Raises :class:`UsageError` that names the key."""
    entries = value if isinstance(value, list) else [value]
    windows: dict[str, Window] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise UsageError(
                "window must be 'benchmark' or a table: {pin = ...}, {function = ...} or {lines = ...}."
            )
        try:
            window = _window(entry)
            if window.name in windows:
                raise UsageError(
                    f"the name {window.name!r} was given before; give it another with name = ..."
                )
        except UsageError as error:
            raise UsageError(f"window: {error}") from error
        windows[window.name] = window
    if not windows:
        raise UsageError("window names nothing to measure; leave it out, or give a pin, function or lines.")
    return tuple(windows.values())


def _window(entry: dict[str, Any]) -> Window:
    kinds = [kind for kind in WINDOW_KEYS if kind in entry]
    if len(kinds) != 1:
        raise UsageError(
            f"it needs one of the keys {', '.join(WINDOW_KEYS)}, not {' and '.join(kinds) or 'none'}."
        )
    (kind,) = kinds
    _known(entry, WINDOW_KEYS[kind], f"a window of a {kind}")
    words = {key: str_of(entry, key) for key in entry if key != "occurrence"}
    name = words.get("name", words[kind])
    if kind == "function":
        return FunctionWindow(name, words[kind])
    if kind == "lines":
        match = _LINES.fullmatch(words[kind])
        if match is None or int(match[3] or match[2]) < int(match[2]):
            raise UsageError(f"lines must be like 'filter.c:10-42' or 'filter.c:10', not {words[kind]!r}.")
        return LineWindow(name, PurePosixPath(match[1]).name, int(match[2]), int(match[3] or match[2]))
    edges = {"from": "rising", "to": "falling"} | {key: words[key] for key in ("from", "to") if key in words}
    for key, edge in edges.items():
        if edge not in EDGES:
            raise UsageError(f"{key} must be 'rising' or 'falling', not {edge!r}.")
    occurrence = entry.get("occurrence", 1)
    if not isinstance(occurrence, int) or isinstance(occurrence, bool) or not occurrence:
        raise UsageError(
            f"occurrence must be 1 for the first, 2, ..., or -1 for the last, not {occurrence!r}."
        )
    after = regular_expression("after", words.get("after", ""))
    return PinWindow(name, words["pin"], EDGES[edges["from"]], EDGES[edges["to"]], occurrence, after)


def parse_drive(entry: dict[str, Any]) -> Drive:
    """The keys of a firmware's run. Raises :class:`UsageError` that names the key."""
    ready, until = (regular_expression(key, str_of(entry, key, "")) for key in ("ready", "until"))
    if not until and "for" not in entry:
        raise UsageError('it does not say when the run ends; add until = "..." (a line) or for = "10ms".')
    for key in ("send", "expect"):
        lines = entry.get(key, [])
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise UsageError(f"{key} must be a list of strings, not {lines!r}.")
    try:
        for_us = time_us(str_of(entry, "for", PATIENCE))
    except UsageError as error:
        raise UsageError(f"for: {error}") from error
    expect = tuple(regular_expression("expect", line) for line in entry.get("expect", ()))
    return Drive(ready, tuple(entry.get("send", ())), until, for_us, expect, str_of(entry, "uart", ""))


def str_of(entry: dict[str, Any], key: str, default: str | None = None) -> str:
    """The string under ``key``, which is not empty."""
    value = entry.get(key, default)
    if not isinstance(value, str) or (key in entry and not value):
        raise UsageError(f"{key} must be a string that says something, not {value!r}.")
    return value


def regular_expression(key: str, text: str) -> str:
    """``text``, checked."""
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"{key}: {text!r} is not a regular expression: {error}.") from error
    return text


def _known(entry: dict[str, Any], keys: Collection[str], what: str) -> None:
    for key in entry:
        if key not in keys:
            raise UsageError(
                f"{what} has no key {key!r}{suggestion(key, keys)}; there are {', '.join(keys)}."
            )
