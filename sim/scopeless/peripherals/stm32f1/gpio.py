"""General-purpose I/O. ST RM0008 section 9."""

from __future__ import annotations

from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.port import StmPort


class Gpio(StmPort, model="stm32f1.gpio"):
    """Options: those of a port."""

    duplicate_lanes = True

    CRL = Register(0x00, reset=0x4444_4444)
    CRH = Register(0x04, reset=0x4444_4444)
    IDR = Register(0x08, writable=0)
    ODR = Register(0x0C, writable=0xFFFF)
    BSRR = Register(0x10)
    BRR = Register(0x14)
    LCKR = Register(0x18)

    def write_crl(self, value: int) -> None:
        self.CRL = self._unlocked(self.CRL, value, 4)
        self._configure()

    def write_crh(self, value: int) -> None:
        self.CRH = self._unlocked(self.CRH, value, 4, first_pin=8)
        self._configure()

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

    def _configure(self) -> None:
        configuration = self.CRH << 32 | self.CRL
        outputs = 0
        for n in range(16):
            cell = configuration >> 4 * n & 15
            if cell & 3 and not cell & 8:  # an output mode, general purpose
                outputs |= 1 << n
        self._set_outputs(outputs)
