"""CRC calculation unit. ST RM0008 section 4."""

from __future__ import annotations

from scopeless.peripherals.base import WORD, Peripheral, Register

POLYNOMIAL = 0x04C1_1DB7  # CRC-32 of Ethernet: RM0008 4.2
RESET = 1 << 0  # CR


class Crc(Peripheral, model="stm32f1.crc"):
    """Takes a word and gives the checksum so far. The four clocks that a word takes (4.3) are left out."""

    DR = Register(0x00, reset=WORD)
    IDR = Register(0x04, writable=0xFF)
    CR = Register(0x08)

    def write_dr(self, value: int) -> None:
        checksum = self.DR ^ value
        for _ in range(32):
            checksum = checksum << 1 ^ (POLYNOMIAL if checksum >> 31 & 1 else 0)
        self.DR = checksum & WORD

    def write_cr(self, value: int) -> None:
        if value & RESET:
            self.DR = Crc.DR.reset

    def read_cr(self) -> int:
        return 0
