"""Cache maintenance of the Cortex-M7. ARMv7-M (DDI 0403) B2.2.7, B4.8.2; Cortex-M7 TRM (DDI 0489) 4.3.

Memory is always coherent here: maintenance and CCR only tell the timing core which lines are there.
"""

from __future__ import annotations

from scopeless.native import Setting
from scopeless.peripherals.base import Peripheral, Register

# CCR: B3.2.8
DC, IC = 1 << 16, 1 << 17
# 4 KiB each: two ways of 64 lines for instructions, four of 32 for data. DDI 0489, tables 4-3 and 4-4.
CLIDR, CTR = 0x0900_0003, 0x8303_C003
CCSIDR = (0xF003_E019, 0xF007_E009)  # by CSSELR: data, instructions
DATA_SETS = 32
SET_WAY = 1 << 32  # marks a line's place instead of an address: enum sl_setting


class L1Cache(Peripheral, model="cortexm.l1cache"):
    """From 0xE000_EF50. Writing is all one can do with these registers; cleaning without invalidating takes
    no time."""

    ICIALLU = Register(0x00, writable=0)
    ICIMVAU = Register(0x08, writable=0)
    DCIMVAC = Register(0x0C, writable=0)
    DCISW = Register(0x10, writable=0)
    DCCMVAU = Register(0x14, writable=0)
    DCCMVAC = Register(0x18, writable=0)
    DCCSW = Register(0x1C, writable=0)
    DCCIMVAC = Register(0x20, writable=0)
    DCCISW = Register(0x24, writable=0)
    BPIALL = Register(0x28, writable=0)

    def write_iciallu(self, value: int) -> None:
        self.system.timing(Setting.L1_ICACHE_INVALIDATE, -1)

    def write_icimvau(self, value: int) -> None:
        self.system.timing(Setting.L1_ICACHE_INVALIDATE, value)

    def write_dcimvac(self, value: int) -> None:
        self.system.timing(Setting.L1_DCACHE_INVALIDATE, value)

    def write_dcisw(self, value: int) -> None:
        """Way in bits 31:30, set from bit 5 on: B2.2.7."""
        place = (value >> 30) * DATA_SETS + (value >> 5) % DATA_SETS
        self.system.timing(Setting.L1_DCACHE_INVALIDATE, SET_WAY | place)

    write_dccimvac = write_dcimvac
    write_dccisw = write_dcisw
