"""Reset and clock control. ST RM0351 section 6."""

from __future__ import annotations

from typing import ClassVar

from scopeless.board import PeripheralSpec
from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.rcc import AHB_DIVIDERS, APB_DIVIDERS, Oscillator, StmRcc, timer_hz
from scopeless.peripherals.system import System

HSI_HZ = 16_000_000
LSE_HZ = 32_768
# By CR.MSIRANGE: RM0351 6.4.1.
MSI_HZ = tuple(1000 * khz for khz in (100, 200, 400, 800, 1000, 2000, 4000, 8000, 16000, 24000, 32000, 48000))
MSIRGSEL = 1 << 3
MAX_VCO_HZ = 344_000_000  # RM0351 6.4.4, PLLN; range 1

# Start-up times: ST DS10198, oscillator and PLL characteristics (HSE and LSE typical, the others maximum).
MSI = Oscillator(0, 1, 10)
HSI = Oscillator(8, 10, 1.2)
HSE = Oscillator(16, 17, 2000)
PLL = Oscillator(24, 25, 40)
PLLSAI1 = Oscillator(26, 27, 40)
PLLSAI2 = Oscillator(28, 29, 40)
LSI = Oscillator(0, 1, 130)
LSE = Oscillator(0, 1, 2_000_000)
SYSTEM_CLOCKS = (MSI, HSI, HSE, PLL)  # by CFGR.SW
PLL_SOURCES = (None, MSI, HSI, HSE)  # by PLLCFGR.PLLSRC
PLLREN = 1 << 24

# UARTs by their field in CCIPR, and the bus they are on: RM0351 6.4.28.
UARTS = ("usart1", "usart2", "usart3", "uart4", "uart5", "lpuart1")


