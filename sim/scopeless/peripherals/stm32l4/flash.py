"""Flash interface with instruction cache, data cache and prefetch. ST RM0351 section 3."""

from __future__ import annotations

from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.flash import StmFlash

LATENCY = 0x07
PREFETCH, ICACHE, DCACHE, ICACHE_RESET, DCACHE_RESET = (1 << bit for bit in range(8, 13))


class FlashInterface(StmFlash, model="stm32l4.flash"):
    """Wait states, caches and prefetch go to the timing core."""

    ACR = Register(0x00, reset=0x0600, writable=0x7F07)
    PDKEYR = Register(0x04)
    KEYR = Register(0x08)
    OPTKEYR = Register(0x0C)
    SR = Register(0x10)
    CR = Register(0x14, reset=0xC000_0000)
    ECCR = Register(0x18)
    OPTR = Register(0x20, reset=0xFFEF_F8AA, writable=0)

    lock = 1 << 31
    document = "RM0351 3.3.3"
    most_wait_states = 4

    def write_acr(self, value: int) -> None:
        self.ACR = value & FlashInterface.ACR.writable
        self.apply()
        # A cache can be emptied only while it is off: RM0351 3.7.1.
        instructions = bool(value & ICACHE_RESET) and not value & ICACHE
        data = bool(value & DCACHE_RESET) and not value & DCACHE
        if instructions or data:
            self.system.timing(Setting.FLASH_INVALIDATE, instructions | data << 1)
        self.check()

    def apply(self) -> None:
        self.system.timing(Setting.FLASH_WAIT_STATES, self.wait_states())
        for setting, bit in (
            (Setting.FLASH_PREFETCH, PREFETCH),
            (Setting.FLASH_ICACHE, ICACHE),
            (Setting.FLASH_DCACHE, DCACHE),
        ):
            self.system.timing(setting, int(bool(self.ACR & bit)))

    def wait_states(self) -> int:
        return self.ACR & LATENCY

    def wait_states_needed(self, mhz: float) -> int:
        """Table 9, voltage range 1: one for each 16 MHz. Range 2 asks for more; see Pwr."""
        return min(max(-int(-mhz // 16) - 1, 0), 4)
