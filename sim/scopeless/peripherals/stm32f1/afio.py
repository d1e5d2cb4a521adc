"""Alternate-function I/O. ST RM0008 section 9.4."""

from __future__ import annotations

from scopeless.peripherals.base import Register
from scopeless.peripherals.stm32.exti import LineSelector


class Afio(LineSelector, model="stm32f1.afio"):
    """Connects EXTI lines to ports; else it stores what is written: no modelled peripheral changes its pins
    by remapping."""

    duplicate_lanes = True

    EVCR = Register(0x00, writable=0xFF)
    MAPR = Register(0x04)
    MAPR2 = Register(0x1C)

    def read_mapr(self) -> int:
        return self.MAPR & ~0x0700_0000  # SWJ_CFG is write-only
