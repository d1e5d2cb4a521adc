"""Parallel input and output controller. Atmel 11057, chapter PIO."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import WORD, Peripheral, Register
from scopeless.peripherals.system import PinSensor, System

SET, CLEAR, STATUS = range(3)
FUNCTIONS = {
    0x00: "PSR",  # PER, PDR: the controller, not a peripheral, drives the line
    0x10: "OSR",  # OER, ODR: output
    0x20: "IFSR",
    0x30: "ODSR",  # SODR, CODR: level
    0x40: "IMR",
    0x50: "MDSR",  # open drain
    0xA0: "OWSR",  # lines that a write of ODSR changes
    0xB0: "AIMMR",
}
"""Registers in threes, to set bits, to clear bits and with the result, by offset of the first."""
EDGE_MODES = {0xC0: (0xC8, False), 0xC4: (0xC8, True), 0xD0: (0xD8, False), 0xD4: (0xD8, True)}
"""ESR and LSR: edge or level; FELLSR and REHLSR: falling or low, rising or high. Status register, sets it."""
PULL_UP_DISABLE, PULL_UP_ENABLE = 0x60, 0x64  # the other way round: PUSR is 1 where the pull-up is off
ODSR, PDSR = 0x38, 0x3C


class Pio(Peripheral, model="sam3x.pio"):
    """Options: ``port``, the pins' prefix, such as ``PC``. Outputs work without the port's clock; inputs are
    sampled by it on silicon, here at any time. ISR tells of changes of the pins whose interrupt is enabled.
    Debouncing is not modelled. An open-drain output that is off counts as pulled up."""

    PSR = Register(0x08, reset=WORD)
    OSR = Register(0x18)
    IFSR = Register(0x28)
    ODSR = Register(0x38)
    PDSR = Register(0x3C)
    IMR = Register(0x48)
    ISR = Register(0x4C)
    MDSR = Register(0x58)
    PUSR = Register(0x68)
    ABSR = Register(0x70)
    OWSR = Register(0xA8)
    AIMMR = Register(0xB8)
    ELSR = Register(0xC8)
    FRLHSR = Register(0xD8)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._sensor = PinSensor(system.pins, self._changed)
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self._pins = [f"{self.spec.options['port']}{n}" for n in range(32)]
        self.system.pins.declare(self._pins, self.read_pdsr)
        self._driven = 0
        self._level = 0

    def write_word(self, offset: int, value: int) -> None:
        group, kind = offset & ~0xF, (offset & 0xF) // 4
        if offset == ODSR:
            self.ODSR = self.ODSR & ~self.OWSR | value & self.OWSR
        elif offset in (PULL_UP_DISABLE, PULL_UP_ENABLE):
            self.PUSR = self.PUSR | value if offset == PULL_UP_DISABLE else self.PUSR & ~value
        elif group in FUNCTIONS and kind in (SET, CLEAR):
            status = group + 8
            old = self.values[status]
            self.values[status] = old | value if kind == SET else old & ~value
        elif offset in EDGE_MODES:
            status, is_set = EDGE_MODES[offset]
            old = self.values[status]
            self.values[status] = old | value if is_set else old & ~value
        elif offset == Pio.ABSR.offset:
            self.ABSR = value
        else:
            return
        self._drive()
        self._sense()

    def _drive(self) -> None:
        driven = self.PSR & self.OSR
        changed = (self._level ^ self.ODSR | ~self._driven) & driven
        self._driven, self._level = driven, self.ODSR
        for n in _bits(changed):
            self.system.pins.drive(self._pins[n], self.ODSR >> n & 1)

    def _sense(self) -> None:
        self.system.pins.touch(self._pins)
        self._sensor.watch(pin for n, pin in enumerate(self._pins) if self.IMR >> n & 1)
        self._update()

    def _changed(self, pin: str, level: int) -> None:
        """Any change counts, but where AIMMR selects the additional modes: then the edge, or the level, that
        FRLHSR says."""
        bit = 1 << self._pins.index(pin)
        if not self.AIMMR & bit or bool(self.FRLHSR & bit) == bool(level):
            self.ISR |= bit
        self._update()

    def read_isr(self) -> int:
        """Reading clears, but for levels that still are as wanted."""
        value = self.ISR
        levels = ~(self.read_pdsr() ^ self.FRLHSR)
        self.ISR &= self.AIMMR & self.ELSR & levels
        self._update()
        return value

    def _update(self) -> None:
        if self.spec.irq is not None:
            self.system.interrupt(self.spec.irq, bool(self.ISR & self.IMR))

    def read_pdsr(self) -> int:
        pins, value = self.system.pins, 0
        for n, pin in enumerate(self._pins):
            if self._driven >> n & 1:
                level = self.ODSR >> n & 1
            elif self.PSR >> n & 1:
                level = pins.inputs.get(pin, ~self.PUSR >> n & 1)
            else:
                level = pins.levels.get(pin, 0)  # a peripheral has the line
            value |= level << n
        return value


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
