"""Pads and ports. K20P64M72SF1RM and K64P144M120SF5RM, chapters PORT and GPIO."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Register
from scopeless.peripherals.kinetis.block import Block
from scopeless.peripherals.system import System

GPIO_FUNCTION = 1  # PCR.MUX
PULL_UP = 0b11  # PCR.PE and PS
LOCK = 1 << 15
PCR_WRITABLE = 0x000F_8777
GPCLR, GPCHR, ISFR = 0x80, 0x84, 0xA0


class Port(Block, model="kinetis.port"):
    """One pin control register per pin. Options: ``port``, the pins' prefix, such as ``PTC``. Pin interrupts
    and digital filters are not modelled."""

    def reset(self) -> None:
        super().reset()
        self.values = {4 * n: 0 for n in range(32)}
        for n in range(32):
            self.system.pins.select(f"{self.spec.options['port']}{n}", 0)

    def write_word(self, offset: int, value: int) -> None:
        if offset < GPCLR:
            self._configure(offset // 4, value, PCR_WRITABLE)
        elif offset in (GPCLR, GPCHR):  # the lower halves of up to 16 registers at once
            first = 16 * (offset == GPCHR)
            for n in range(16):
                if value >> (16 + n) & 1:
                    self._configure(first + n, value, 0xFFFF & PCR_WRITABLE)

    def _configure(self, n: int, value: int, mask: int) -> None:
        old = self.values[4 * n]
        if old & LOCK:
            mask &= ~0xFFFF
        self.values[4 * n] = new = old & ~mask | value & mask
        pin = f"{self.spec.options['port']}{n}"
        self.system.pins.pulls[pin] = int(new & PULL_UP == PULL_UP)
        self.system.pins.select(pin, new >> 8 & 7)


class Gpio(Block, model="kinetis.gpio"):
    """Levels and directions. Options: ``port``. A pin is the port's where its pad selects function 1."""

    PDOR = Register(0x00)
    PSOR = Register(0x04)
    PCOR = Register(0x08)
    PTOR = Register(0x0C)
    PDIR = Register(0x10, writable=0)
    PDDR = Register(0x14)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._numbers = {f"{spec.options['port']}{n}": n for n in range(32)}
        super().__init__(spec, system)
        system.pins.declare(self._numbers)
        system.pins.on_select.append(self._selected)

    def read_psor(self) -> int:
        return 0

    def read_pcor(self) -> int:
        return 0

    def read_ptor(self) -> int:
        return 0

    def write_pdor(self, value: int) -> None:
        changed, self.PDOR = self.PDOR ^ value, value
        self._drive(changed & self.PDDR)

    def write_psor(self, value: int) -> None:
        self.write_pdor(self.PDOR | value)

    def write_pcor(self, value: int) -> None:
        self.write_pdor(self.PDOR & ~value)

    def write_ptor(self, value: int) -> None:
        self.write_pdor(self.PDOR ^ value)

    def write_pddr(self, value: int) -> None:
        new, self.PDDR = value & ~self.PDDR, value
        self._drive(new)

    def read_pdir(self) -> int:
        pins = self.system.pins
        value = 0
        for pin, n in self._numbers.items():
            if pins.functions.get(pin) == GPIO_FUNCTION:
                idle = pins.pulls.get(pin, 0)
                output = self.PDDR >> n & 1
                value |= (self.PDOR >> n & 1 if output else pins.inputs.get(pin, idle)) << n
        return value

    def _selected(self, pin: str) -> None:
        n = self._numbers.get(pin)
        if n is not None:
            self._drive(self.PDDR & 1 << n)

    def _drive(self, changed: int) -> None:
        if not changed:
            return
        pins = self.system.pins
        for pin, n in self._numbers.items():
            if changed >> n & 1 and pins.functions.get(pin) == GPIO_FUNCTION:
                pins.drive(pin, self.PDOR >> n & 1)
