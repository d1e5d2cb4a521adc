"""USART with separate data registers, in asynchronous mode. ST RM0385 section 31, RM0351 section 40."""

from __future__ import annotations

from fractions import Fraction

from scopeless.peripherals.base import Register
from scopeless.peripherals.serial import SerialPort

# ISR: RM0385 31.8.8; an interrupt enable of CR1 has the bit of its flag
ORE, IDLE, RXNE, TC, TXE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
BUSY, TEACK, REACK = 1 << 16, 1 << 21, 1 << 22
CLEARABLE = ORE | IDLE | TC  # by ICR, of the flags modelled
# CR1: RM0385 31.8.1
UE, RE, TE, M0, OVER8, M1 = 1 << 0, 1 << 2, 1 << 3, 1 << 12, 1 << 15, 1 << 28
OVRDIS = 1 << 12  # CR3
RXFRQ, TXFRQ = 1 << 3, 1 << 4  # RQR
STOP_HALF_BITS = (2, 1, 4, 3)  # by CR2.STOP


class Usart(SerialPort, model="stm32.usart"):
    """Options: ``clock``, the name of its kernel clock."""

    CR1 = Register(0x00)
    CR2 = Register(0x04)
    CR3 = Register(0x08)
    BRR = Register(0x0C, writable=0xFFFF)
    GTPR = Register(0x10, writable=0xFFFF)
    RTOR = Register(0x14)
    RQR = Register(0x18)
    ISR = Register(0x1C, reset=TXE | TC)
    ICR = Register(0x20)
    RDR = Register(0x24, writable=0)
    TDR = Register(0x28, writable=0x1FF)

    acknowledges = TEACK
    """The acknowledge flags that this family has."""

    def reset(self) -> None:
        super().reset()
        self._update()

    # The line

    def _bit_clocks(self) -> Fraction:
        """Kernel clocks in a bit: RM0385 31.5.4."""
        if self.CR1 & OVER8:
            return Fraction(self.BRR & 0xFFF0 | (self.BRR & 7) << 1, 2)
        return Fraction(self.BRR)

    def frame_cycles(self) -> int:
        hz = self.system.clocks.hz
        data_bits = 9 if self.CR1 & M0 else 7 if self.CR1 & M1 else 8
        half_bits = 2 * (1 + data_bits) + STOP_HALF_BITS[self.CR2 >> 12 & 3]
        return round(self._bit_clocks() * half_bits * hz["core"] / hz[self.spec.options["clock"]] / 2)

    def can_send(self) -> bool:
        return bool(self.BRR) and self.CR1 & (UE | TE) == UE | TE

    def can_receive(self) -> bool:
        return self.CR1 & (UE | RE) == UE | RE

    def taken(self) -> None:
        self.ISR |= TXE
        self._update()

    def sent(self) -> None:
        self.ISR |= TC
        self._update()

    def received(self, byte: int) -> None:
        if self.ISR & RXNE and not self.CR3 & OVRDIS:
            self.ISR |= ORE  # the new byte is lost, RDR keeps the old one: RM0385 31.5.3
        else:
            self.RDR = byte
            self.ISR |= RXNE
        self._update()

    def line_is_idle(self) -> None:
        self.ISR |= IDLE
        self._update()

    # Registers

    def write_cr1(self, value: int) -> None:
        was_on, old = self.can_send(), self.CR1
        self.CR1 = value
        if old & UE and not value & UE:
            self.abort()
            self.ISR = Usart.ISR.reset
        if self.can_send() and not was_on:
            self.check_baud(float(self.system.clocks.hz[self.spec.options["clock"]] / self._bit_clocks()))
            self.send_idle()  # enabling the transmitter sends an idle frame first: RM0385 31.5.2
        self.start()
        self._update()

    def write_brr(self, value: int) -> None:
        if not self.CR1 & UE:  # RM0385 31.8.4
            self.BRR = value & 0xFFFF

    def write_rqr(self, value: int) -> None:
        if value & RXFRQ:
            self.ISR &= ~RXNE
        if value & TXFRQ:
            self.waiting = None
            self.ISR |= TXE
        self._update()

    def read_isr(self) -> int:
        on = bool(self.CR1 & UE)
        acknowledges = (TEACK if on and self.CR1 & TE else 0) | (REACK if on and self.CR1 & RE else 0)
        return self.ISR | acknowledges & self.acknowledges | (BUSY if self._receiving else 0)

    def write_isr(self, value: int) -> None:
        pass

    def write_icr(self, value: int) -> None:
        self.ISR &= ~(value & CLEARABLE)
        self._update()

    def read_icr(self) -> int:
        return 0

    def read_rdr(self) -> int:
        self.ISR &= ~RXNE
        self._update()
        return self.RDR

    def write_tdr(self, value: int) -> None:
        self.TDR = value & 0x1FF
        self.ISR &= ~(TXE | TC)
        self.transmit(value)
        self._update()

    def _update(self) -> None:
        """The interrupt line: RM0385 31.7, figure 355."""
        if self.spec.irq is not None:
            flags = self.ISR | (RXNE if self.ISR & ORE else 0)
            self.system.interrupt(self.spec.irq, bool(flags & self.CR1 & (TXE | TC | RXNE | IDLE)))


class UsartL4(Usart, model="stm32l4.usart"):
    """Acknowledges the receiver's enable too: RM0351 40.8.8."""

    acknowledges = TEACK | REACK
