"""Counter/timers. apollo3.h, CTIMER; DS-A3-0p9p1 section 13."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import WORD, Peripheral, Register
from scopeless.peripherals.counter import Counter
from scopeless.peripherals.system import System

TIMERS, STRIDE = 8, 0x20
TMR, CMPRA, CMPRB, CTRL = 0x00, 0x04, 0x08, 0x0C
HALF = 16  # CTRL: timer B's fields are this many bits above timer A's
EN, CLR, LINK = 1 << 0, 1 << 11, 1 << 31
SINGLE, REPEATED, PULSE, PULSES, CONTINUOUS = 0, 1, 2, 3, 6  # CTRL.FN
C0, C1 = 1 << 0, 1 << 1
XT_HZ, LFRC_HZ = 32_768, 1024
# Clock and divider by CTRL.CLK; the pins and the outputs of other timers are no clocks here.
CLOCKS: dict[int, tuple[str | int, int]] = {
    **{1 + n: ("hfrc", divider) for n, divider in enumerate((4, 16, 256, 1024, 4096))},
    **{6 + n: (XT_HZ, divider) for n, divider in enumerate((1, 2, 16, 128))},
    **{10 + n: (LFRC_HZ, divider) for n, divider in enumerate((2, 32, 1024, 1))},
    15: ("core", 4),
    **{16 + n: (XT_HZ, divider) for n, divider in enumerate((4, 8, 32))},
}


class Half:
    """Timer A or B of a pair: its counter, and the fields of CTRL."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.control = 0
        self._active = False
        self.counter = Counter(system, self._hz, 16)
        self.counter.on_wrap = self._wrapped

    @property
    def function(self) -> int:
        """FN."""
        return self.control >> 6 & 7

    def configure(self, control: int, compare: int, enabled: bool, bits: int) -> None:
        """New settings. The counter goes to 0 with CMPR0 (CMPR1 in the pulse modes), stops there in the
        single modes: CMPR + 1 clocks, as AmbiqSuite's am_hal_ctimer_period_set says."""
        self.control, counter = control, self.counter
        first, second = compare & (1 << bits) - 1, compare >> bits
        counter.modulus = 1 << bits
        counter.set_clock(CLOCKS.get(control >> 1 & 31, (0, 1))[1])
        was_active, self._active = self._active, bool(control & EN) and not control & CLR and enabled
        if self._active != was_active or control & CLR:
            counter.start(0 if control & CLR else counter.value)
            counter.running = self._active
        counter.marks = {C0: first + 1, C1: second + 1}
        period = {CONTINUOUS: counter.modulus - 1, PULSE: second, PULSES: second}.get(self.function, first)
        counter.set_period(period + 1)

    def passed(self) -> int:
        """C0 and C1 where they were reached and interrupt (IE0, IE1)."""
        return self.counter.advance() & self.control >> 9

    def _hz(self) -> int:
        clock = CLOCKS.get(self.control >> 1 & 31, (0, 1))[0]
        return self._system.clocks.hz.get(clock, 0) if isinstance(clock, str) else clock

    def _wrapped(self) -> None:
        if self.function in (SINGLE, PULSE):
            self.counter.running = False


class Ctimer(Peripheral, model="apollo3.ctimer"):
    """Eight pairs of 16-bit timers, linked to 32 bits where CTLINK says so. Single, repeated and continuous
    counting and both pulse modes, without their outputs on pads. Patterns, triggers and the system timer
    (STIMER), which shares these addresses, are not modelled.
    """

    GLOBEN = Register(0x100, reset=0xFFFF, writable=0xFFFF)
    INTEN = Register(0x200)
    INTSTAT = Register(0x204, writable=0)
    INTCLR = Register(0x208)
    INTSET = Register(0x20C)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._halves = [Half(system) for _ in range(2 * TIMERS)]
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self.values |= dict.fromkeys(range(0, TIMERS * STRIDE, 4), 0)
        for n in range(TIMERS):
            self._configure(n)
        self._update()

    def _configure(self, n: int) -> None:
        control, a, b = (self.values[n * STRIDE + offset] for offset in (CTRL, CMPRA, CMPRB))
        on, first, second = self.GLOBEN >> 2 * n, self._halves[2 * n], self._halves[2 * n + 1]
        if control & LINK:  # lower halves of the compare values from A's register, upper halves from B's
            both = (a & 0xFFFF) | (b & 0xFFFF) << 16 | (a >> 16) << 32 | (b >> 16) << 48
            first.configure(control & 0x1FFF, both, bool(on & 1), 32)
            second.configure(0, b, False, 16)
        else:
            first.configure(control & 0x1FFF, a, bool(on & 1), 16)
            second.configure(control >> HALF & 0x1FFF, b, bool(on & 2), 16)

    def _settle(self) -> None:
        for n, half in enumerate(self._halves):
            flags = half.passed()
            self.INTSTAT |= (flags & C0) << n | (flags & C1) >> 1 << 16 + n

    def _update(self) -> None:
        """The interrupt line, and when it changes next."""
        self._settle()
        if self.spec.irq is not None:
            self.system.interrupt(self.spec.irq, bool(self.INTSTAT & self.INTEN))
            missing = self.INTEN & ~self.INTSTAT
            for n, half in enumerate(self._halves):
                wanted = (missing >> n & 1) * C0 | (missing >> 16 + n & 1) * C1
                half.counter.watch(wanted & half.control >> 9, self._update)

    # Registers

    def read_word(self, offset: int) -> int:
        self._settle()
        if offset < TIMERS * STRIDE and offset % STRIDE == TMR:
            n = offset // STRIDE
            a, b = (self._halves[2 * n + half].counter.value for half in (0, 1))
            return a if self.values[n * STRIDE + CTRL] & LINK else a | b << 16
        return super().read_word(offset)

    def write_word(self, offset: int, value: int) -> None:
        self._settle()
        if offset < TIMERS * STRIDE:
            if offset % STRIDE != TMR:
                self.values[offset] = value & WORD
                self._configure(offset // STRIDE)
        else:
            super().write_word(offset, value)
        self._update()

    def write_globen(self, value: int) -> None:
        self.GLOBEN = value & 0xFFFF
        for n in range(TIMERS):
            self._configure(n)

    def write_intclr(self, value: int) -> None:
        self.INTSTAT &= ~value

    def write_intset(self, value: int) -> None:
        self.INTSTAT |= value
