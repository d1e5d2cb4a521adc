"""Reset and clock control. ST RM0385 section 5."""

from __future__ import annotations

from typing import ClassVar

from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.rcc import AHB_DIVIDERS, APB_DIVIDERS, Oscillator, StmRcc, timer_hz

HSI_HZ = 16_000_000
LSE_HZ = 32_768
MAX_VCO_HZ = 432_000_000  # RM0385 5.3.2, PLLN

# Start-up times: ST DS10916, oscillator and PLL characteristics (HSE and LSE typical, HSI, PLL and LSI
# maximum).
HSI = Oscillator(0, 1, 4)
HSE = Oscillator(16, 17, 2000)
PLL = Oscillator(24, 25, 300)
PLLI2S = Oscillator(26, 27, 300)
PLLSAI = Oscillator(28, 29, 300)
LSI = Oscillator(0, 1, 40)
LSE = Oscillator(0, 1, 2_000_000)
SYSTEM_CLOCKS = (HSI, HSE, PLL)  # by CFGR.SW

PLL_FROM_HSE = 1 << 22
TIMPRE = 1 << 24  # DCKCFGR1
# UARTs by their field in DCKCFGR2, and the bus they are on: RM0385 5.3.26.
UARTS = ("usart1", "usart2", "usart3", "uart4", "uart5", "usart6", "uart7", "uart8")
ON_APB2 = ("usart1", "usart6")


