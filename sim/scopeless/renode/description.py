"""Reads Renode's platform descriptions (.repl).

The part of the format that our platforms use, as Renode's documentation describes it (docs/source/advanced/
platform_description_format.md of renode/renode-docs): entries with a class, registrations, attributes and
interrupts. ``using`` and variants of an entry are not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scopeless.renode.problem import Problem, read_text

NUMBER = r"0[xX][0-9a-fA-F]+|\d+"
_HEADER = re.compile(r"(\w+)\s*:\s*(?:([A-Za-z]\w*(?:\.\w+)+)\s*)?(?:@\s*(.+))?$", re.S)
_INTERRUPT = re.compile(rf"(\w+)?\s*->\s*(\w+)@({NUMBER})$")
_ATTRIBUTE = re.compile(r"(\w+)\s*:\s*(.+)$", re.S)
_POINT = re.compile(rf"(\w+)\s+({NUMBER})$")
_RANGE = re.compile(rf"(\w+)\s+<\s*({NUMBER})\s*,\s*(\+?)\s*({NUMBER})\s*>$")
_REGION = re.compile(r"(\w+)\s+new\s+Bus\.BusMultiRegistration\s*\{(.*)\}$", re.S)
_WHOLE = re.compile(r"\w+$")
_TOKEN = re.compile(r"'''.*?'''|\"(?:[^\"\\\n]|\\.)*\"|//[^\n]*|/\*.*?\*/|[{}]|\n|[^\n{}\"'/]+|.", re.S)

Value = int | bool | str | None
"""Of an attribute: a number, true or false, a string, or None for a reference or anything else."""


@dataclass(frozen=True)
class Attribute:
    """``name: value``; ``reference`` is the entry that it names, ``code`` whether it was in ``'''``."""

    name: str
    value: Value
    reference: str
    code: bool
    line: int


@dataclass(frozen=True)
class Interrupt:
    """``output -> target@number``; no output: the peripheral's default one."""

    output: str
    target: str
    number: int
    line: int


@dataclass(frozen=True)
class Registration:
    """Where an entry is to be found; ``start`` is None for one that is on a bus without an address."""

    bus: str
    start: int | None
    size: int | None
    region: str
    line: int


@dataclass
class Entry:
    """One peripheral."""

    name: str
    kind: str
    line: int
    registrations: list[Registration] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    interrupts: list[Interrupt] = field(default_factory=list)

    def get(self, name: str) -> Attribute | None:
        """The attribute called ``name``."""
        return next((a for a in self.attributes if a.name == name), None)


@dataclass
class Description:
    """A whole .repl file, and what could not be read of it."""

    path: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, line: int, text: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.path, line, text))


def integer(text: str) -> int:
    """A number as Renode reads it: hexadecimal after 0x, else decimal, leading zeros or not (Grammar.cs)."""
    return int(text, 16 if text.lower().lstrip("-").startswith("0x") else 10)


def read_description(path: Path) -> Description:
    """Read ``path``; mistakes end up in its ``problems``."""
    content, problems = read_text(path)
    description = Description(path, problems=problems)
    entry: Entry | None = None
    for line, indented, text in _statements(description, content):
        if not indented:
            entry = _entry(description, line, text)
        elif entry is None:
            description.complain(line, f"{text!r} is indented but belongs to no entry")
        else:
            _member(description, entry, line, text)
    return description


def _statements(description: Description, text: str) -> Iterator[tuple[int, bool, str]]:
    """Line number, whether it is indented, and text of each statement: a line, or several where braces or
    ``'''`` span them. Comments are left out."""
    line = start = 1
    depth = 0
    statement = ""
    for match in _TOKEN.finditer(text + "\n"):
        token = match[0]
        if token == "\n" and depth == 0:
            if statement.strip():
                yield start, statement[0].isspace(), statement.strip()
            statement, start = "", line + 1
        elif token.startswith(("//", "/*")):
            pass
        else:
            if token in ('"', "'"):
                description.complain(line, "this string has no end")
            depth += {"{": 1, "}": -1}.get(token, 0)
            if depth < 0:
                description.complain(line, "this } closes nothing")
                depth = 0
            statement += token
        line += token.count("\n")
    if depth:
        description.complain(start, "a { is never closed")


def _entry(description: Description, line: int, text: str) -> Entry | None:
    match = _HEADER.match(text)
    if match is None:
        description.complain(line, f"{text.splitlines()[0]!r} is not 'name: Class @ registration'")
        return None
    name, kind, where = match.groups()
    entry = Entry(name, kind or "", line)
    if name in description.entries:
        description.complain(line, f"{name} is defined again; first in line {description.entries[name].line}")
    if not kind:
        description.complain(line, f"{name} has no class")
    description.entries[name] = entry
    for part in _parts(where or ""):
        registration = _registration(part, line)
        if registration is None:
            description.complain(line, f"{part!r} is not a registration")
        elif registration.bus != "none":
            entry.registrations.append(registration)
    return entry


def _parts(where: str) -> list[str]:
    """The registrations in ``{ a; b }``, or the single one."""
    where = where.strip()
    if not where.startswith("{"):
        return [where] if where else []
    parts = re.split(r";(?![^{]*\})", where[1:-1])
    return [part.strip() for part in parts if part.strip()]


def _registration(text: str, line: int) -> Registration | None:
    if match := _POINT.match(text):
        return Registration(match[1], integer(match[2]), None, "", line)
    if match := _RANGE.match(text):
        start, end = integer(match[2]), integer(match[4])
        return Registration(match[1], start, end if match[3] else end - start + 1, "", line)
    if match := _REGION.match(text):
        fields = dict(re.findall(rf'(\w+)\s*:\s*(?:"(?=\w))?({NUMBER}|\w+)"?', match[2]))
        if {"address", "size", "region"} <= fields.keys():
            start, size = integer(fields["address"]), integer(fields["size"])
            return Registration(match[1], start, size, fields["region"], line)
    if match := _WHOLE.match(text):
        return Registration(text, None, None, "", line)
    return None


def _member(description: Description, entry: Entry, line: int, text: str) -> None:
    if match := _INTERRUPT.match(text):
        entry.interrupts.append(Interrupt(match[1] or "", match[2], integer(match[3]), line))
    elif match := _ATTRIBUTE.match(text):
        if previous := entry.get(match[1]):
            description.complain(line, f"{match[1]} is set again; first in line {previous.line}")
        entry.attributes.append(_attribute(description, match[1], match[2].strip(), line))
    else:
        description.complain(line, f"{text.splitlines()[0]!r} is neither 'name: value' nor 'IRQ -> nvic@1'")


def _attribute(description: Description, name: str, text: str, line: int) -> Attribute:
    value: Value = None
    reference = ""
    if re.fullmatch(NUMBER, text):
        value = integer(text)
    elif text in ("true", "false"):
        value = text == "true"
    elif text.startswith("'''") and text.endswith("'''") and len(text) >= 6:
        value = text[3:-3]
    elif text.startswith('"') and text.endswith('"') and len(text) >= 2:
        value = text[1:-1]
    elif re.fullmatch(r"[A-Za-z_]\w*", text):
        reference = text
    else:
        description.complain(line, f"{name} has the value {text!r}, which is none that Renode reads")
    return Attribute(name, value, reference, text.startswith("'''"), line)
