"""What the STM32 families' ports have in common: sixteen pins, their output register and their lock."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.stm32.lock import PortLock


class StmPort(Peripheral):
    """Options: ``port``, the pins' prefix, such as ``PA``. An open-drain output that is off counts as pulled
    up.

    Subclasses declare the registers, ODR among them, and tell :meth:`_set_outputs` which pins are outputs.
    """

    ODR: Register

    def read_idr(self) -> int:
        """Levels of all pins."""
        raise NotImplementedError

    def reset(self) -> None:
        super().reset()
        port = self.spec.options["port"]
        self._pins = [f"{port}{n}" for n in range(16)]
        self.system.pins.declare(self._pins, self.read_idr)
        self._lock = PortLock()
        self._outputs = 0

    def write_odr(self, value: int) -> None:
        changed = self.ODR ^ value & 0xFFFF
        self.ODR = value & 0xFFFF
        self._drive(changed & self._outputs)
        if changed & ~self._outputs:
            self.system.pins.touch(self._pins)  # an input's pull in the STM32F1: RM0008 table 20

    def write_bsrr(self, value: int) -> None:
        """Set wins over reset: RM0008 9.2.5, RM0385 6.4.7."""
        self.write_odr(self.ODR & ~(value >> 16) | value & 0xFFFF)

    def write_brr(self, value: int) -> None:
        self.write_odr(self.ODR & ~(value & 0xFFFF))

    def read_bsrr(self) -> int:
        return 0

    def read_brr(self) -> int:
        return 0

    def write_lckr(self, value: int) -> None:
        self._lock.write(value)

    def read_lckr(self) -> int:
        return self._lock.read()

    def _unlocked(self, old: int, new: int, bits: int, first_pin: int = 0) -> int:
        """``new``, except for pins whose configuration is locked; ``bits`` of the register for each pin."""
        pins, field = self._lock.pins >> first_pin, (1 << bits) - 1
        mask = sum(field << bits * n for n in range(32 // bits) if pins >> n & 1)
        return old & mask | new & ~mask

    def _set_outputs(self, outputs: int) -> None:
        new, self._outputs = outputs & ~self._outputs, outputs
        self._drive(new)
        self.system.pins.touch(self._pins)

    def _drive(self, pins: int) -> None:
        while pins:
            n = (pins & -pins).bit_length() - 1
            pins &= pins - 1
            self.system.pins.drive(self._pins[n], self.ODR >> n & 1)
