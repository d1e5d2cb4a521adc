"""USART in asynchronous mode. ST RM0008 section 27."""

from __future__ import annotations

from scopeless.peripherals.base import Register
from scopeless.peripherals.uart import Uart

# SR: RM0008 27.6.1
ORE, IDLE, RXNE, TC, TXE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
WRITE_ZERO_CLEARS = 0x0360  # CTS, LBD, TC, RXNE
# CR1: RM0008 27.6.4; an interrupt enable has the same bit position as its flag in SR
RE, TE, M, UE = 1 << 2, 1 << 3, 1 << 12, 1 << 13
STOP_HALF_BITS = (2, 1, 4, 3)  # by CR2.STOP


class Usart(Uart, model="stm32f1.usart"):
    """Options: ``clock``, the name of the bus clock. Bits last BRR bus clocks."""

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
        self.on_change()

    def frame_cycles(self) -> int:
        hz = self.system.clocks.hz
        bit = self.BRR * (hz["core"] // hz[self.spec.options["clock"]])
        half_bits = 2 * (1 + (9 if self.CR1 & M else 8)) + STOP_HALF_BITS[self.CR2 >> 12 & 3]
        return bit * half_bits // 2

    def baud(self) -> float:
        return self.system.clocks.hz[self.spec.options["clock"]] / self.BRR if self.BRR else 0

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
        self.outgoing.clear()
        self.transmit(value & 0xFF)
        self.on_change()

    def write_cr1(self, value: int) -> None:
        old, self.CR1 = self.CR1, value & 0x3FFF
        was_on, is_on = (bits & (UE | TE) == UE | TE for bits in (old, self.CR1))
        if is_on and not was_on and self.BRR:
            self.check_baud()
            if not self.is_shifting:
                # Enabling the transmitter sends an idle frame first: RM0008 27.3.2.
                self.send_idle_frame()
        self.start()
        self.on_change()

    def write_brr(self, value: int) -> None:
        self.BRR = value & 0xFFFF
        if self.CR1 & UE:
            self.check_baud()

    def on_taken(self) -> None:
        self.SR |= TXE

    def on_sent(self) -> None:
        if not self.outgoing:
            self.SR |= TC

    # Receiver

    def on_received(self, byte: int) -> None:
        if self.SR & RXNE:
            self.SR |= ORE  # the new byte is lost, DR keeps the old one: RM0008 27.3.3
        else:
            self.DR = byte
            self.SR |= RXNE

    def on_idle(self) -> None:
        self.SR |= IDLE

    # Flags

    def read_sr(self) -> int:
        self._seen = self.SR
        return self.SR

    def write_sr(self, value: int) -> None:
        self.SR &= value | ~WRITE_ZERO_CLEARS
        self.on_change()

    def read_dr(self) -> int:
        self.SR &= ~(RXNE | self._seen & 0x1F)
        self._seen = 0
        self.on_change()
        return self.DR

    def on_change(self) -> None:
        """The interrupt line: RM0008 27.4, figure 300."""
        if self.spec.irq is None:
            return
        flags = self.SR | (RXNE if self.SR & ORE else 0)
        self.system.interrupt(self.spec.irq, bool(flags & self.CR1 & (TXE | TC | RXNE | IDLE)))
