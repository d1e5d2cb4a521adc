"""Cycle counter of the DWT, and the debug enable in front of it. ARMv7-M (DDI 0403) C1.8, C1.6.5."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register

CYCCNTENA = 1 << 0
TRCENA = 1 << 24


class Debug(Peripheral, model="cortexm.debug"):
    """Debug registers from 0xE000_EDF0; no debugger is ever connected."""

    DHCSR = Register(0x00, writable=0)
    DCRSR = Register(0x04, writable=0)
    DCRDR = Register(0x08)
    DEMCR = Register(0x0C, writable=0x010F_07F1)
    dwt: Dwt | None = None

    def write_demcr(self, value: int) -> None:
        if self.dwt is not None:
            self.dwt.settle()
        self.DEMCR = value & Debug.DEMCR.writable


class Dwt(Peripheral, model="cortexm.dwt"):
    """CYCCNT counts the same cycles as the report, asleep included (a debugger keeps it running on silicon
    too)."""

    CTRL = Register(0x00, reset=0x4000_0000, writable=0x007F_1FFF)  # C1.8.7
    CYCCNT = Register(0x04)
    CPICNT = Register(0x08, writable=0xFF)
    EXCCNT = Register(0x0C, writable=0xFF)
    SLEEPCNT = Register(0x10, writable=0xFF)
    LSUCNT = Register(0x14, writable=0xFF)
    FOLDCNT = Register(0x18, writable=0xFF)
    PCSR = Register(0x1C, writable=0)
    debug: Debug | None = None

    def reset(self) -> None:
        super().reset()
        self._since = 0

    def settle(self) -> None:
        """Bring the counter up to date before its enables change."""
        now = self.system.now()
        if self.CTRL & CYCCNTENA and self.debug is not None and self.debug.DEMCR & TRCENA:
            self.CYCCNT = self.CYCCNT + now - self._since & 0xFFFF_FFFF
        self._since = now

    def read_cyccnt(self) -> int:
        self.settle()
        return self.CYCCNT

    def write_cyccnt(self, value: int) -> None:
        self.settle()
        self.CYCCNT = value

    def write_ctrl(self, value: int) -> None:
        self.settle()
        writable = Dwt.CTRL.writable
        self.CTRL = self.CTRL & ~writable | value & writable
