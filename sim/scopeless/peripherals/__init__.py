"""Peripheral models, registered by subclassing :class:`Peripheral` with a ``model`` name.

A board file names a model as ``family.block``; the module of the same family is imported when it is first
asked for, so that a new family needs no list to be changed.
"""

from __future__ import annotations

import importlib
import pkgutil

from scopeless.board import PeripheralSpec
from scopeless.errors import UsageError
from scopeless.peripherals.base import MODELS, Peripheral, Register
from scopeless.peripherals.system import System

__all__ = ["Peripheral", "Register", "System", "make"]


def make(spec: PeripheralSpec, system: System) -> Peripheral:
    """The peripheral that ``spec`` describes. Raises :class:`UsageError` for an unknown model."""
    if spec.model not in MODELS:
        _import_all()
    try:
        kind = MODELS[spec.model]
    except KeyError:
        known = ", ".join(sorted(MODELS))
        raise UsageError(
            f"Peripheral {spec.name} has the unknown model {spec.model!r}; known: {known}."
        ) from None
    return kind(spec, system)


def _import_all() -> None:
    import scopeless.cortexm
    import scopeless.peripherals

    for package in (scopeless.cortexm, scopeless.peripherals):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