class Rcc(StmRcc, model="stm32l4.rcc"):
    """Options: ``hse_hz``, the crystal's frequency (absent: no crystal, HSE never gets ready). Clocks it
    names: sysclk, core, pclk1, pclk2, those of the timers (timclk1, timclk2) and those of
    the UARTs."""

    CR = Register(0x00, reset=0x0000_0063, writable=0x150D_0BFD)
    ICSCR = Register(0x04, reset=0x1000_0000)
    CFGR = Register(0x08, writable=0x7700_BFF3)
    PLLCFGR = Register(0x0C, reset=0x0000_1000, writable=0x0773_7F73)
    PLLSAI1CFGR = Register(0x10, reset=0x0000_1000)
    PLLSAI2CFGR = Register(0x14, reset=0x0000_1000)
    CIER = Register(0x18)
    AHB1RSTR = Register(0x28)
    AHB2RSTR = Register(0x2C)
    AHB3RSTR = Register(0x30)
    APB1RSTR1 = Register(0x38)
    APB1RSTR2 = Register(0x3C)
    APB2RSTR = Register(0x40)
    AHB1ENR = Register(0x48, reset=0x0000_0100)
    AHB2ENR = Register(0x4C)
    AHB3ENR = Register(0x50)
    APB1ENR1 = Register(0x58)
    APB1ENR2 = Register(0x5C)
    APB2ENR = Register(0x60)
    AHB1SMENR = Register(0x68, reset=0x0001_1303)
    AHB2SMENR = Register(0x6C, reset=0x0005_32FF)
    AHB3SMENR = Register(0x70, reset=0x0000_0101)
    APB1SMENR1 = Register(0x78, reset=0xF2FE_CA3F)
    APB1SMENR2 = Register(0x7C, reset=0x0000_0025)
    APB2SMENR = Register(0x80, reset=0x0167_7C01)
    CCIPR = Register(0x88)
    BDCR = Register(0x90, writable=0x0301_833D)
    CSR = Register(0x94, reset=0x0C00_0600, writable=0x0000_0F01)

    enables: ClassVar = {
        n: n.upper() for n in ("ahb1enr", "ahb2enr", "ahb3enr", "apb1enr1", "apb1enr2", "apb2enr")
    }
    resets: ClassVar = {enable: name.replace("EN", "RST") for enable, name in enables.items()}
    hse = HSE
    lsi = LSI
    lse = LSE
    remove_reset_flags = 1 << 23

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        system.clocks.enable_suffix = ""
        super().__init__(spec, system)

    def write_cr(self, value: int) -> None:
        old, source = self.CR, self._source()
        used = [source, self._pll_source()] if source is PLL else [source]
        for oscillator in used:
            if oscillator is not None:
                value |= 1 << oscillator.on  # the clock in use cannot be switched off: RM0351 6.4.1
        writable = Rcc.CR.writable
        self.CR = old & ~writable | value & writable
        for oscillator in (*SYSTEM_CLOCKS, PLLSAI1, PLLSAI2):
            self.start_or_stop("CR", oscillator, old)
        self.changed()

    def write_pllcfgr(self, value: int) -> None:
        # RM0351 6.4.4: factors and source only while the PLL is off; its outputs can be switched.
        writable = 0x0111_0000 if self.CR & 1 << PLL.on else Rcc.PLLCFGR.writable
        self.PLLCFGR = self.PLLCFGR & ~writable | value & writable
        self.changed()

    def write_cfgr(self, value: int) -> None:
        writable = Rcc.CFGR.writable
        self.CFGR = self.CFGR & ~writable | value & writable
        self.changed()

    def write_ccipr(self, value: int) -> None:
        self.CCIPR = value
        self.changed()

    def _source(self) -> Oscillator:
        return SYSTEM_CLOCKS[self.CFGR >> 2 & 3]

    def _pll_source(self) -> Oscillator | None:
        return PLL_SOURCES[self.PLLCFGR & 3]

    def _msi_hz(self) -> int:
        """RM0351 6.2.3: by CR, or by CSR until MSIRGSEL is set."""
        selected = self.CR >> 4 & 15 if self.CR & MSIRGSEL else self.CSR >> 8 & 15
        return MSI_HZ[min(selected, len(MSI_HZ) - 1)]

    def _oscillator_hz(self, oscillator: Oscillator | None) -> int:
        if oscillator is PLL:
            return self._pll_hz()
        return {MSI: self._msi_hz(), HSI: HSI_HZ, HSE: self.hse_hz, None: 0}[oscillator]

    def _pll_hz(self) -> int:
        """RM0351 6.4.4: input / M * N / R."""
        settings = self.PLLCFGR
        vco = self._oscillator_hz(self._pll_source()) * (settings >> 8 & 0x7F) // ((settings >> 4 & 7) + 1)
        if vco > MAX_VCO_HZ:
            self.system.notes.add(
                f"The PLL's oscillator is set to {vco / 1e6:g} MHz, where RM0351 6.4.4 allows up to "
                f"{MAX_VCO_HZ / 1e6:g} MHz."
            )
        return vco // (2 * (settings >> 25 & 3) + 2)

    def changed(self) -> None:
        """The system clock follows SW as soon as the wanted oscillator is ready: RM0351 6.2.8. All
        frequencies: figure 13."""
        wanted = self.CFGR & 3
        output_on = wanted != 3 or self.PLLCFGR & PLLREN
        if self.CR >> SYSTEM_CLOCKS[wanted].ready & 1 and output_on:
            self.CFGR = self.CFGR & ~0xC | wanted << 2
        cfgr = self.CFGR
        sysclk = self._oscillator_hz(self._source())
        core = sysclk // AHB_DIVIDERS[cfgr >> 4 & 15]
        apb1, apb2 = APB_DIVIDERS[cfgr >> 8 & 7], APB_DIVIDERS[cfgr >> 11 & 7]
        hz = {"sysclk": sysclk, "core": core, "pclk1": core // apb1, "pclk2": core // apb2}
        hz |= {"timclk1": timer_hz(hz["pclk1"], apb1), "timclk2": timer_hz(hz["pclk2"], apb2)}
        for n, uart in enumerate(UARTS):
            bus = hz["pclk2" if uart == "usart1" else "pclk1"]
            hz[uart] = (bus, sysclk, HSI_HZ, LSE_HZ)[self.CCIPR >> 2 * n & 3]
        self.system.timing(Setting.APB1_DIVIDER, apb1)
        self.system.timing(Setting.APB2_DIVIDER, apb2)
        self.system.clocks.set(**hz)
