"""What keywords take beside text and numbers."""

from __future__ import annotations

from enum import Enum

# Enumerations, not Literals: Robot Framework 6.1 does not check a Literal.


class LineEnd(Enum):
    """What ends a line that is sent."""

    LF = b"\n"
    CRLF = b"\r\n"
    NONE = b""


class Level(Enum):
    """A pin's level."""

    LOW = 0
    HIGH = 1


class Model(Enum):
    """A network, and the number it has in TEST= and START=."""

    simple1 = 1
    simple2 = 2


class Unit(Enum):
    """What a time is given in."""

    us = "us"
    cycles = "cycles"


class Shown(Enum):
    """The edges that a picture shows."""

    run = "run"
    all = "all"
