"""Non-volatile memory controller: the instruction cache. PS chapter NVMC."""

from __future__ import annotations

from scopeless.native import Setting
from scopeless.peripherals.base import Peripheral, Register

CACHE_ENABLE, PROFILE_ENABLE = 1 << 0, 1 << 8  # ICACHECNF


class Nvmc(Peripheral, model="nrf52.nvmc"):
    """The cache enable goes to the timing core; writing and erasing flash are not modelled, nor are the
    cache's hit and miss counters."""

    READY = Register(0x400, reset=1, writable=0)
    READYNEXT = Register(0x408, reset=1, writable=0)
    CONFIG = Register(0x504, writable=3)
    ICACHECNF = Register(0x540, writable=CACHE_ENABLE | PROFILE_ENABLE)
    IHIT = Register(0x548, writable=0)
    IMISS = Register(0x54C, writable=0)

    def reset(self) -> None:
        super().reset()
        self.system.timing(Setting.FLASH_ICACHE, 0)

    def write_icachecnf(self, value: int) -> None:
        self.ICACHECNF = value & (CACHE_ENABLE | PROFILE_ENABLE)
        self.system.timing(Setting.FLASH_ICACHE, value & CACHE_ENABLE)
        if value & PROFILE_ENABLE:
            self.system.notes.add(
                "The firmware profiles the instruction cache; IHIT and IMISS read 0 here, use the window's "
                "cycles instead."
            )

    def write_config(self, value: int) -> None:
        self.CONFIG = value & 3
        if self.CONFIG:
            self.system.notes.add(
                "The firmware unlocks the flash; programming and erasing it are not modelled."
            )
