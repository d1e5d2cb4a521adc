"""What the flash interfaces of the STM32 families have in common: wait states that fit the clock."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.machine import UNSAFE_FLASH
from scopeless.peripherals.base import Peripheral
from scopeless.peripherals.system import System


class StmFlash(Peripheral):
    """Programming and erasing are not modelled."""

    document = ""
    """Section with the table of wait states."""
    most_wait_states: int | None = None
    """The highest value of LATENCY that is not reserved; None where all may be used."""

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        super().__init__(spec, system)
        system.clocks.on_change.append(self.check)

    def reset(self) -> None:
        super().reset()
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
        self.system.notes.add("The firmware unlocks the flash; programming and erasing it are not modelled.")

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
