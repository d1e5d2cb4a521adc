"""Keeps simulated time from running ahead of real time."""

from __future__ import annotations

import time
from fractions import Fraction

SLICE_US = Fraction(10_000)
"""Slices of a paced run: what the other end of the UART notices as delay at most."""
FORGOTTEN_S = 0.5
"""A lag beyond this is not made up for: the host is too slow, or was stopped."""


class Pace:
    """One second of simulated time takes one second at least. (More, where the host cannot keep up.)"""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def ahead_s(self, now_us: Fraction) -> float:
        """How long to wait at the simulated time ``now_us``; 0 for not at all."""
        ahead = float(now_us) / 1e6 - (time.monotonic() - self._began_s)
        if ahead < -FORGOTTEN_S:
            self._began_s -= ahead  # from now on, no lag
        return max(ahead, 0.0)
