"""Flash interface. ST RM0008 section 3.3.3, ST PM0075 (STM32F10xxx flash programming)."""

from __future__ import annotations

from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.flash import StmFlash

LATENCY = 0x07
PREFETCH_ENABLE = 1 << 4
PREFETCH_STATUS = 1 << 5


class FlashInterface(StmFlash, model="stm32f1.flash"):
    """Wait states and prefetch buffer go to the timing core."""

    ACR = Register(0x00, reset=0x30, writable=0x1F)
    KEYR = Register(0x04)
    OPTKEYR = Register(0x08)
    SR = Register(0x0C)
    CR = Register(0x10, reset=0x80)
    AR = Register(0x14)
    OBR = Register(0x1C, reset=0x03FF_FFFC, writable=0)
    WRPR = Register(0x20, reset=0xFFFF_FFFF, writable=0)

    lock = 1 << 7
    document = "RM0008 3.3.3"
    most_wait_states = 2

    def write_acr(self, value: int) -> None:
        value &= 0x1F
        # The status bit follows at once: the buffer needs no time that software could see.
        self.ACR = value | (PREFETCH_STATUS if value & PREFETCH_ENABLE else 0)
        self.apply()
        self.check()

    def apply(self) -> None:
        self.system.timing(Setting.FLASH_WAIT_STATES, self.wait_states())
        self.system.timing(Setting.FLASH_PREFETCH, int(bool(self.ACR & PREFETCH_ENABLE)))

    def wait_states(self) -> int:
        return self.ACR & LATENCY

    def wait_states_needed(self, mhz: float) -> int:
        return 0 if mhz <= 24 else 1 if mhz <= 48 else 2

    def clock_hz(self) -> int:
        return self.system.clocks.hz.get("sysclk", 0)
