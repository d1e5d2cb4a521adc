"""The lock of a port's configuration. ST RM0008 9.2.7, RM0385 6.4.8, RM0351 8.5.8: the same in all."""

from __future__ import annotations

LOCK_KEY = 1 << 16


class PortLock:
    """LCKR. The sequence: key set, clear, set with the same pins, then a read."""

    def __init__(self) -> None:
        self._pins = 0
        self._step = 0

    @property
    def pins(self) -> int:
        """The pins that keep their configuration until the next reset."""
        return self._pins if self._step == 4 else 0

    def write(self, value: int) -> None:
        """The firmware writes LCKR."""
        if self._step == 4:
            return
        key = bool(value & LOCK_KEY)
        same = value & 0xFFFF == self._pins
        if self._step == 0 and key:
            self._step = 1
        elif same and key == (self._step == 2) and self._step in (1, 2):
            self._step += 1
        else:
            self._step = int(key)
        self._pins = value & 0xFFFF

    def read(self) -> int:
        """The firmware reads LCKR; the read that completes the sequence still gives no key."""
        if self._step == 3:
            self._step = 4
            return self._pins
        return self._pins | (LOCK_KEY if self._step == 4 else 0)
