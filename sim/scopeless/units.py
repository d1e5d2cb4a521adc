"""Simulated time as people write it: ``10ms``, ``500us``, ``1.5 s``."""

from __future__ import annotations

import re
from fractions import Fraction

from scopeless.errors import UsageError
from scopeless.timeline import exact

US = {
    "ns": Fraction(1, 1000),
    "us": Fraction(1),
    "\N{MICRO SIGN}s": Fraction(1),
    "\N{GREEK SMALL LETTER MU}s": Fraction(1),
    "ms": Fraction(1000),
    "s": Fraction(10**6),
    "min": Fraction(60 * 10**6),
    "h": Fraction(3600 * 10**6),
}
"""Microseconds in each unit."""

LONGEST_US = 1000 * US["h"]
"""What a run may last: far beyond what anybody waits for, and far below what 64 bits of cycles hold."""

_TIME = re.compile(
    r"\s*(\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})\s*([a-z\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]+)\s*"
)


def time_us(text: str | float | Fraction) -> Fraction:
    """Microseconds in ``text``, such as ``10ms``; a number is taken as microseconds.

    Raises :class:`UsageError` for what is no time, is negative, or is longer than :data:`LONGEST_US`.
    """
    us = _parse(text) if isinstance(text, str) else _number(text)
    if not 0 <= us <= LONGEST_US:
        raise UsageError(f"{text!r} is not between 0 and 1000 h of simulated time.")
    return us


def _parse(text: str) -> Fraction:
    match = _TIME.fullmatch(text)
    if match is None or match[2] not in US:
        raise UsageError(
            f"{text!r} is not a time; write it like 10ms, with one of the units ns, us, ms, s, min, h."
        )
    return Fraction(match[1]) * US[match[2]]


def _number(us: float | Fraction) -> Fraction:
    try:
        return exact(us)
    except ValueError:
        raise UsageError(f"{us!r} is not a time in microseconds.") from None


def show_us(us: float) -> str:
    """A time in the unit that fits it: ``12.5 ms``."""
    for unit, factor in (("s", 1e6), ("ms", 1e3), ("us", 1.0)):
        if abs(us) >= factor:
            return f"{us / factor:.6g} {unit}"
    return f"{us * 1e3:.6g} ns" if us else "0 s"
