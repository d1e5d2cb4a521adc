"""Memory protection unit, its registers. ARMv7-M (DDI 0403) B3.5."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register

ENABLE = 1 << 0  # CTRL
VALID = 1 << 4  # RBAR
ADDRESS, REGION = 0xFFFF_FFE0, 0xF
RASR_WRITABLE = 0x173F_FF3F
PAIRS = range(0x0C, 0x2C, 8)  # RBAR and RASR, and three aliases of both: B3.5.10


class Mpu(Peripheral, model="cortexm.mpu"):
    """Offsets from 0xE000_ED90. Options: ``regions`` (default 8), 0 on a chip without: all registers read as
    zero there. The regions can be written and read; neither protection nor memory attributes have an effect,
    which a note says when they are enabled."""

    TYPE = Register(0x00, writable=0)
    CTRL = Register(0x04, writable=7)
    RNR = Register(0x08)

    def reset(self) -> None:
        super().reset()
        self._count = int(self.spec.options.get("regions", 8))
        self._regions = [[0, 0] for _ in range(self._count)]

    def read_type(self) -> int:
        return self._count << 8

    def write_ctrl(self, value: int) -> None:
        if self._count:
            self.CTRL = value & 7
            if value & ENABLE:
                self.system.notes.add("The firmware enables the MPU; its regions are not enforced here.")

    def write_rnr(self, value: int) -> None:
        if self._count:
            self.RNR = value % self._count

    def read_word(self, offset: int) -> int:
        if self._count and offset >= PAIRS.start:
            address, attributes = self._regions[self.RNR]
            return address | self.RNR if offset in PAIRS else attributes
        return super().read_word(offset)

    def write_word(self, offset: int, value: int) -> None:
        if not self._count or offset < PAIRS.start:
            super().write_word(offset, value)
        elif offset in PAIRS:
            if value & VALID:
                self.write_rnr(value & REGION)
            self._regions[self.RNR][0] = value & ADDRESS
        else:
            self._regions[self.RNR][1] = value & RASR_WRITABLE
