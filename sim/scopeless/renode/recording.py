"""Reads what ``renode/edges.py`` records while Renode runs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from scopeless.errors import EngineCrash


class Sample(NamedTuple):
    """One row of a recording: virtual time since start in ns, executed instructions, and a level or byte."""

    ns: int
    instructions: int
    value: int


class Recording:
    """A growing file of samples."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`EngineCrash` when the recorder did not create its file."""
        if not path.exists():
            raise EngineCrash(f"renode/edges.py did not create {path.name}; is it included by the .resc?")
        self._path = path
        self._offset = 0

    def new(self) -> list[Sample]:
        """The samples since the last call. Raises :class:`EngineCrash` for a malformed row."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        data = data[: data.rfind(b"\n") + 1]  # the last row may not be whole yet
        self._offset += len(data)
        try:
            return [Sample(*map(int, row.split(b","))) for row in data.splitlines()]
        except (TypeError, ValueError) as error:
            name = self._path.name
            raise EngineCrash(f"renode/edges.py wrote a malformed row to {name}: {error}.") from None
