"""Chip identification and features. apollo3.h, MCUCTRL."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register

BURST_GRANTED = ("burst", 0)
"""The "clock" that is enabled while burst mode may be entered."""

ALLOW_BURST, ALLOW_BLE = 1 << 0, 1 << 1  # SKU
BLE_REQUEST, BLE_ACK, BLE_AVAILABLE = 1 << 0, 1 << 1, 1 << 2  # FEATUREENABLE
BURST_REQUEST, BURST_ACK, BURST_AVAILABLE = 1 << 4, 1 << 5, 1 << 6


class Mcuctrl(Peripheral, model="apollo3.mcuctrl"):
    """Options: ``burst``, whether the part has burst mode. A feature is there as soon as it is asked for."""

    # 1 MB of flash and 384 KB of SRAM, by the tables of am_hal_mcuctrl.c in AmbiqSuite.
    CHIPPN = Register(0x000, reset=0x0667_2200, writable=0)
    CHIPREV = Register(0x00C, reset=0x21, writable=0)
    VENDORID = Register(0x010, reset=0x414D_4251, writable=0)
    SKU = Register(0x014, writable=0)
    FEATUREENABLE = Register(0x018, reset=BLE_REQUEST)
    FAULTCAPTUREEN = Register(0x1D0, writable=1)
    SRAMMODE = Register(0x284, writable=0x33)

    def reset(self) -> None:
        super().reset()
        self.SKU = ALLOW_BLE | (ALLOW_BURST if self.spec.options.get("burst", False) else 0)
        self.write_featureenable(self.FEATUREENABLE)

    def write_featureenable(self, value: int) -> None:
        value &= BLE_REQUEST | BURST_REQUEST
        if value & BLE_REQUEST:
            value |= BLE_ACK | BLE_AVAILABLE
        if value & BURST_REQUEST:
            value |= BURST_ACK | (BURST_AVAILABLE if self.SKU & ALLOW_BURST else 0)
        self.FEATUREENABLE = value
        self.system.clocks.enabled["burst"] = int(bool(value & BURST_AVAILABLE))
