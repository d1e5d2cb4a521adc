"""General-purpose and basic timers. ST RM0008 sections 15 and 17, RM0385 sections 23 and 25, RM0351 sections
27 and 29: the same registers in all."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.counter import Counter
from scopeless.peripherals.system import System

# CR1
CEN, UDIS, URS, OPM, DIR, CMS, ARPE, CKD, UIFREMAP = (
    *(1 << n for n in range(5)),
    3 << 5,
    1 << 7,
    3 << 8,
    1 << 11,
)
UIF = UG = 1 << 0  # SR, and at the same place in DIER; EGR
UDE = 1 << 8  # DIER
MATCHES = 0x1E  # CC1IF to CC4IF, CC1G to CC4G
PRELOAD = (1 << 3, 1 << 11)  # CCMR1 and CCMR2: OC1PE and OC2PE, OC3PE and OC4PE
OUTPUTS = 0x1111  # CCER: CC1E to CC4E
BASIC_LACKS = (0x08, 0x18, 0x1C, 0x20, 0x34, 0x38, 0x3C, 0x40)
"""SMCR and what belongs to channels, which a basic timer has not: STM32F7x6.svd, STM32L4x6.svd, TIM6."""


class Timer(Peripheral, model="stm32.timer"):
    """Options: ``clock``, the name of its kernel clock; ``bits``, of its counter (default 16); ``channels``,
    0 for a basic timer, which only counts up (default 4); ``uifremap``, false where CR1 has no such bit.

    Counts up or down from the internal clock, with preloaded prescaler, period and compare values, update
    and compare interrupts. Capture, slave modes, centre-aligned counting, DMA and the channels' pins are not
    modelled. RM0008 15.3.2: the counter starts one clock after CEN.
    """

    CR1 = Register(0x00, writable=0x0BFF)
    CR2 = Register(0x04, writable=0xF8)
    SMCR = Register(0x08)
    DIER = Register(0x0C, writable=0x5F5F)
    SR = Register(0x10)
    EGR = Register(0x14)
    CCMR1 = Register(0x18)
    CCMR2 = Register(0x1C)
    CCER = Register(0x20)
    CNT = Register(0x24)
    PSC = Register(0x28, writable=0xFFFF)
    ARR = Register(0x2C)
    CCR1 = Register(0x34)
    CCR2 = Register(0x38)
    CCR3 = Register(0x3C)
    CCR4 = Register(0x40)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        bits = int(spec.options.get("bits", 16))
        self._mask = (1 << bits) - 1
        self._channels = int(spec.options.get("channels", 4))
        basic = not self._channels
        self._control = Timer.CR1.writable & ~(DIR | CMS | CKD if basic else 0)
        if not spec.options.get("uifremap", True):
            self._control &= ~UIFREMAP
        self._missing: tuple[int, ...] = BASIC_LACKS if basic else ()
        self._interrupts = UIF | UDE if basic else Timer.DIER.writable
        clock = spec.options["clock"]
        self._counter = Counter(system, lambda: system.clocks.hz.get(clock, 0), bits)
        self._counter.on_wrap = self._wrapped
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self.ARR = self._mask
        self._load()
        self._restart(0)
        self._update()

    # The counter: its position goes up from 0 in either direction.

    def _load(self) -> None:
        """An update event: the preloaded values become those in use."""
        self._top = self.ARR
        self._compare = [self.CCR1, self.CCR2, self.CCR3, self.CCR4]
        self._counter.divider = self.PSC + 1
        self._place()

    def _place(self) -> None:
        """Tell the counter its period and what happens on the way."""
        end = self._top + 1
        self._counter.set_period(end)
        marks = {UIF: end}
        for n, value in enumerate(self._compare[: self._channels]):
            # A value beyond the period matches at the overflow: RM0008 15.4.5, CC1IF.
            marks[2 << n] = max(self._top - value, 0) if self.CR1 & DIR else min(value, end)
        self._counter.marks = marks

    def _restart(self, position: int, delay_clocks: int = 0) -> None:
        """RM0008 15.4.12: a counter whose period is 0 does not count."""
        self._counter.start(position, delay_clocks)
        self._counter.running = bool(self.CR1 & CEN and self._top)

    def _wrapped(self) -> None:
        if self.CR1 & OPM:
            self.CR1 &= ~CEN
            self._counter.running = False
        if not self.CR1 & UDIS:
            self._load()

    def _settle(self) -> None:
        flags = self._counter.advance()
        self.SR |= flags & ~UIF if self.CR1 & UDIS else flags

    def _update(self) -> None:
        """The interrupt line, and when it changes next."""
        self._settle()
        if self.spec.irq is not None:
            flags = MATCHES if self.CR1 & UDIS else UIF | MATCHES
            self.system.interrupt(self.spec.irq, bool(self.SR & self.DIER & (UIF | MATCHES)))
            self._counter.watch(self.DIER & ~self.SR & flags, self._update)

    # Registers

    def read(self, offset: int, size: int) -> int:
        self._settle()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        self._settle()
        if offset & ~3 not in self._missing:
            super().write(offset, size, value)
        self._update()

    def write_cr1(self, value: int) -> None:
        value &= self._control
        old, self.CR1 = self.CR1, value
        if value & CMS:
            self.system.notes.add(f"{self.name} counts up and down in turns, which is not modelled: only up.")
        if (old ^ value) & DIR:
            self._place()
            self._restart(max(self._top - self._counter.value, 0))
        if (old ^ value) & CEN:
            self._restart(self._counter.value, delay_clocks=1)

    def write_dier(self, value: int) -> None:
        self.DIER = value & self._interrupts

    def write_smcr(self, value: int) -> None:
        self.SMCR = value & 0xFFFF
        if value & 7:
            self.system.notes.add(f"{self.name} is set to a slave mode, which is not modelled: it runs free.")

    def write_sr(self, value: int) -> None:
        self.SR &= value  # a zero clears

    def write_egr(self, value: int) -> None:
        """Software's events. UG starts counter and prescaler over and takes over what is preloaded."""
        self.SR |= value & MATCHES & ((2 << self._channels) - 1)
        if not value & UG:
            return
        if not self.CR1 & UDIS:
            self._load()
            if not self.CR1 & URS:
                self.SR |= UIF
        self._restart(0)

    def read_egr(self) -> int:
        return 0

    def read_cnt(self) -> int:
        value = self._counter.value
        value = self._top - value if self.CR1 & DIR else value
        return value | (self.SR & UIF) << 31 if self.CR1 & UIFREMAP else value

    def write_cnt(self, value: int) -> None:
        value &= self._mask
        self._restart(max(self._top - value, 0) if self.CR1 & DIR else value)

    def write_arr(self, value: int) -> None:
        self.ARR = value & self._mask
        if not self.CR1 & ARPE:
            was_blocked, self._top = not self._top, self.ARR
            self._place()
            if was_blocked or not self._top:
                self._restart(self._counter.value)

    def _write_compare(self, channel: int, value: int) -> None:
        setattr(self, f"CCR{channel + 1}", value & self._mask)
        mode = self.CCMR2 if channel >= 2 else self.CCMR1
        if not mode & PRELOAD[channel % 2]:
            self._compare[channel] = value & self._mask
            self._place()

    def write_ccr1(self, value: int) -> None:
        self._write_compare(0, value)

    def write_ccr2(self, value: int) -> None:
        self._write_compare(1, value)

    def write_ccr3(self, value: int) -> None:
        self._write_compare(2, value)

    def write_ccr4(self, value: int) -> None:
        self._write_compare(3, value)

    def write_ccer(self, value: int) -> None:
        self.CCER = value & 0xFFFF
        if value & OUTPUTS:
            self.system.notes.add(
                f"The channels of {self.name} drive no pins here; their flags and interrupts do work."
            )
