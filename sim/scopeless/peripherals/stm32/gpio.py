"""General-purpose I/O with a mode register. ST RM0385 section 6, RM0351 section 8."""

from __future__ import annotations

from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.port import StmPort

INPUT, OUTPUT, ALTERNATE, ANALOG = range(4)
PULL_UP = 1


class Gpio(StmPort, model="stm32.gpio"):
    """Options: those of a port; ``moder``, ``ospeedr`` and ``pupdr``, the reset values where they are not
    0."""

    MODER = Register(0x00)
    OTYPER = Register(0x04, writable=0xFFFF)
    OSPEEDR = Register(0x08)
    PUPDR = Register(0x0C)
    IDR = Register(0x10, writable=0)
    ODR = Register(0x14, writable=0xFFFF)
    BSRR = Register(0x18)
    LCKR = Register(0x1C)
    AFRL = Register(0x20)
    AFRH = Register(0x24)

    def reset(self) -> None:
        super().reset()
        options = self.spec.options
        self.MODER, self.OSPEEDR, self.PUPDR = (options.get(r, 0) for r in ("moder", "ospeedr", "pupdr"))
        self._configure()

    def write_moder(self, value: int) -> None:
        self.MODER = self._unlocked(self.MODER, value, 2)
        self._configure()

    def write_otyper(self, value: int) -> None:
        self.OTYPER = self._unlocked(self.OTYPER, value, 1) & 0xFFFF

    def write_ospeedr(self, value: int) -> None:
        self.OSPEEDR = self._unlocked(self.OSPEEDR, value, 2)

    def write_pupdr(self, value: int) -> None:
        self.PUPDR = self._unlocked(self.PUPDR, value, 2)
        self.system.pins.touch(self._pins)

    def write_afrl(self, value: int) -> None:
        self.AFRL = self._unlocked(self.AFRL, value, 4)

    def write_afrh(self, value: int) -> None:
        self.AFRH = self._unlocked(self.AFRH, value, 4, first_pin=8)

    def read_idr(self) -> int:
        pins = self.system.pins
        value = 0
        for n, pin in enumerate(self._pins):
            mode = self.MODER >> 2 * n & 3
            if mode == OUTPUT:
                level = self.ODR >> n & 1
            elif mode == ALTERNATE and pin in pins.levels:
                level = pins.levels[pin]
            elif mode == ANALOG:
                level = 0
            else:
                level = pins.inputs.get(pin, int(self.PUPDR >> 2 * n & 3 == PULL_UP))
            value |= level << n
        return value

    def _configure(self) -> None:
        self._set_outputs(sum(1 << n for n in range(16) if self.MODER >> 2 * n & 3 == OUTPUT))


class GpioL4(Gpio, model="stm32l4.gpio"):
    """With a bit reset register, and analog switches that connect nothing here: RM0351 8.5.11, 8.5.12."""

    BRR = Register(0x28)
    ASCR = Register(0x2C, writable=0xFFFF)
