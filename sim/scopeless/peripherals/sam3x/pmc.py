"""Oscillators, PLL, master clock, peripheral clocks. Atmel 11057, chapter PMC (power management)."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.events import Event
from scopeless.peripherals.system import System

SLOW_CLOCK_HZ = 32_000
"""The RC oscillator, which runs after power-up: sam3x8e.h, CHIP_FREQ_SLCK_RC."""
RC_HZ = (4_000_000, 8_000_000, 12_000_000)  # by MOR.MOSCRCF
UPLL_HZ = 480_000_000
MAX_HZ = 84_000_000  # sam3x8e.h, CHIP_FREQ_CPU_MAX
PRESCALERS = (1, 2, 4, 8, 16, 32, 64, 3)  # by MCKR.PRES

# MOR
MOSCXTEN, MOSCRCEN, MOSCSEL, MOR_KEY = 1 << 0, 1 << 3, 1 << 24, 0x37
# SR
MOSCXTS, LOCKA, MCKRDY, LOCKU, MOSCSELS, MOSCRCS = 1 << 0, 1 << 1, 1 << 3, 1 << 6, 1 << 16, 1 << 17
# MCKR.CSS
SLOW, MAIN, PLLA, UPLL = range(4)


class Pmc(Peripheral, model="sam3x.pmc"):
    """Options: ``crystal_hz``, the main crystal (absent: none, MOSCXTS never comes).

    Sources get ready after the times that the firmware gives in MOSCXTST, PLLACOUNT and UPLLCOUNT; a change
    of MCKR takes effect as soon as its source is ready, MCKRDY is 0 until then.
    """

    PCSR0 = Register(0x18, writable=0)
    UCKR = Register(0x1C, reset=0x1020_0800, writable=0x00F1_0000)
    MOR = Register(0x20, reset=MOSCRCEN, writable=0x0300_FF7B)
    PLLAR = Register(0x28, reset=0x3F00, writable=0x27FF_3FFF)
    MCKR = Register(0x30, reset=MAIN, writable=0x3073)
    SR = Register(0x68, reset=MCKRDY | MOSCSELS | MOSCRCS, writable=0)
    IMR = Register(0x6C, writable=0)
    PCSR1 = Register(0x100 + 0x08, writable=0)

    # Write-only: enable and disable registers
    PCER0, PCDR0 = Register(0x10), Register(0x14)
    PCER1, PCDR1 = Register(0x100), Register(0x104)
    IER, IDR = Register(0x60), Register(0x64)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._waiting: dict[int, Event] = {}
        system.clocks.enable_suffix = ""
        super().__init__(spec, system)

    def reset(self) -> None:
        for event in self._waiting.values():
            event.cancel()
        super().reset()
        self._source, self._prescaler = MAIN, 1
        self._enable()
        self._update()

    # Oscillators and PLLs

    def write_mor(self, value: int) -> None:
        """Without its key a write is ignored."""
        if value >> 16 & 0xFF != MOR_KEY:
            return
        old, self.MOR = self.MOR, value & Pmc.MOR.writable
        if self.MOR & MOSCXTEN and not old & MOSCXTEN and "crystal_hz" in self.spec.options:
            self._ready_after(MOSCXTS, 8 * (value >> 8 & 0xFF))
        elif not self.MOR & MOSCXTEN:
            self._lose(MOSCXTS)
        self._set(MOSCRCS, bool(self.MOR & MOSCRCEN))
        self._select()

    def write_pllar(self, value: int) -> None:
        self.PLLAR = value & Pmc.PLLAR.writable
        self._lose(LOCKA)
        if value >> 16 & 0x7FF and value & 0xFF:
            self._ready_after(LOCKA, value >> 8 & 0x3F)
        self._select()

    def write_uckr(self, value: int) -> None:
        self.UCKR = value & Pmc.UCKR.writable
        self._lose(LOCKU)
        if value & 1 << 16:
            self._ready_after(LOCKU, 8 * (value >> 20 & 15))
        self._select()

    def write_mckr(self, value: int) -> None:
        self.MCKR = value & Pmc.MCKR.writable
        self._select()

    def _ready_after(self, flag: int, slow_cycles: int) -> None:
        self._lose(flag)
        self._waiting[flag] = self.system.ready_after_us(
            slow_cycles * 1e6 / SLOW_CLOCK_HZ, lambda: self._get_ready(flag)
        )

    def _get_ready(self, flag: int) -> None:
        self.SR |= flag
        self._select()

    def _lose(self, flag: int) -> None:
        if flag in self._waiting:
            self._waiting.pop(flag).cancel()
        self.SR &= ~flag

    def _set(self, flag: int, on: bool) -> None:
        self.SR = self.SR | flag if on else self.SR & ~flag

    def _select(self) -> None:
        """Let the main clock and the master clock follow their selections where the source is ready."""
        wanted = MOSCXTS if self.MOR & MOSCSEL else MOSCRCS
        self._set(MOSCSELS, bool(self.SR & wanted))
        needs = {SLOW: 0, MAIN: MOSCSELS, PLLA: LOCKA, UPLL: LOCKU}[self.MCKR & 3]
        ready = self.SR & needs == needs
        self._set(MCKRDY, ready)
        if ready:
            self._source, self._prescaler = self.MCKR & 3, PRESCALERS[self.MCKR >> 4 & 7]
        self._update()

    def _update(self) -> None:
        crystal = int(self.spec.options.get("crystal_hz", 0))
        use_crystal = self.MOR & MOSCSEL and self.SR & MOSCXTS
        main = crystal if use_crystal else RC_HZ[min(self.MOR >> 4 & 7, 2)]
        plla = main * ((self.PLLAR >> 16 & 0x7FF) + 1) // max(self.PLLAR & 0xFF, 1)
        plla //= 2 if self.MCKR & 1 << 12 else 1
        upll = UPLL_HZ // (2 if self.MCKR & 1 << 13 else 1)
        core = (SLOW_CLOCK_HZ, main, plla, upll)[self._source] // self._prescaler
        self.system.clocks.set(core=core, mck=core)
        if core > MAX_HZ:
            self.system.notes.add(
                f"The core clock of {core / 1e6:g} MHz is beyond the data sheet's {MAX_HZ / 1e6:g} MHz."
            )

    # Peripheral clocks and interrupts

    def write_pcer0(self, value: int) -> None:
        self.PCSR0 |= value & ~3
        self._enable()

    def write_pcdr0(self, value: int) -> None:
        self.PCSR0 &= ~value
        self._enable()

    def write_pcer1(self, value: int) -> None:
        self.PCSR1 |= value & 0x1FFF
        self._enable()

    def write_pcdr1(self, value: int) -> None:
        self.PCSR1 &= ~value
        self._enable()

    def _enable(self) -> None:
        self.system.clocks.enabled.update(pmc_pcsr0=self.PCSR0, pmc_pcsr1=self.PCSR1)
