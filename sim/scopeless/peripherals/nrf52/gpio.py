"""General-purpose I/O. PS chapter GPIO."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import WORD, Peripheral, Register
from scopeless.peripherals.system import PinSensor, System

PIN_CNF = range(0x200, 0x280, 4)
PIN_CNF_RESET = 1 << 1
PIN_CNF_WRITABLE = 0x3_070F
DIR, INPUT_DISCONNECTED = 1 << 0, 1 << 1
PULL_UP = 3  # PIN_CNF bits 3:2
SENSED_LEVEL = {2: 1, 3: 0}  # PIN_CNF.SENSE


class Gpio(Peripheral, model="nrf52.gpio"):
    """Options: ``port``, the pins' prefix, such as ``P0``.

    The register blocks of P0 and P1 interleave (0x50000000 and 0x50000300, registers from 0x504 on), so
    that ``base`` is that of the port plus 0x500 here. Pins whose level is as SENSE says set LATCH and
    raise the port's DETECT signal, which GPIOTE hears of. Drive strengths are stored only; an open-drain
    output that is off counts as pulled up.
    """

    OUT = Register(0x04)
    OUTSET = Register(0x08)
    OUTCLR = Register(0x0C)
    IN = Register(0x10, writable=0)
    DIR = Register(0x14)
    DIRSET = Register(0x18)
    DIRCLR = Register(0x1C)
    LATCH = Register(0x20, writable=0)
    DETECTMODE = Register(0x24, writable=1)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._sensor = PinSensor(system.pins, lambda pin, level: self._detect())
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self._sensed: dict[int, int] = {}
        self._pins = [f"{self.spec.options['port']}.{n:02}" for n in range(32)]
        self.system.pins.declare(self._pins, self.read_in)
        self._cnf = [PIN_CNF_RESET] * 32

    def read_word(self, offset: int) -> int:
        if offset in PIN_CNF:
            n = PIN_CNF.index(offset)
            return self._cnf[n] | self.DIR >> n & 1
        return super().read_word(offset)

    def write_word(self, offset: int, value: int) -> None:
        if offset in PIN_CNF:
            n = PIN_CNF.index(offset)
            self._cnf[n] = value & PIN_CNF_WRITABLE & ~DIR
            self._sensed.pop(n, None)
            if value >> 16 & 3 in SENSED_LEVEL:
                self._sensed[n] = SENSED_LEVEL[value >> 16 & 3]
            self._sensor.watch(self._pins[sensed] for sensed in self._sensed)
            self.write_dir(self.DIR & ~(1 << n) | (value & DIR) << n)
            self.system.pins.touch((self._pins[n],))
            self._detect()
        else:
            super().write_word(offset, value)

    def write_out(self, value: int) -> None:
        changed = (self.OUT ^ value) & self.DIR
        self.OUT = value
        self._drive(changed)

    def write_outset(self, value: int) -> None:
        self.write_out(self.OUT | value)

    def write_outclr(self, value: int) -> None:
        self.write_out(self.OUT & ~value & WORD)

    def read_outset(self) -> int:
        return self.OUT

    read_outclr = read_outset

    def write_dir(self, value: int) -> None:
        new, self.DIR = value & ~self.DIR, value
        self._drive(new)
        self.system.pins.touch(self._pins)

    def write_dirset(self, value: int) -> None:
        self.write_dir(self.DIR | value)

    def write_dirclr(self, value: int) -> None:
        self.write_dir(self.DIR & ~value & WORD)

    def read_dirset(self) -> int:
        return self.DIR

    read_dirclr = read_dirset

    def write_latch(self, value: int) -> None:
        """A one clears; a pin whose level still is as sensed sets its bit again."""
        self.LATCH &= ~value
        self._detect()

    def write_detectmode(self, value: int) -> None:
        self.DETECTMODE = value & 1
        self._detect()

    def _detect(self) -> None:
        """DETECT: some pin is as sensed, or, by DETECTMODE, was and is still latched."""
        levels = self.read_in()
        now = sum(1 << n for n, level in self._sensed.items() if levels >> n & 1 == level)
        self.LATCH |= now
        signal = f"DETECT {self.spec.options['port']}"
        self.system.pins.select(signal, int(bool(self.LATCH if self.DETECTMODE else now)))

    def read_in(self) -> int:
        """A pin whose input buffer is disconnected reads 0."""
        value = 0
        for n, cnf in enumerate(self._cnf):
            if cnf & INPUT_DISCONNECTED:
                continue
            pull = int(cnf >> 2 & 3 == PULL_UP)
            level = (
                self.OUT >> n & 1 if self.DIR >> n & 1 else self.system.pins.inputs.get(self._pins[n], pull)
            )
            value |= level << n
        return value

    def _drive(self, pins: int) -> None:
        while pins:
            n = pins.bit_length() - 1
            pins &= ~(1 << n)
            self.system.pins.drive(self._pins[n], self.OUT >> n & 1)
