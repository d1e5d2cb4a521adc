"""USART in asynchronous mode. ST RM0008 section 27."""

from __future__ import annotations

from scopeless.peripherals.base import Register
from scopeless.peripherals.serial import SerialPort

# SR: RM0008 27.6.1
ORE, IDLE, RXNE, TC, TXE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
WRITE_ZERO_CLEARS = 0x0360  # CTS, LBD, TC, RXNE
# CR1: RM0008 27.6.4; an interrupt enable has the same bit position as its flag in SR
RE, TE, M, UE = 1 << 2, 1 << 3, 1 << 12, 1 << 13
STOP_HALF_BITS = (2, 1, 4, 3)  # by CR2.STOP


class Usart(SerialPort, model="stm32f1.usart"):
    """Options: ``clock``, the name of the bus clock. Bits take BRR bus clocks."""

    duplicate_lanes = True

    SR = Register(0x00, reset=TXE | TC)
    DR = Register(0x04, writable=0x1FF)
    BRR = Register(0x08, writable=0xFFFF)
    CR1 = Register(0x0C, writable=0x3FFF)
    CR2 = Register(0x10, writable=0x7F6F)
    CR3 = Register(0x14, writable=0x07FF)
    GTPR = Register(0x18, writable=0xFFFF)

    def reset(self) -> None:
        super().reset()
        self._seen = 0  # the flags that software saw in its last read of SR
        self._update()

    def frame_cycles(self) -> int:
        hz = self.system.clocks.hz
        bit = self.BRR * (hz["core"] // hz[self.spec.options["clock"]])
        half_bits = 2 * (1 + (9 if self.CR1 & M else 8)) + STOP_HALF_BITS[self.CR2 >> 12 & 3]
        return bit * half_bits // 2

    def can_send(self) -> bool:
        return bool(self.BRR) and self.CR1 & (UE | TE) == UE | TE

    def can_receive(self) -> bool:
        return self.CR1 & (UE | RE) == UE | RE

    # Transmitter

    def write_dr(self, value: int) -> None:
        if self._seen & TC:
            self.SR &= ~TC
        self._seen = 0
        self.SR &= ~TXE
        self.transmit(value)
        self._update()

    def write_cr1(self, value: int) -> None:
        old, self.CR1 = self.CR1, value & 0x3FFF
        was_on, is_on = (bits & (UE | TE) == UE | TE for bits in (old, self.CR1))
        if is_on and not was_on and self.BRR:
            self._check_baud()
            self.send_idle()  # enabling the transmitter sends an idle frame first: RM0008 27.3.2
        self.start()
        self._update()

    def write_brr(self, value: int) -> None:
        self.BRR = value & 0xFFFF
        if self.CR1 & UE:
            self._check_baud()

    def taken(self) -> None:
        self.SR |= TXE
        self._update()

    def sent(self) -> None:
        self.SR |= TC
        self._update()

    def _check_baud(self) -> None:
        if self.BRR:
            self.check_baud(self.system.clocks.hz[self.spec.options["clock"]] / self.BRR)

    # Receiver

    def received(self, byte: int) -> None:
        if self.SR & RXNE:
            self.SR |= ORE  # the new byte is lost, DR keeps the old one: RM0008 27.3.3
        else:
            self.DR = byte
            self.SR |= RXNE
        self._update()

    def line_is_idle(self) -> None:
        self.SR |= IDLE
        self._update()

    # Flags

    def read_sr(self) -> int:
        self._seen = self.SR
        return self.SR

    def write_sr(self, value: int) -> None:
        self.SR &= value | ~WRITE_ZERO_CLEARS
        self._update()

    def read_dr(self) -> int:
        self.SR &= ~(RXNE | self._seen & 0x1F)
        self._seen = 0
        self._update()
        return self.DR

    def _update(self) -> None:
        """The interrupt line: RM0008 27.4, figure 300."""
        if self.spec.irq is None:
            return
        flags = self.SR | (RXNE if self.SR & ORE else 0)
        self.system.interrupt(self.spec.irq, bool(flags & self.CR1 & (TXE | TC | RXNE | IDLE)))
