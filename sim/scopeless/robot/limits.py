"""What a duration is compared with, as it is written in a suite: ``16.4 us``, ``1221 cycles``, ``10 %``,
``scope``, ``baseline.json``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(cycles?|%|s|ms|us|ns)")


@dataclass(frozen=True)
class Quantity:
    """A number and its unit: ``cycles``, ``%`` or one of :data:`SECONDS`."""

    value: float
    unit: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """``text`` as a quantity. Raises ValueError, which Robot Framework shows with the argument's
        name."""
        match = _QUANTITY.fullmatch(text.strip())
        if match is None:
            raise ValueError("Write a number and its unit: cycles, s, ms, us, ns or, for a tolerance, %.")
        return cls(float(match[1]), "cycles" if match[2] == "cycle" else match[2])

    def cycles(self, clock_hz: int, whole: float = 0.0) -> float:
        """In cycles of ``clock_hz``; percent are of ``whole``, which is in cycles."""
        if self.unit == "cycles":
            return self.value
        if self.unit == "%":
            return self.value / 100 * whole
        return self.value * SECONDS[self.unit] * clock_hz

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


class Tolerance(Quantity):
    """How far off a duration may be: ``10 %`` of the reference, ``0.5 us`` or ``3 cycles``."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """How far off a duration may be, to either side: ``10 %`` of the reference, or a duration such as
        ``0.5 us`` or ``3 cycles``."""
        return super().parse(text)


@dataclass(frozen=True)
class Reference:
    """What a duration is compared with; one of the two is set, or neither for the recorded figure."""

    quantity: Quantity | None = None
    baseline: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """A duration such as ``16.4 us`` or ``1221 cycles``; ``scope`` for the figure that an oscilloscope
        recorded on this board at this clock; or the path of a baseline (``*.json``, as written by
        ``scopeless check --update``)."""
        text = text.strip()
        if text == "scope":
            return cls()
        if text.endswith(".json"):
            return cls(baseline=Path(text))
        quantity = Quantity.parse(text)
        if quantity.unit == "%":
            raise ValueError("A percentage is a tolerance, not a duration.")
        return cls(quantity=quantity)
