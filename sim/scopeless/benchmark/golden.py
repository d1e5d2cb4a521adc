"""What the networks must answer: the outputs that analysis/train.py computed in IEEE double precision."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

PRINTED_RESOLUTION = 0.5e-8
"""Half of the last digit that the firmware prints."""
TOLERANCE = 1e-6
"""Absolute for 64-bit doubles (the published table's digits); relative on AVR, whose doubles have 32 bits."""


@cache
def golden_outputs(model: str) -> tuple[float, ...]:
    """The eight outputs of ``model``, inputs [0 0 0] to [1 1 1] in the published table's order."""
    data = json.loads((files("scopeless") / "data" / "golden.json").read_text())
    return tuple(data[model])


def max_error(model: str, outputs: Sequence[float]) -> float:
    """Largest absolute difference between ``outputs`` and the golden ones."""
    return max(abs(out - gold) for out, gold in zip(outputs, golden_outputs(model), strict=True))


def tolerance(gold: float, core: str) -> float:
    """How far an output may be from the golden one on a ``core``: its double type decides."""
    return TOLERANCE * abs(gold) + PRINTED_RESOLUTION if core == "avr" else TOLERANCE


def is_correct(model: str, outputs: Sequence[float], core: str) -> bool:
    """Whether every output is the golden one within the tolerance of the core's double type."""
    pairs = zip(outputs, golden_outputs(model), strict=True)
    return all(abs(out - gold) <= tolerance(gold, core) for out, gold in pairs)
