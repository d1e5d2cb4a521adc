"""UART: Arm's PL011 with a clock select and an interrupt for "transmission complete". apollo3.h, UART0; Arm
DDI 0183 (PL011 technical reference manual) chapter 3."""

from __future__ import annotations

from collections import deque

from scopeless.peripherals.base import Register
from scopeless.peripherals.serial import SerialPort

OVERRUN = 1 << 3  # RSR
BUSY, RXFE, TXFF, RXFF, TXFE, TXBUSY = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8  # FR
PARITY, TWO_STOP_BITS, FIFO = 1 << 1, 1 << 3, 1 << 4  # LCRH
UARTEN, CLKEN, TXE, RXE = 1 << 0, 1 << 3, 1 << 8, 1 << 9  # CR
CLOCKS = (0, 24_000_000, 12_000_000, 6_000_000, 3_000_000, 0, 0, 0)  # CR.CLKSEL, from HFRC
TXCMP, RX, TX, RECEIVE_TIMEOUT, OVERRUN_INTERRUPT = 1 << 0, 1 << 4, 1 << 5, 1 << 6, 1 << 10
FIFO_SIZE = 32
LEVELS = (4, 8, 16, 24, 28, 16, 16, 16)  # IFLS: 1/8, 1/4, 1/2, 3/4, 7/8
POWER = ("devpwr", 7)  # PWRCTRL DEVPWREN.PWRUART0, the same domain for both


class Uart(SerialPort, model="apollo3.uart"):
    """Without FIFOs (LCRH.FEN = 0) one byte is held in each direction, with them 32. The receive timeout
    comes after one idle frame here, after 32 bit times on silicon. Modem lines and IrDA are not modelled."""

    DR = Register(0x00)
    RSR = Register(0x04)
    FR = Register(0x18, writable=0)
    ILPR = Register(0x20, writable=0xFF)
    IBRD = Register(0x24, writable=0xFFFF)
    FBRD = Register(0x28, writable=0x3F)
    LCRH = Register(0x2C, writable=0xFF)
    CR = Register(0x30, reset=TXE | RXE, writable=0xFFFF)
    IFLS = Register(0x34, reset=0x12, writable=0x3F)
    IER = Register(0x38, writable=0x7FF)
    IES = Register(0x3C, writable=0)
    MIS = Register(0x40, writable=0)
    IEC = Register(0x44)

    def reset(self) -> None:
        super().reset()
        self._to_send: deque[int] = deque()
        self._arrived_bytes: deque[int] = deque()
        self._divider = 0  # in 64ths; taken over by a write of LCRH
        self._update()

    def write_word(self, offset: int, value: int) -> None:
        super().write_word(offset, value)
        self._update()

    def baud(self) -> float:
        """Bits per second; 0 without a clock or a divider."""
        hz = CLOCKS[self.CR >> 4 & 7] if self.CR & CLKEN else 0
        return hz * 4 / self._divider if self._divider else 0

    def frame_cycles(self) -> int:
        bits = 7 + (self.LCRH >> 5 & 3) + bool(self.LCRH & PARITY) + bool(self.LCRH & TWO_STOP_BITS)
        return round(bits * self.system.clocks.hz["core"] / self.baud())

    def _is_on(self, direction: int) -> bool:
        powered = self.system.clocks.is_enabled(POWER)
        return powered and self.CR & (UARTEN | direction) == UARTEN | direction and self.baud() > 0

    def can_send(self) -> bool:
        return self._is_on(TXE)

    def can_receive(self) -> bool:
        return self._is_on(RXE)

    # Settings

    def write_lcrh(self, value: int) -> None:
        """Also takes over the divider: DDI 0183 3.3.7."""
        self.LCRH = value & 0xFF
        self._divider = self.IBRD * 64 + self.FBRD
        self._check()

    def write_cr(self, value: int) -> None:
        self.CR = value & 0xFFFF
        if value & UARTEN and not self.system.clocks.is_enabled(POWER):
            self.system.notes.add(
                f"The firmware enables {self.name} without power (PWRCTRL DEVPWREN); it stays off."
            )
        self._check()
        self.start()

    def _check(self) -> None:
        if self.CR & UARTEN and self.baud():
            self.check_baud(self.baud())

    # Data

    def _room(self) -> int:
        return FIFO_SIZE if self.LCRH & FIFO else 1

    def _held(self) -> int:
        return len(self._to_send) + (self.waiting is not None)

    def write_dr(self, value: int) -> None:
        self.IES &= ~(TX | TXCMP)
        if self._held() >= self._room():
            self.system.notes.add(f"The firmware writes to {self.name} while it is full; a byte is lost.")
        elif self.waiting is None:
            self.transmit(value)
        else:
            self._to_send.append(value & 0xFF)

    def taken(self) -> None:
        if self._to_send:
            self.waiting = self._to_send.popleft()
        if self._held() <= (LEVELS[self.IFLS & 7] if self.LCRH & FIFO else 0):
            self.IES |= TX
        self._update()

    def sent(self) -> None:
        self.IES |= TXCMP
        self._update()

    def received(self, byte: int) -> None:
        if len(self._arrived_bytes) >= self._room():
            self.RSR |= OVERRUN
            self.IES |= OVERRUN_INTERRUPT
        else:
            self._arrived_bytes.append(byte)
            if len(self._arrived_bytes) >= self._receive_level():
                self.IES |= RX
        self._update()

    def _receive_level(self) -> int:
        return LEVELS[self.IFLS >> 3 & 7] if self.LCRH & FIFO else 1

    def line_is_idle(self) -> None:
        if self._arrived_bytes and self.LCRH & FIFO:
            self.IES |= RECEIVE_TIMEOUT
            self._update()

    def read_dr(self) -> int:
        byte = self._arrived_bytes.popleft() if self._arrived_bytes else 0
        if len(self._arrived_bytes) < self._receive_level():
            self.IES &= ~RX
        if not self._arrived_bytes:
            self.IES &= ~RECEIVE_TIMEOUT
        self._update()
        return byte

    # Flags and interrupts

    def read_fr(self) -> int:
        held, arrived, room = self._held(), len(self._arrived_bytes), self._room()
        flags = 0 if held else TXFE
        flags |= TXFF if held >= room else 0
        flags |= RXFF if arrived >= room else 0
        flags |= 0 if arrived else RXFE
        return flags | (BUSY | TXBUSY if held or self.sending else 0)

    def write_rsr(self, value: int) -> None:
        self.RSR = 0  # any write clears

    def read_mis(self) -> int:
        return self.IES & self.IER

    def write_iec(self, value: int) -> None:
        self.IES &= ~value

    def _update(self) -> None:
        if self.spec.irq is not None:
            self.system.interrupt(self.spec.irq, bool(self.IES & self.IER))