class Rcc(StmRcc, model="stm32f7.rcc"):
    """Options: ``hse_hz``, the crystal's frequency (absent: no crystal, HSE never gets ready). Clocks it
    names: sysclk, core, pclk1, pclk2, those of the timers (timclk1, timclk2) and those of
    the UARTs."""

    CR = Register(0x00, reset=0x0000_0083, writable=0x150D_00F9)
    PLLCFGR = Register(0x04, reset=0x2400_3010, writable=0x0F43_7FFF)
    CFGR = Register(0x08, writable=0xFFFF_FCF3)
    CIR = Register(0x0C, writable=0x0000_7F00)
    AHB1RSTR = Register(0x10)
    AHB2RSTR = Register(0x14)
    AHB3RSTR = Register(0x18)
    APB1RSTR = Register(0x20)
    APB2RSTR = Register(0x24)
    AHB1ENR = Register(0x30, reset=0x0010_0000)
    AHB2ENR = Register(0x34)
    AHB3ENR = Register(0x38)
    APB1ENR = Register(0x40)
    APB2ENR = Register(0x44)
    AHB1LPENR = Register(0x50, reset=0x7EF7_B7FF)
    AHB2LPENR = Register(0x54, reset=0x0000_00F1)
    AHB3LPENR = Register(0x58, reset=0x0000_0003)
    APB1LPENR = Register(0x60, reset=0xFFFF_CBFF)
    APB2LPENR = Register(0x64, reset=0x04F7_7F33)
    BDCR = Register(0x70, writable=0x0001_831D)
    CSR = Register(0x74, reset=0x0E00_0000, writable=0x0000_0001)
    SSCGR = Register(0x80, writable=0xCFFF_FFFF)
    PLLI2SCFGR = Register(0x84, reset=0x2400_3000)
    PLLSAICFGR = Register(0x88, reset=0x2400_3000)
    DCKCFGR1 = Register(0x8C)
    DCKCFGR2 = Register(0x90)

    enables: ClassVar = {bus: f"{bus.upper()}ENR" for bus in ("ahb1", "ahb2", "ahb3", "apb1", "apb2")}
    resets: ClassVar = {bus: f"{bus.upper()}RSTR" for bus in ("ahb1", "ahb2", "ahb3", "apb1", "apb2")}
    hse = HSE
    lsi = LSI
    lse = LSE

    def write_cr(self, value: int) -> None:
        old, source, from_hse = self.CR, self._source(), bool(self.PLLCFGR & PLL_FROM_HSE)
        # The clock in use cannot be switched off: RM0385 5.3.1.
        if source is PLL:
            value |= 1 << PLL.on
        if source is HSE or (source is PLL and from_hse):
            value |= 1 << HSE.on
        if source is HSI or (source is PLL and not from_hse):
            value |= 1 << HSI.on
        writable = Rcc.CR.writable
        self.CR = old & ~writable | value & writable
        for oscillator in (*SYSTEM_CLOCKS, PLLI2S, PLLSAI):
            self.start_or_stop("CR", oscillator, old)

    def write_pllcfgr(self, value: int) -> None:
        writable = Rcc.PLLCFGR.writable
        if self.CR & 1 << PLL.on:
            writable &= 0x0F00_0000  # RM0385 5.3.2: M, N, P and the source only while the PLL is off
        self.PLLCFGR = self.PLLCFGR & ~writable | value & writable

    def write_cfgr(self, value: int) -> None:
        writable = Rcc.CFGR.writable
        self.CFGR = self.CFGR & ~writable | value & writable
        self.changed()

    def write_dckcfgr1(self, value: int) -> None:
        self.DCKCFGR1 = value
        self.changed()

    def write_dckcfgr2(self, value: int) -> None:
        self.DCKCFGR2 = value
        self.changed()

    def _source(self) -> Oscillator:
        return SYSTEM_CLOCKS[(self.CFGR >> 2 & 3) % 3]

    def _pll_hz(self) -> int:
        """RM0385 5.3.2: input / M * N / P."""
        settings = self.PLLCFGR
        source = self.hse_hz if settings & PLL_FROM_HSE else HSI_HZ
        vco = source * (settings >> 6 & 0x1FF) // max(settings & 0x3F, 1)
        if vco > MAX_VCO_HZ and self._source() is PLL:
            self.system.notes.add(
                f"The PLL's oscillator runs at {vco / 1e6:g} MHz, where RM0385 5.3.2 allows up to "
                f"{MAX_VCO_HZ / 1e6:g} MHz."
            )
        return vco // (2 * (settings >> 16 & 3) + 2)

    def changed(self) -> None:
        """The system clock follows SW as soon as the wanted oscillator is ready: RM0385 5.2.6. All
        frequencies: figure 12."""
        wanted = self.CFGR & 3
        if wanted < 3 and self.CR >> SYSTEM_CLOCKS[wanted].ready & 1:
            self.CFGR = self.CFGR & ~0xC | wanted << 2
        cfgr, source = self.CFGR, self._source()
        sysclk = self._pll_hz() if source is PLL else self.hse_hz if source is HSE else HSI_HZ
        core = sysclk // AHB_DIVIDERS[cfgr >> 4 & 15]
        apb1, apb2 = APB_DIVIDERS[cfgr >> 10 & 7], APB_DIVIDERS[cfgr >> 13 & 7]
        hz = {"sysclk": sysclk, "core": core, "pclk1": core // apb1, "pclk2": core // apb2}
        for n, divider in enumerate((apb1, apb2), start=1):
            if self.DCKCFGR1 & TIMPRE:  # RM0385 5.3.25: up to four times the bus's
                hz[f"timclk{n}"] = core if divider <= 4 else 4 * hz[f"pclk{n}"]
            else:
                hz[f"timclk{n}"] = timer_hz(hz[f"pclk{n}"], divider)
        for n, uart in enumerate(UARTS):
            bus = hz["pclk2" if uart in ON_APB2 else "pclk1"]
            hz[uart] = (bus, sysclk, HSI_HZ, LSE_HZ)[self.DCKCFGR2 >> 2 * n & 3]
        self.system.timing(Setting.APB1_DIVIDER, apb1)
        self.system.timing(Setting.APB2_DIVIDER, apb2)
        self.system.clocks.set(**hz)
        for name, limit in (("pclk1", 54_000_000), ("pclk2", 108_000_000)):
            if hz[name] > limit:
                self.system.notes.add(
                    f"{name.upper()} runs at {hz[name] / 1e6:g} MHz, beyond the data sheet's "
                    f"{limit / 1e6:g} MHz."
                )
