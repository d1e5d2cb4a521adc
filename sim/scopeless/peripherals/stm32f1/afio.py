"""Alternate-function I/O. ST RM0008 section 9.4."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register


class Afio(Peripheral, model="stm32f1.afio"):
    """Stores what is written; no modelled peripheral changes its pins by remapping."""

    duplicate_lanes = True

    EVCR = Register(0x00, writable=0xFF)
    MAPR = Register(0x04)
    EXTICR1 = Register(0x08, writable=0xFFFF)
    EXTICR2 = Register(0x0C, writable=0xFFFF)
    EXTICR3 = Register(0x10, writable=0xFFFF)
    EXTICR4 = Register(0x14, writable=0xFFFF)
    MAPR2 = Register(0x1C)

    def read_mapr(self) -> int:
        return self.MAPR & ~0x0700_0000  # SWJ_CFG is write-only
