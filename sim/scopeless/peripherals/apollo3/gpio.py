"""General-purpose I/O: pads 0 to 49. apollo3.h, GPIO."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import WORD, Peripheral, Register
from scopeless.peripherals.system import PinSensor, System

KEY = 0x73
PADS = 50
PADREG = range(0x00, 0x34, 4)  # four pads each: PULL, INPEN, STRNG, FNCSEL (bits 5:3), RSEL
CFG = range(0x40, 0x5C, 4)  # eight pads each: INCFG, OUTCFG (bits 2:1), INTD
PADREG_RESET = 0x1818_1818
PULL, INPUT_ENABLE = 1 << 0, 1 << 1
FUNCTION_GPIO = 3
"""FNCSEL for GPIO, the same on every pad."""
RISING, FALLING, NONE, BOTH = range(4)  # INTD, INCFG
DISABLED, PUSH_PULL, OPEN_DRAIN, TRISTATE = range(4)  # OUTCFG


class Gpio(Peripheral, model="apollo3.gpio"):
    """Pins are called ``P0`` to ``P49``. Pad settings take effect while PADKEY holds the key. INCFG and
    INTD choose the edge that interrupts (AmbiqSuite, am_hal_gpio.h: rising, falling, none, both). Drive
    strengths and what INCFG does to reading are not modelled; an open-drain output that is off counts as
    pulled up."""

    PADKEY = Register(0x60)
    RDA = Register(0x80, writable=0)
    RDB = Register(0x84, writable=0)
    WTA = Register(0x88)
    WTB = Register(0x8C, writable=0x3_FFFF)
    WTSA = Register(0x90)
    WTSB = Register(0x94)
    WTCA = Register(0x98)
    WTCB = Register(0x9C)
    ENA = Register(0xA0)
    ENB = Register(0xA4, writable=0x3_FFFF)
    ENSA = Register(0xA8)
    ENSB = Register(0xAC)
    ENCA = Register(0xB4)
    ENCB = Register(0xB8)
    INT0EN, INT1EN = Register(0x200), Register(0x210, writable=0x3_FFFF)
    INT0STAT, INT1STAT = Register(0x204, writable=0), Register(0x214, writable=0)
    INT0CLR, INT1CLR = Register(0x208), Register(0x218)
    INT0SET, INT1SET = Register(0x20C), Register(0x21C)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._pads_by_name = {f"P{n}": n for n in range(PADS)}
        self._sensor = PinSensor(system.pins, self._changed)
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self.system.pins.declare(self._pads_by_name, self._read)
        self._pads = dict.fromkeys(PADREG, PADREG_RESET) | {0x14: 0x1818_0202, 0x30: 0x1818}
        self._configuration = dict.fromkeys(CFG, 0) | {0x48: 0x0011_0000}
        self._out = self._enabled = self._outputs = 0

    def read_word(self, offset: int) -> int:
        if offset in PADREG:
            return self._pads[offset]
        if offset in CFG:
            return self._configuration[offset]
        return super().read_word(offset)

    def write_word(self, offset: int, value: int) -> None:
        if offset not in PADREG and offset not in CFG:
            super().write_word(offset, value)
        elif self.PADKEY != KEY:
            self.system.notes.add(
                "The firmware changes pad settings without the key in PADKEY; the write is ignored, as on "
                "silicon."
            )
        else:
            (self._pads if offset in PADREG else self._configuration)[offset] = value
            self._configure()
        if offset >= Gpio.INT0EN.offset:
            self._update()

    def pad(self, n: int) -> int:
        """The eight bits of pad ``n`` in its PADREG."""
        return self._pads[n // 4 * 4] >> n % 4 * 8 & 0xFF

    def output_mode(self, n: int) -> int:
        """OUTCFG of pad ``n``."""
        return self._configuration[CFG.start + n // 8 * 4] >> n % 8 * 4 + 1 & 3

    def _configure(self) -> None:
        outputs = 0
        for n in range(PADS):
            if self.pad(n) >> 3 & 7 == FUNCTION_GPIO:
                mode = self.output_mode(n)
                on = mode in (PUSH_PULL, OPEN_DRAIN) or (mode == TRISTATE and self._enabled >> n & 1)
                outputs |= bool(on) << n
        new, self._outputs = outputs & ~self._outputs, outputs
        self._drive(new)
        self.system.pins.touch(self._pads_by_name)

    def _write(self, value: int) -> None:
        changed, self._out = (self._out ^ value) & self._outputs, value
        self._drive(changed)

    def _drive(self, pads: int) -> None:
        while pads:
            n = pads.bit_length() - 1
            pads &= ~(1 << n)
            self.system.pins.drive(f"P{n}", self._out >> n & 1)

    def _read(self) -> int:
        levels, value = self.system.pins, 0
        for n in range(PADS):
            if self.pad(n) & INPUT_ENABLE:
                idle = self.pad(n) & PULL
                level = self._out >> n & 1 if self._outputs >> n & 1 else levels.inputs.get(f"P{n}", idle)
                value |= level << n
        return value

    # Interrupts

    def _update(self) -> None:
        enabled = self.INT0EN | self.INT1EN << 32
        self._sensor.watch(pin for pin, n in self._pads_by_name.items() if enabled >> n & 1)
        if self.spec.irq is not None:
            flags = self.INT0STAT & self.INT0EN or self.INT1STAT & self.INT1EN
            self.system.interrupt(self.spec.irq, bool(flags))

    def _changed(self, pin: str, level: int) -> None:
        n = self._pads_by_name[pin]
        configuration = self._configuration[CFG.start + n // 8 * 4] >> n % 8 * 4
        direction = configuration >> 3 & 1 | (configuration & 1) << 1  # INTD, INCFG
        if direction == BOTH or direction == (RISING if level else FALLING):
            if n < 32:
                self.INT0STAT |= 1 << n
            else:
                self.INT1STAT |= 1 << n - 32
        self._update()

    def write_int0clr(self, value: int) -> None:
        self.INT0STAT &= ~value

    def write_int1clr(self, value: int) -> None:
        self.INT1STAT &= ~value

    def write_int0set(self, value: int) -> None:
        self.INT0STAT |= value

    def write_int1set(self, value: int) -> None:
        self.INT1STAT |= value & 0x3_FFFF

    # Levels

    def read_rda(self) -> int:
        return self._read() & WORD

    def read_rdb(self) -> int:
        return self._read() >> 32

    def write_wta(self, value: int) -> None:
        self._write(self._out & ~WORD | value)

    def write_wtb(self, value: int) -> None:
        self._write(self._out & WORD | (value & 0x3_FFFF) << 32)

    def write_wtsa(self, value: int) -> None:
        self._write(self._out | value)

    def write_wtsb(self, value: int) -> None:
        self._write(self._out | (value & 0x3_FFFF) << 32)

    def write_wtca(self, value: int) -> None:
        self._write(self._out & ~value)

    def write_wtcb(self, value: int) -> None:
        self._write(self._out & ~(value << 32))

    def read_wta(self) -> int:
        return self._out & WORD

    def read_wtb(self) -> int:
        return self._out >> 32

    def _enable(self, value: int) -> None:
        self._enabled = value
        self._configure()

    def write_ena(self, value: int) -> None:
        self._enable(self._enabled & ~WORD | value)

    def write_enb(self, value: int) -> None:
        self._enable(self._enabled & WORD | (value & 0x3_FFFF) << 32)

    def write_ensa(self, value: int) -> None:
        self._enable(self._enabled | value)

    def write_ensb(self, value: int) -> None:
        self._enable(self._enabled | (value & 0x3_FFFF) << 32)

    def write_enca(self, value: int) -> None:
        self._enable(self._enabled & ~value)

    def write_encb(self, value: int) -> None:
        self._enable(self._enabled & ~(value << 32))

    def read_ena(self) -> int:
        return self._enabled & WORD

    def read_enb(self) -> int:
        return self._enabled >> 32
