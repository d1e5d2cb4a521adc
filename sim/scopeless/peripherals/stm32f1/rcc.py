"""Reset and clock control. ST RM0008 section 7 (low-, medium- and high-density devices)."""

from __future__ import annotations

from typing import ClassVar

from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.rcc import AHB_DIVIDERS, APB_DIVIDERS, Oscillator, StmRcc, timer_hz

HSI_HZ = 8_000_000
MAX_HZ = 72_000_000  # RM0008 7.2, figure 8; DS5319 table 9

# Start-up times: ST DS5319 sections 5.3.6 (HSE and LSE, typical), 5.3.7 (HSI, maximum; LSI, maximum) and
# 5.3.8 (PLL, maximum).
HSI = Oscillator(0, 1, 2)
HSE = Oscillator(16, 17, 2000)
PLL = Oscillator(24, 25, 200)
LSI = Oscillator(0, 1, 85)
LSE = Oscillator(0, 1, 3_000_000)
SYSTEM_CLOCKS = (HSI, HSE, PLL)  # by CFGR.SW

PLL_BITS = 0x003F_0000  # PLLSRC, PLLXTPRE, PLLMUL


class Rcc(StmRcc, model="stm32f1.rcc"):
    """Options: ``hse_hz``, the crystal's frequency (absent: no crystal, HSE never gets ready)."""

    CR = Register(0x00, reset=0x0000_0083, writable=0x010D_00F9)
    CFGR = Register(0x04, writable=0x077F_FFF3)
    CIR = Register(0x08, writable=0x0000_1F00)
    APB2RSTR = Register(0x0C)
    APB1RSTR = Register(0x10)
    AHBENR = Register(0x14, reset=0x14)
    APB2ENR = Register(0x18)
    APB1ENR = Register(0x1C)
    BDCR = Register(0x20, writable=0x0001_8305)
    CSR = Register(0x24, reset=0x0C00_0000, writable=0x0000_0001)

    enables: ClassVar = {"ahb": "AHBENR", "apb1": "APB1ENR", "apb2": "APB2ENR"}
    resets: ClassVar = {"apb1": "APB1RSTR", "apb2": "APB2RSTR"}
    hse = HSE
    lsi = LSI
    lse = LSE

    def write_cr(self, value: int) -> None:
        old = self.CR
        if self._source() is PLL:
            value |= 1 << PLL.on | (1 << HSE.on if self.CFGR & 1 << 16 else 0)
        elif self._source() is HSE:
            value |= 1 << HSE.on
        if self._source() is HSI or (self._source() is PLL and not self.CFGR & 1 << 16):
            value |= 1 << HSI.on  # the clock in use cannot be switched off: RM0008 7.3.1
        writable = Rcc.CR.writable
        self.CR = old & ~writable | value & writable
        for oscillator in SYSTEM_CLOCKS:
            self.start_or_stop("CR", oscillator, old)

    def write_cfgr(self, value: int) -> None:
        writable = Rcc.CFGR.writable
        if self.CR & 1 << PLL.on:
            writable &= ~PLL_BITS  # RM0008 7.3.2: only while the PLL is off
        self.CFGR = self.CFGR & ~writable | value & writable
        self.changed()

    def _source(self) -> Oscillator:
        return SYSTEM_CLOCKS[(self.CFGR >> 2 & 3) % 3]

    def changed(self) -> None:
        """The system clock follows SW as soon as the wanted oscillator is ready: RM0008 7.2.6. All
        frequencies: figure 8."""
        wanted = self.CFGR & 3
        if wanted < 3 and self.CR >> SYSTEM_CLOCKS[wanted].ready & 1:
            self.CFGR = self.CFGR & ~0xC | wanted << 2
        cfgr = self.CFGR
        pll_in = self.hse_hz // (2 if cfgr & 1 << 17 else 1) if cfgr & 1 << 16 else HSI_HZ // 2
        multiplier = min((cfgr >> 18 & 15) + 2, 16)
        sysclk = {HSI: HSI_HZ, HSE: self.hse_hz, PLL: pll_in * multiplier}[self._source()]
        core = sysclk // AHB_DIVIDERS[cfgr >> 4 & 15]
        apb1, apb2 = APB_DIVIDERS[cfgr >> 8 & 7], APB_DIVIDERS[cfgr >> 11 & 7]
        self.system.timing(Setting.APB1_DIVIDER, apb1)
        self.system.timing(Setting.APB2_DIVIDER, apb2)
        hz = {"sysclk": sysclk, "core": core, "pclk1": core // apb1, "pclk2": core // apb2}
        hz |= {"timclk1": timer_hz(hz["pclk1"], apb1), "timclk2": timer_hz(hz["pclk2"], apb2)}
        self.system.clocks.set(**hz)
        if sysclk > MAX_HZ:
            self.system.notes.add(
                f"The core clock of {sysclk / 1e6:g} MHz is beyond the data sheet's {MAX_HZ / 1e6:g} MHz."
            )
