"""Flash cache and flash wait states. apollo3.h, CACHECTRL."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.machine import UNSAFE_FLASH
from scopeless.native import Setting
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import System

ENABLE, LRU, ICACHE, DCACHE = 1 << 0, 1 << 1, 1 << 8, 1 << 9  # CACHECFG
NON_CACHEABLE_REGIONS, MONITOR = 0xC, 1 << 24
SETS_AND_WAYS = {4: (512, 1), 5: (512, 2), 8: (1024, 1)}  # by CONFIG; 128-bit lines each
READ_WAIT = 0xF  # FLASHCFG
INVALIDATE, READY = 1 << 0, 1 << 2  # CTRL
EVERYTHING = 3  # Setting.FLASH_INVALIDATE: instructions and data


class Cachectrl(Peripheral, model="apollo3.cachectrl"):
    """Everything that changes the speed of the flash goes to the timing core, except non-cacheable regions;
    SE delay and low-power modes are stored only. The monitors' counters read 0."""

    CACHECFG = Register(0x00, reset=0x0010_0C50, writable=0x0110_0FFF)
    FLASHCFG = Register(0x04, reset=0x873, writable=0x3F7F)
    CTRL = Register(0x08)
    NCR0START = Register(0x10, writable=0x07FF_FFF0)
    NCR0END = Register(0x14, writable=0x07FF_FFF0)
    NCR1START = Register(0x18, writable=0x07FF_FFF0)
    NCR1END = Register(0x1C, writable=0x07FF_FFF0)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        super().__init__(spec, system)
        system.clocks.on_change.append(self._check)

    def reset(self) -> None:
        super().reset()
        self._apply()

    def write_cachecfg(self, value: int) -> None:
        self.CACHECFG = value & Cachectrl.CACHECFG.writable
        notes = self.system.notes
        if self._geometry() is None:
            notes.add(f"CACHECFG.CONFIG is {value >> 4 & 15}, which is reserved; the cache stays as it was.")
        if value & NON_CACHEABLE_REGIONS:
            notes.add("The firmware sets up non-cacheable regions; they are cached here.")
        if value & MONITOR:
            notes.add("The firmware enables the cache monitors; their counters read 0 here.")
        self._apply()

    def write_flashcfg(self, value: int) -> None:
        self.FLASHCFG = value & Cachectrl.FLASHCFG.writable
        self._apply()
        self._check()

    def write_ctrl(self, value: int) -> None:
        if value & INVALIDATE:
            self.system.timing(Setting.FLASH_INVALIDATE, EVERYTHING)

    def read_ctrl(self) -> int:
        return READY if self.CACHECFG & ENABLE else 0

    def _geometry(self) -> tuple[int, int] | None:
        return SETS_AND_WAYS.get(self.CACHECFG >> 4 & 15)

    def _apply(self) -> None:
        timing, value = self.system.timing, self.CACHECFG
        on = bool(value & ENABLE)
        if geometry := self._geometry():
            timing(Setting.FLASH_CACHE_SETS, geometry[0])
            timing(Setting.FLASH_CACHE_WAYS, geometry[1])
        timing(Setting.FLASH_REPLACE_OLDEST, int(not value & LRU))
        timing(Setting.FLASH_ICACHE, int(on and bool(value & ICACHE)))
        timing(Setting.FLASH_DCACHE, int(on and bool(value & DCACHE)))
        timing(Setting.FLASH_WAIT_STATES, self.FLASHCFG & READ_WAIT)

    def _check(self) -> None:
        """The register's description recommends one wait state."""
        mhz = self.system.clocks.hz["core"] / 1e6
        if mhz >= 48 and self.FLASHCFG & READ_WAIT == 0:
            self.system.notes.add(
                f"The flash is set to 0 wait states at {mhz:g} MHz, where Ambiq recommends 1; {UNSAFE_FLASH}."
            )
