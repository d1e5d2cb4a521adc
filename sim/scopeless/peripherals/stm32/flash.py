"""What the flash interfaces of the STM32 families have in common: wait states that fit the clock."""

from __future__ import annotations

from typing import ClassVar

from scopeless.board import PeripheralSpec
from scopeless.machine import UNSAFE_FLASH
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import System

KEYS = (0x4567_0123, 0xCDEF_89AB)
"""PM0075 2.3.1, RM0385 3.5.1, RM0351 3.3.5."""


class StmFlash(Peripheral):
    """The control register is locked until KEYR has had its keys; programming and erasing are not modelled,
    and the controller is never busy."""

    lock: ClassVar[int]
    """CR.LOCK."""
    CR: Register

    document = ""
    """Section with the table of wait states."""
    most_wait_states: int | None = None
    """The highest value of LATENCY that is not reserved; None where all may be used."""

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        super().__init__(spec, system)
        system.clocks.on_change.append(self.check)

    def reset(self) -> None:
        super().reset()
        self._keys = 0
        self.apply()

    def wait_states(self) -> int:
        """As the register has them."""
        raise NotImplementedError

    def wait_states_needed(self, mhz: float) -> int:
        """By the manual's table."""
        raise NotImplementedError

    def clock_hz(self) -> int:
        """The clock that the table is for."""
        return self.system.clocks.hz["core"]

    def apply(self) -> None:
        """Tell the timing core what the register says."""
        raise NotImplementedError

    def write_keyr(self, value: int) -> None:
        """A wrong key keeps the lock until the next reset."""
        self.system.notes.add("The firmware unlocks the flash; programming and erasing it are not modelled.")
        right = self._keys < len(KEYS) and value == KEYS[self._keys]
        self._keys = self._keys + 1 if right else len(KEYS) + 1
        if self._keys == len(KEYS):
            self.CR &= ~self.lock

    def write_cr(self, value: int) -> None:
        if not self.CR & self.lock:
            self.CR = value
            if value & self.lock:
                self._keys = 0

    def check(self) -> None:
        """Tell the user where the clock is too fast for the wait states."""
        mhz = self.clock_hz() / 1e6
        needed = self.wait_states_needed(mhz)
        if needed > self.wait_states():
            self.system.notes.add(
                f"The flash is set to {self.wait_states()} wait states at {mhz:g} MHz, where {self.document} "
                f"asks for {needed}; {UNSAFE_FLASH}."
            )
        if self.most_wait_states is not None and self.wait_states() > self.most_wait_states:
            self.system.notes.add(
                f"The flash is set to {self.wait_states()} wait states, where {self.document} has at most "
                f"{self.most_wait_states}; the real chip may not wait as long."
            )
