"""Flash interface. ST RM0008 section 3.3.3, ST PM0075 (STM32F10xxx flash programming)."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.native import Setting
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import System

LATENCY = 0x07
PREFETCH_ENABLE = 1 << 4
PREFETCH_STATUS = 1 << 5


class FlashInterface(Peripheral, model="stm32f1.flash"):
    """Wait states and prefetch buffer go to the timing core; programming and erasing are not modelled."""

    ACR = Register(0x00, reset=0x30, writable=0x1F)
    KEYR = Register(0x04)
    OPTKEYR = Register(0x08)
    SR = Register(0x0C)
    CR = Register(0x10, reset=0x80)
    AR = Register(0x14)
    OBR = Register(0x1C, reset=0x03FF_FFFC, writable=0)
    WRPR = Register(0x20, reset=0xFFFF_FFFF, writable=0)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        super().__init__(spec, system)
        system.clocks.on_change.append(self._check)

    def reset(self) -> None:
        super().reset()
        self._apply()

    def write_acr(self, value: int) -> None:
        value &= 0x1F
        # The status bit follows at once: the buffer needs no time that software could see.
        self.ACR = value | (PREFETCH_STATUS if value & PREFETCH_ENABLE else 0)
        self._apply()
        self._check()

    def write_keyr(self, value: int) -> None:
        self.system.notes.add("The firmware unlocks the flash; programming and erasing it are not modelled.")

    def _apply(self) -> None:
        self.system.timing(Setting.FLASH_WAIT_STATES, self.ACR & LATENCY)
        self.system.timing(Setting.FLASH_PREFETCH, int(bool(self.ACR & PREFETCH_ENABLE)))

    def _check(self) -> None:
        """RM0008 3.3.3: none up to 24 MHz, one up to 48 MHz, two above."""
        mhz = self.system.clocks.hz.get("sysclk", 0) / 1e6
        needed = 0 if mhz <= 24 else 1 if mhz <= 48 else 2
        if needed > self.ACR & LATENCY:
            self.system.notes.add(
                f"The flash is set to {self.ACR & LATENCY} wait states at {mhz:g} MHz, where RM0008 3.3.3 "
                f"asks for {needed}; the real chip may read wrong instructions."
            )
