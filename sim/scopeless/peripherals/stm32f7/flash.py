"""Flash interface with the ART accelerator of its ITCM side. ST RM0385 section 3."""

from __future__ import annotations

from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.flash import StmFlash

LATENCY = 0x0F
PREFETCH, ART_ENABLE, ART_RESET = 1 << 8, 1 << 9, 1 << 11


class FlashInterface(StmFlash, model="stm32f7.flash"):
    """Wait states count on both sides; prefetch and accelerator serve the ITCM side only."""

    ACR = Register(0x00, writable=0x0000_0B0F)
    KEYR = Register(0x04)
    OPTKEYR = Register(0x08)
    SR = Register(0x0C)
    CR = Register(0x10, reset=0x8000_0000)
    OPTCR = Register(0x14, reset=0xC0FF_AAFD)
    OPTCR1 = Register(0x18, reset=0x0040_0080)

    lock = 1 << 31
    document = "RM0385 3.3.2"

    def write_acr(self, value: int) -> None:
        self.ACR = value & FlashInterface.ACR.writable
        self.apply()
        if self.ACR & ART_RESET and not self.ACR & ART_ENABLE:
            self.system.timing(Setting.FLASH_INVALIDATE, 3)
        self.check()

    def apply(self) -> None:
        self.system.timing(Setting.FLASH_WAIT_STATES, self.wait_states())
        self.system.timing(Setting.FLASH_PREFETCH, int(bool(self.ACR & PREFETCH)))
        self.system.timing(Setting.FLASH_ICACHE, int(bool(self.ACR & ART_ENABLE)))

    def wait_states(self) -> int:
        return self.ACR & LATENCY

    def wait_states_needed(self, mhz: float) -> int:
        """Table 5, at 2.7 to 3.6 V: one for each 30 MHz; seven up to the chip's limit."""
        return min(max(-int(-mhz // 30) - 1, 0), 7)
