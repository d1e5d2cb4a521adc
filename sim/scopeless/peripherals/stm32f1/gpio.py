"""General-purpose I/O. ST RM0008 section 9."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.stm32.lock import PortLock


class Gpio(Peripheral, model="stm32f1.gpio"):
    """Options: ``port``, the pins' prefix, such as ``PA``. An open-drain output that is off counts as
    pulled up."""

    duplicate_lanes = True

    CRL = Register(0x00, reset=0x4444_4444)
    CRH = Register(0x04, reset=0x4444_4444)
    IDR = Register(0x08, writable=0)
    ODR = Register(0x0C, writable=0xFFFF)
    BSRR = Register(0x10)
    BRR = Register(0x14)
    LCKR = Register(0x18)

    def reset(self) -> None:
        super().reset()
        self._outputs = 0
        self._lock = PortLock()
        port = self.spec.options["port"]
        self._pins = [f"{port}{n}" for n in range(16)]

    def write_crl(self, value: int) -> None:
        self.CRL = self._unlocked(self.CRL, value, 0)
        self._configure()

    def write_crh(self, value: int) -> None:
        self.CRH = self._unlocked(self.CRH, value, 8)
        self._configure()

    def write_odr(self, value: int) -> None:
        changed = (self.ODR ^ value) & self._outputs
        self.ODR = value & 0xFFFF
        self._drive(changed)

    def write_bsrr(self, value: int) -> None:
        """Set wins over reset: RM0008 9.2.5."""
        self.write_odr(self.ODR & ~(value >> 16) | value & 0xFFFF)

    def write_brr(self, value: int) -> None:
        self.write_odr(self.ODR & ~(value & 0xFFFF))

    def read_bsrr(self) -> int:
        return 0

    def read_brr(self) -> int:
        return 0

    def read_idr(self) -> int:
        configuration = self.CRH << 32 | self.CRL
        pins = self.system.pins
        value = 0
        for n, pin in enumerate(self._pins):
            cell = configuration >> 4 * n & 15
            if self._outputs >> n & 1:
                level = self.ODR >> n & 1
            elif cell & 3:  # an alternate function drives it
                level = pins.levels.get(pin, 0)
            else:
                pull = self.ODR >> n & 1 if cell == 0x8 else 0
                level = 0 if cell == 0 else pins.inputs.get(pin, pull)
            value |= level << n
        return value

    def write_lckr(self, value: int) -> None:
        self._lock.write(value)

    def read_lckr(self) -> int:
        return self._lock.read()

    def _unlocked(self, old: int, new: int, first_pin: int) -> int:
        mask = sum(15 << 4 * n for n in range(8) if self._lock.pins >> (first_pin + n) & 1)
        return old & mask | new & ~mask

    def _configure(self) -> None:
        configuration = self.CRH << 32 | self.CRL
        outputs = 0
        for n in range(16):
            cell = configuration >> 4 * n & 15
            if cell & 3 and not cell & 8:  # an output mode, general purpose
                outputs |= 1 << n
        new, self._outputs = outputs & ~self._outputs, outputs
        self._drive(new)

    def _drive(self, pins: int) -> None:
        n = 0
        while pins:
            if pins & 1:
                self.system.pins.drive(self._pins[n], self.ODR >> n & 1)
            pins >>= 1
            n += 1
