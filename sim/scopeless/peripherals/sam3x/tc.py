"""One channel of a timer counter. Atmel 11057, chapter TC."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import WORD, Peripheral, Register
from scopeless.peripherals.counter import Counter
from scopeless.peripherals.sam3x.pmc import SLOW_CLOCK_HZ
from scopeless.peripherals.system import System

CLKEN, CLKDIS, SWTRG = 1 << 0, 1 << 1, 1 << 2  # CCR
DIVIDERS = (2, 8, 32, 128)  # of the master clock, by CMR.TCCLKS
SLOW, EXTERNAL = 4, 5  # TCCLKS; from 5 on the pins XC0 to XC2
CPCSTOP, CPCDIS, CPCTRG, WAVE = 1 << 6, 1 << 7, 1 << 14, 1 << 15  # CMR; the first two in waveform mode
UP, UP_DOWN, UP_RC, UP_DOWN_RC = range(4)  # CMR.WAVSEL
# SR, and IER, IDR, IMR
COVFS, CPAS, CPBS, CPCS, CLKSTA = 1 << 0, 1 << 2, 1 << 3, 1 << 4, 1 << 16
FLAGS = COVFS | CPAS | CPBS | CPCS


class Channel(Peripheral, model="sam3x.tc"):
    """Each channel has its own base, interrupt and clock enable. Counts up from an internal clock; RC resets
    it where CMR says so (UP_RC; CPCTRG in capture mode), so that a period is RC clocks. Capture, the
    channel's pins, counting up and down, bursts and the block's registers (chaining, SYNC) are not modelled.
    """

    CCR = Register(0x00)
    CMR = Register(0x04)
    SMMR = Register(0x08, writable=3)
    CV = Register(0x10, writable=0)
    RA, RB, RC = Register(0x14), Register(0x18), Register(0x1C)
    SR = Register(0x20, writable=0)
    IER, IDR = Register(0x24), Register(0x28)
    IMR = Register(0x2C, writable=0)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._counter = Counter(system, self._clock_hz)
        self._counter.on_wrap = self._wrapped
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self._counter.stop()
        self._place()
        self._update()

    def _clock_hz(self) -> int:
        return SLOW_CLOCK_HZ if self.CMR & 7 == SLOW else self.system.clocks.hz.get("mck", 0)

    def _place(self) -> None:
        resets = self.CMR >> 13 & 3 == UP_RC if self.CMR & WAVE else bool(self.CMR & CPCTRG)
        end = self._counter.modulus
        self._counter.marks = {COVFS: end, CPCS: self.RC}
        if self.CMR & WAVE:
            self._counter.marks |= {CPAS: self.RA, CPBS: self.RB}
        self._counter.set_period(self.RC if resets and self.RC else end)

    def _wrapped(self) -> None:
        if self.CMR & WAVE and self.CMR & (CPCSTOP | CPCDIS):
            self._counter.running = False
            if self.CMR & CPCDIS:
                self.SR &= ~CLKSTA

    def _update(self) -> None:
        """The interrupt line, and when it changes next."""
        self.SR |= self._counter.advance()
        if self.spec.irq is not None:
            self.system.interrupt(self.spec.irq, bool(self.SR & self.IMR))
            self._counter.watch(self.IMR & ~self.SR, self._update)

    # Registers

    def write_word(self, offset: int, value: int) -> None:
        self.SR |= self._counter.advance()
        super().write_word(offset, value)
        self._update()

    def write_ccr(self, value: int) -> None:
        """A trigger starts the counter at 0 where the clock is enabled; disabling wins over enabling."""
        if value & CLKDIS:
            self._counter.stop()
            self.SR &= ~CLKSTA
        elif value & CLKEN:
            self.SR |= CLKSTA
        if value & SWTRG and self.SR & CLKSTA:
            self._counter.start(0)

    def write_cmr(self, value: int) -> None:
        self.CMR = value
        source = value & 7
        if source >= EXTERNAL:
            self._note("counts an external clock")
        if value & WAVE and value >> 13 & 3 in (UP_DOWN, UP_DOWN_RC):
            self._note("counts up and down")
        self._counter.set_clock(DIVIDERS[source] if source < SLOW else 1)
        self._place()

    def _note(self, what: str) -> None:
        self.system.notes.add(f"{self.name} {what}, which is not modelled.")

    def write_ra(self, value: int) -> None:
        self.RA = value & WORD
        self._place()

    def write_rb(self, value: int) -> None:
        self.RB = value & WORD
        self._place()

    def write_rc(self, value: int) -> None:
        self.RC = value & WORD
        self._place()

    def read_cv(self) -> int:
        self.SR |= self._counter.advance()
        return self._counter.value

    def read_sr(self) -> int:
        """Reading clears the flags."""
        self.SR |= self._counter.advance()
        value = self.SR
        self.SR &= ~FLAGS
        self._update()
        return value

    def write_ier(self, value: int) -> None:
        self.IMR |= value & FLAGS

    def write_idr(self, value: int) -> None:
        self.IMR &= ~value
