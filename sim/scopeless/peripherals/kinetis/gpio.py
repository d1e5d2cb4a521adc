"""Pads and ports. K20P64M72SF1RM and K64P144M120SF5RM, chapters PORT and GPIO."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Register
from scopeless.peripherals.kinetis.block import Block
from scopeless.peripherals.system import PinSensor, System

GPIO_FUNCTION = 1  # PCR.MUX
PULL_UP = 0b11  # PCR.PE and PS
LOCK = 1 << 15
PCR_WRITABLE = 0x000F_8777
GPCLR, GPCHR, ISFR = 0x80, 0x84, 0xA0
FLAG = 1 << 24  # PCR.ISF
LOW, RISING, FALLING, EITHER, HIGH = range(8, 13)  # PCR.IRQC


class Port(Block, model="kinetis.port"):
    """One pin control register per pin. Options: ``port``, the pins' prefix, such as ``PTC``. DMA requests
    and digital filters are not modelled."""

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._sensor = PinSensor(system.pins, self._changed)
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self.values = {4 * n: 0 for n in range(32)}
        for n in range(32):
            self.system.pins.select(f"{self.spec.options['port']}{n}", 0)
        self._watched: dict[str, int] = {}
        self._sense()

    def write_word(self, offset: int, value: int) -> None:
        if offset < GPCLR:
            self._configure(offset // 4, value, PCR_WRITABLE)
        elif offset == ISFR:
            for n in range(32):
                self.values[4 * n] &= ~(FLAG if value >> n & 1 else 0)
        elif offset in (GPCLR, GPCHR):  # the lower halves of up to 16 registers at once
            first = 16 * (offset == GPCHR)
            for n in range(16):
                if value >> (16 + n) & 1:
                    self._configure(first + n, value, 0xFFFF & PCR_WRITABLE)
        self._sense()

    def read_word(self, offset: int) -> int:
        return self._flags() if offset == ISFR else super().read_word(offset)

    def _configure(self, n: int, value: int, mask: int) -> None:
        old = self.values[4 * n]
        if old & LOCK:
            mask &= ~0xFFFF
        if mask & ~0xFFFF:
            old &= ~(value & FLAG)  # a one clears
        self.values[4 * n] = new = old & ~mask | value & mask
        pin = f"{self.spec.options['port']}{n}"
        self.system.pins.pulls[pin] = int(new & PULL_UP == PULL_UP)
        self.system.pins.select(pin, new >> 8 & 7)

    # Pin interrupts

    def _condition(self, n: int) -> int:
        return self.values[4 * n] >> 16 & 15

    def _sense(self) -> None:
        pins = {f"{self.spec.options['port']}{n}": n for n in range(32)}
        self.system.pins.touch(pins)
        self._watched = {pin: n for pin, n in pins.items() if self._condition(n) >= LOW}
        self._sensor.watch(self._watched)
        self._update()

    def _changed(self, pin: str, level: int) -> None:
        n = self._watched[pin]
        if self._condition(n) in (EITHER, RISING if level else FALLING):
            self.values[4 * n] |= FLAG
        self._update()

    def _flags(self) -> int:
        return sum((self.values[4 * n] & FLAG) >> 24 << n for n in range(32))

    def _update(self) -> None:
        """Levels that hold are flagged again at once."""
        for pin, n in self._watched.items():
            wanted = {LOW: 0, HIGH: 1}.get(self._condition(n))
            if wanted is not None and self.system.pins.names[pin]() == wanted:
                self.values[4 * n] |= FLAG
        if self.spec.irq is not None:
            self.system.interrupt(
                self.spec.irq, any(self.values[4 * n] & FLAG for n in self._watched.values())
            )


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
        system.pins.declare(self._numbers, self.read_pdir)
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
        self.system.pins.touch(self._numbers)

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
            self.system.pins.touch((pin,))

    def _drive(self, changed: int) -> None:
        if not changed:
            return
        pins = self.system.pins
        for pin, n in self._numbers.items():
            if changed >> n & 1 and pins.functions.get(pin) == GPIO_FUNCTION:
                pins.drive(pin, self.PDOR >> n & 1)
