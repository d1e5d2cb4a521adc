"""Flash memory controller: buffers, cache, speculation. K20P64M72SF1RM and K64P144M120SF5RM, chapter FMC."""

from __future__ import annotations

from scopeless.native import Setting
from scopeless.peripherals.base import Register
from scopeless.peripherals.kinetis.block import Block

# PFB0CR
SINGLE_ENTRY, CODE_SPECULATION, DATA_SPECULATION, CODE_CACHE, DATA_CACHE = (1 << n for n in range(5))
INVALIDATE_BUFFERS, INVALIDATE_WAYS = 1 << 19, 0x00F0_0000
REPLACEMENT, LOCKED_WAYS = 0xE0, 0x0F00_0000
INSTRUCTIONS_AND_DATA = 3  # Setting.FLASH_INVALIDATE


class FlashController(Block, model="kinetis.fmc"):
    """Options: ``line_bits``, what one read of the flash brings (64 or 128).

    Bank 0's control register sets the timing, as the firmware is there: single-entry buffer, cache and
    speculation. Locked ways, other replacement than LRU over all four ways, and the cache's own memory are
    not modelled.
    """

    PFAPR = Register(0x00, reset=0x00F8_003F)
    PFB0CR = Register(0x04, reset=0x3000_001F)
    PFB1CR = Register(0x08, reset=0x3000_001F)

    def reset(self) -> None:
        super().reset()
        self._apply()

    def read_pfb0cr(self) -> int:
        return self.PFB0CR & 0x0FFF_FFFF | self._fixed_fields()

    def read_pfb1cr(self) -> int:
        return self.PFB1CR & 0x0FFF_FFFF | self._fixed_fields()

    def write_pfb0cr(self, value: int) -> None:
        self.PFB0CR = value & 0x0F00_00FF
        if value & (REPLACEMENT | LOCKED_WAYS):
            self.system.notes.add(
                "The firmware locks ways of the flash cache or changes its replacement (FMC_PFB0CR), which "
                "is not modelled."
            )
        if value & (INVALIDATE_BUFFERS | INVALIDATE_WAYS):
            self.system.timing(Setting.FLASH_INVALIDATE, INSTRUCTIONS_AND_DATA)
        self._apply()

    def _fixed_fields(self) -> int:
        """Read-only: memory width, and core clocks per flash clock minus one."""
        hz = self.system.clocks.hz
        ratio = hz["core"] // hz["flash"] if hz.get("flash") else 1
        width = {32: 0, 64: 1, 128: 2}[int(self.spec.options["line_bits"])]
        return (ratio - 1) << 28 | width << 17

    def _apply(self) -> None:
        for bit, setting in (
            (SINGLE_ENTRY, Setting.FLASH_LINE_BUFFER),
            (CODE_SPECULATION, Setting.FLASH_PREFETCH),
            (DATA_SPECULATION, Setting.FLASH_DATA_PREFETCH),
            (CODE_CACHE, Setting.FLASH_ICACHE),
            (DATA_CACHE, Setting.FLASH_DCACHE),
        ):
            self.system.timing(setting, int(bool(self.PFB0CR & bit)))
