"""Scopeless: microcontroller benchmarks without hardware and without an oscilloscope."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scopeless.api.machine import Machine as Machine

__version__ = "0.1.0"
__all__ = ["Machine", "__version__"]


def __getattr__(name: str) -> object:
    """``Machine`` is imported when it is asked for: the command starts quicker without it."""
    if name == "Machine":
        from scopeless.api.machine import Machine

        return Machine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
