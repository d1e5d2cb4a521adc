"""UART without DMA. PS chapter UART."""

from __future__ import annotations

from collections import deque

from scopeless.peripherals.base import WORD, Register
from scopeless.peripherals.nrf52.events import EventPeripheral
from scopeless.peripherals.serial import SerialPort

ENABLED = 4  # ENABLE
DISCONNECTED = 1 << 31  # PSEL
OVERRUN = 1 << 0  # ERRORSRC
RECEIVE_FIFO = 6
PARITY, TWO_STOP_BITS = 7 << 1, 1 << 4  # CONFIG


class Uart(SerialPort, EventPeripheral, model="nrf52.uart"):
    """Bits take floor(2**32 / BAUDRATE) clocks of 16 MHz, which gives each "actual rate" that the register's
    description lists. Flow control and RXTO are not modelled. A byte written while another is being sent
    waits for it, without the TXDRDY event in between."""

    TASKS_STARTRX = Register(0x000)
    TASKS_STOPRX = Register(0x004)
    TASKS_STARTTX = Register(0x008)
    TASKS_STOPTX = Register(0x00C)
    TASKS_SUSPEND = Register(0x01C)
    EVENTS_CTS = Register(0x100, writable=1)
    EVENTS_NCTS = Register(0x104, writable=1)
    EVENTS_RXDRDY = Register(0x108, writable=1)
    EVENTS_TXDRDY = Register(0x11C, writable=1)
    EVENTS_ERROR = Register(0x124, writable=1)
    EVENTS_RXTO = Register(0x144, writable=1)
    SHORTS = Register(0x200, writable=0x18)
    INTENSET = Register(0x304, writable=0x2_0287)
    INTENCLR = Register(0x308)
    ERRORSRC = Register(0x480)
    ENABLE = Register(0x500, writable=0xF)
    PSEL_RTS = Register(0x508, reset=WORD)
    PSEL_TXD = Register(0x50C, reset=WORD)
    PSEL_CTS = Register(0x510, reset=WORD)
    PSEL_RXD = Register(0x514, reset=WORD)
    RXD = Register(0x518, writable=0)
    TXD = Register(0x51C)
    BAUDRATE = Register(0x524, reset=0x0400_0000)
    CONFIG = Register(0x56C, writable=0x1F)

    def reset(self) -> None:
        super().reset()
        self._fifo: deque[int] = deque()
        self._sends = self._receives = False
        self.update()

    def bit_clocks(self) -> int:
        """Clocks of 16 MHz for one bit; 0 while no baud rate is set."""
        return (1 << 32) // self.BAUDRATE if self.BAUDRATE else 0

    def frame_cycles(self) -> int:
        hz = self.system.clocks.hz
        bits = 10 + bool(self.CONFIG & PARITY) + bool(self.CONFIG & TWO_STOP_BITS)
        return bits * self.bit_clocks() * (hz["core"] // hz["hfclk16m"])

    def _is_on(self, pin: int) -> bool:
        return self.ENABLE == ENABLED and not pin & DISCONNECTED and self.BAUDRATE > 0

    def can_send(self) -> bool:
        return self._sends and self._is_on(self.PSEL_TXD)

    def can_receive(self) -> bool:
        return self._receives and self._is_on(self.PSEL_RXD)

    # Tasks and settings

    def write_tasks_starttx(self, value: int) -> None:
        if value & 1:
            self._sends = True
            self._check_baud()
            self.start()

    def write_tasks_stoptx(self, value: int) -> None:
        if value & 1:
            self._sends = False

    def write_tasks_startrx(self, value: int) -> None:
        if value & 1:
            self._receives = True
            self._check_baud()

    def write_tasks_stoprx(self, value: int) -> None:
        if value & 1:
            self._receives = False

    def write_tasks_suspend(self, value: int) -> None:
        if value & 1:
            self._sends = self._receives = False

    def write_baudrate(self, value: int) -> None:
        self.BAUDRATE = value
        if self._sends or self._receives:
            self._check_baud()

    def _check_baud(self) -> None:
        if self.BAUDRATE:
            self.check_baud(self.system.clocks.hz["hfclk16m"] / self.bit_clocks())

    # Data

    def write_txd(self, value: int) -> None:
        self.transmit(value)

    def sent(self) -> None:
        self.EVENTS_TXDRDY = 1
        self.update()

    def received(self, byte: int) -> None:
        if len(self._fifo) == RECEIVE_FIFO:
            self.ERRORSRC |= OVERRUN
            self.EVENTS_ERROR = 1
        else:
            self._fifo.append(byte)
            if len(self._fifo) == 1:
                self.EVENTS_RXDRDY = 1
        self.update()

    def read_rxd(self) -> int:
        """Takes the byte; the next one moves up and gives its own event."""
        if not self._fifo:
            return 0
        byte = self._fifo.popleft()
        if self._fifo:
            self.EVENTS_RXDRDY = 1
            self.update()
        return byte

    def write_errorsrc(self, value: int) -> None:
        self.ERRORSRC &= ~value  # a one clears
