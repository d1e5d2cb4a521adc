"""Every error a user can meet, with the exit code it ends the program with.

Exit codes: 0 fine, 1 a check failed, 2 usage or set-up, 3 a cycle-count regression. Each message is one
sentence that says what was wrong, where, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

HINTED = 12
"""Names that a message lists; of more it shows the first."""


def hint(name: str, known: Iterable[str]) -> str:
    """What to say of a ``name`` that is none of the ``known``: the nearest of them, or what there is."""
    names = list(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names[:HINTED]) or 'none'}{', ...' if len(names) > HINTED else '.'}"


class ScopelessError(Exception):
    """Base of all errors shown to the user as one sentence."""

    exit_code = 1


class UsageError(ScopelessError):
    """The command, board name, file or option is wrong, or a tool is missing (exit code 2)."""

    exit_code = 2


class FirmwareFault(ScopelessError):
    """The firmware faulted: the message names PC, symbol, source line and cycle. ``detail`` is what to
    print below it: registers and the stacked frame, as lines of text."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class RunTimeout(ScopelessError):
    """The firmware did not do what was waited for within the simulated-time, instruction or host-time
    limit."""


class EngineCrash(ScopelessError):
    """The engine's process ended by itself; nothing the firmware did is known to be wrong."""


class CheckFailed(ScopelessError):
    """A result was obtained but is not the expected one (a wrong prediction, a malformed pin protocol)."""


class Regression(ScopelessError):
    """A guarded cycle count grew beyond its limit (exit code 3)."""

    exit_code = 3
