"""UART with its FIFOs. K20P64M72SF1RM and K64P144M120SF5RM, chapter UART."""

from __future__ import annotations

from collections import deque

from scopeless.peripherals.base import Register
from scopeless.peripherals.kinetis.block import Block
from scopeless.peripherals.serial import SerialPort

RE, TE = 1 << 2, 1 << 3  # C2; its interrupt enables have the same bit positions as their flags in S1
OR, IDLE, RDRF, TC, TDRE = (1 << n for n in range(3, 8))  # S1
INTERRUPTS = IDLE | RDRF | TC | TDRE
M, PE = 1 << 4, 1 << 1  # C1
SBNS = 1 << 5  # BDH, K64: two stop bits
TXFE, RXFE = 1 << 7, 1 << 3  # PFIFO
TXFLUSH, RXFLUSH = 1 << 7, 1 << 6  # CFIFO
TXEMPT, RXEMPT, RXOF, TXOF, RXUF = 1 << 7, 1 << 6, 1 << 2, 1 << 1, 1 << 0  # SFIFO
SIZE_CODES = {1: 0, 4: 1, 8: 2, 16: 3, 32: 4, 64: 5, 128: 6}  # PFIFO.TXFIFOSIZE


class KinetisUart(Block, SerialPort, model="kinetis.uart"):
    """Options: ``clock``, the name of its clock (UART0 and UART1 run at the core's), ``fifo``, how many bytes
    its FIFOs hold (default 1). Bits take 16 x (SBR + BRFA / 32) clocks."""

    width = 1

    BDH = Register(0x00)
    BDL = Register(0x01, reset=0x04)
    C1 = Register(0x02)
    C2 = Register(0x03)
    S1 = Register(0x04, reset=TDRE | TC, writable=0)
    S2 = Register(0x05, writable=0x3E)
    C3 = Register(0x06)
    D = Register(0x07)
    MA1 = Register(0x08)
    MA2 = Register(0x09)
    C4 = Register(0x0A)
    C5 = Register(0x0B)
    ED = Register(0x0C, writable=0)
    MODEM = Register(0x0D)
    IR = Register(0x0E)
    PFIFO = Register(0x10)
    CFIFO = Register(0x11)
    SFIFO = Register(0x12, reset=TXEMPT | RXEMPT)
    TWFIFO = Register(0x13)
    TCFIFO = Register(0x14, writable=0)
    RWFIFO = Register(0x15, reset=1)
    RCFIFO = Register(0x16, writable=0)

    def reset(self) -> None:
        super().reset()
        self._seen = 0  # the flags that software saw in its last read of S1
        self._to_send: deque[int] = deque()
        self._arrived_bytes: deque[int] = deque()
        self._divider = 4 * 32
        self._update()

    # Baud rate

    def write_bdl(self, value: int) -> None:
        self.BDL = value
        self._set_divider()

    def write_c4(self, value: int) -> None:
        self.C4 = value
        self._set_divider()

    def _set_divider(self) -> None:
        """In 32nds. BDH only counts with the write of BDL: chapter UART, 'baud rate registers: high'."""
        self._divider = ((self.BDH & 0x1F) << 8 | self.BDL) * 32 + (self.C4 & 0x1F)
        if self.C2 & TE:
            self._check_baud()

    def _check_baud(self) -> None:
        if self._divider >= 32:
            self.check_baud(self.system.clocks.hz[self.spec.options["clock"]] * 2 / self._divider)

    def frame_cycles(self) -> int:
        hz = self.system.clocks.hz
        bits = 1 + (9 if self.C1 & M else 8) + (2 if self.BDH & SBNS else 1)
        clocks = bits * self._divider / 2
        return round(clocks * hz["core"] / hz[self.spec.options["clock"]])

    # Transmitter

    def can_send(self) -> bool:
        return bool(self.C2 & TE) and self._divider >= 32

    def write_c2(self, value: int) -> None:
        old, self.C2 = self.C2, value
        if value & TE and not old & TE:
            self._check_baud()
            self.send_idle()  # chapter UART, 'transmitter': enabling it queues a preamble of ones
        self.start()
        self._update()

    def _depth(self, enable: int) -> int:
        return int(self.spec.options.get("fifo", 1)) if self.PFIFO & enable else 1

    def _sent_count(self) -> int:
        return len(self._to_send) + (self.waiting is not None)

    def write_d(self, value: int) -> None:
        self._seen &= ~TC
        if self._sent_count() >= self._depth(TXFE):
            self.SFIFO |= TXOF
        elif self.waiting is None:
            self.transmit(value)
        else:
            self._to_send.append(value)
        self._update()

    def taken(self) -> None:
        if self._to_send:
            self.waiting = self._to_send.popleft()
        self._update()

    def sent(self) -> None:
        self._update()

    # Receiver

    def can_receive(self) -> bool:
        return bool(self.C2 & RE)

    def received(self, byte: int) -> None:
        if len(self._arrived_bytes) >= self._depth(RXFE):
            self.S1 |= OR  # the new byte is lost
            self.SFIFO |= RXOF
        else:
            self._arrived_bytes.append(byte)
        self._update()

    def line_is_idle(self) -> None:
        self.S1 |= IDLE
        self._update()

    def read_d(self) -> int:
        self.S1 &= ~(self._seen & (IDLE | OR))
        self._seen = 0
        if self._arrived_bytes:
            self.D = self._arrived_bytes.popleft()
        elif self.PFIFO & RXFE:
            self.SFIFO |= RXUF
        self._update()
        return self.D

    # FIFOs

    def read_pfifo(self) -> int:
        code = SIZE_CODES[int(self.spec.options.get("fifo", 1))]
        return self.PFIFO & (TXFE | RXFE) | code << 4 | code

    def write_cfifo(self, value: int) -> None:
        self.CFIFO = value & 7
        if value & TXFLUSH:
            self._to_send.clear()
            self.waiting = None
        if value & RXFLUSH:
            self._arrived_bytes.clear()
        self._update()

    def read_sfifo(self) -> int:
        empty = (0 if self._sent_count() else TXEMPT) | (0 if self._arrived_bytes else RXEMPT)
        return self.SFIFO & (RXOF | TXOF | RXUF) | empty

    def write_sfifo(self, value: int) -> None:
        self.SFIFO &= ~value

    def read_tcfifo(self) -> int:
        return self._sent_count()

    def read_rcfifo(self) -> int:
        return len(self._arrived_bytes)

    def write_twfifo(self, value: int) -> None:
        self.TWFIFO = value
        self._update()

    def write_rwfifo(self, value: int) -> None:
        self.RWFIFO = value
        self._update()

    # Flags and interrupt

    def read_s1(self) -> int:
        self._seen = self.S1
        return self.S1

    def _update(self) -> None:
        """TDRE, TC and RDRF are states of the FIFOs and the shift register: chapter UART, 'status 1'."""
        self.S1 &= ~(TDRE | TC | RDRF)
        count = self._sent_count()
        if count <= (self.TWFIFO if self.PFIFO & TXFE else 0):
            self.S1 |= TDRE
        if not count and not self.sending:
            self.S1 |= TC
        if len(self._arrived_bytes) >= max(self.RWFIFO if self.PFIFO & RXFE else 1, 1):
            self.S1 |= RDRF
        if self.spec.irq is not None:
            self.system.interrupt(self.spec.irq, bool(self.S1 & self.C2 & INTERRUPTS))
