"""The figures that tests check, beside the ones that were accepted: one JSON file for all tests."""

from __future__ import annotations

import json
from pathlib import Path

from scopeless.errors import UsageError
from scopeless.files import make_folder, write_atomically
from scopeless.guard.limits import Limit

SCHEMA = 1
UPDATE = "`pytest --scopeless-update`"

Figures = dict[str, dict[str, int]]
"""Test -> name -> figure."""


def read_figures(path: Path) -> Figures:
    """The accepted figures; none where there is no file. Raises :class:`UsageError` for a file that cannot be
    used."""
    again = f"write it anew with {UPDATE}"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"The baseline {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The baseline {path} is not JSON ({error}); {again}.") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise UsageError(f"The baseline {path} is not of schema {SCHEMA}; {again}.")
    figures = data.get("figures")
    if not isinstance(figures, dict) or not all(map(_are_figures, figures.values())):
        raise UsageError(f"The baseline {path} is not valid: figures must be whole numbers by test; {again}.")
    return figures


def _are_figures(test: object) -> bool:
    return isinstance(test, dict) and all(type(value) is int for value in test.values())


def write_figures(path: Path, measured: Figures) -> int:
    """Accept ``measured`` into the file, atomically, beside the figures of other tests; how many changed.
    A file that cannot be used is written anew. Raises :class:`UsageError` when it cannot be written."""
    try:
        old = read_figures(path)
    except UsageError:
        old = {}
    new = {test: figures for test, figures in sorted((old | measured).items()) if figures}
    changed = sum(old.get(test, {}).get(name) != v for test, row in new.items() for name, v in row.items())
    if new != old:
        make_folder(path.parent)
        write_atomically(path, json.dumps({"schema": SCHEMA, "figures": new}, indent=1) + "\n")
    return changed


class Accepted:
    """What one test may compare its figures with, and the figures it measured."""

    def __init__(self, figures: dict[str, int], path: str, *, update: bool) -> None:
        """``path`` is the file's name for messages; with ``update`` everything is right."""
        self.measured: dict[str, int] = {}
        self._figures, self._path, self._update = figures, path, update

    def compare(self, name: str, value: int, limit: Limit) -> str:
        """What is wrong with ``value``; nothing when it is within ``limit`` of the accepted figure. Raises
        :class:`UsageError` for a name that was used before in this test."""
        if name in self.measured:
            raise UsageError(f"{name!r} was checked before in this test; give each figure a name of its own.")
        self.measured[name] = value
        if self._update:
            return ""
        old = self._figures.get(name)
        if old is None:
            return (
                f"{name} is {value}, and {self._path} has no such figure of this test; "
                f"accept it with {UPDATE}."
            )
        if limit.allows(old, value):
            return ""
        percent = f", {100 * (value - old) / old:+.2f} %" if old else ""
        return (
            f"{name} grew from {old} to {value} ({value - old:+d}{percent}), limit {limit}; if that is "
            f"meant, accept it with {UPDATE}."
        )
