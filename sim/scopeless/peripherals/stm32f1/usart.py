"""USART in asynchronous mode. ST RM0008 section 27."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import System

# SR: RM0008 27.6.1
ORE, IDLE, RXNE, TC, TXE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
WRITE_ZERO_CLEARS = 0x0360  # CTS, LBD, TC, RXNE
# CR1: RM0008 27.6.4; an interrupt enable has the same bit position as its flag in SR
RE, TE, M, UE = 1 << 2, 1 << 3, 1 << 12, 1 << 13
STOP_HALF_BITS = (2, 1, 4, 3)  # by CR2.STOP


class Usart(Peripheral, model="stm32f1.usart"):
    """Options: ``clock``, the name of the bus clock.

    Each byte takes its real time: bits of BRR bus clocks, start, data and stop bits, transmit register and
    shift register apart. A frame starts at the write that finds the transmitter idle; silicon may wait for
    the next tick of its baud rate counter, at most one bit time.
    """

    duplicate_lanes = True

    SR = Register(0x00, reset=TXE | TC)
    DR = Register(0x04, writable=0x1FF)
    BRR = Register(0x08, writable=0xFFFF)
    CR1 = Register(0x0C, writable=0x3FFF)
    CR2 = Register(0x10, writable=0x7F6F)
    CR3 = Register(0x14, writable=0x07FF)
    GTPR = Register(0x18, writable=0xFFFF)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self.on_byte: Callable[[int, int], None] = lambda cycle, byte: None
        """Called with the cycle at which a byte's stop bit ended, and the byte."""
        self.line_baud = 0
        """What the other end of the line runs at."""
        self._receive_queue: deque[int] = deque()
        self._receiving = False
        self._generation = 0
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self._transmit_data: int | None = None
        self._sending = False
        self._seen = 0  # the flags that software saw in its last read of SR
        self._generation += 1
        self._update()

    # Transmitter

    def write_dr(self, value: int) -> None:
        if self._seen & TC:
            self.SR &= ~TC
        self._seen = 0
        self._transmit_data = value & 0xFF
        self.SR &= ~TXE
        self._start(self.system.now())
        self._update()

    def write_cr1(self, value: int) -> None:
        old, self.CR1 = self.CR1, value & 0x3FFF
        was_on, is_on = (bits & (UE | TE) == UE | TE for bits in (old, self.CR1))
        if is_on and not was_on and self.BRR:
            self._check_baud()
            if not self._sending:
                # Enabling the transmitter sends an idle frame first: RM0008 27.3.2.
                self._shift(self.system.now(), None)
        self._start(self.system.now())
        self._update()

    def write_brr(self, value: int) -> None:
        self.BRR = value & 0xFFFF
        if self.CR1 & UE:
            self._check_baud()

    def _start(self, cycle: int) -> None:
        if self._transmit_data is None or self._sending or not self.BRR or self.CR1 & (UE | TE) != UE | TE:
            return
        byte, self._transmit_data = self._transmit_data, None
        self.SR |= TXE
        self._shift(cycle, byte)

    def _shift(self, cycle: int, byte: int | None) -> None:
        self._sending = True
        end, generation = cycle + self.frame_cycles(), self._generation
        self.system.events.schedule(end, lambda: self._sent(end, byte, generation))

    def _sent(self, cycle: int, byte: int | None, generation: int) -> None:
        if generation != self._generation:
            return
        self._sending = False
        if byte is not None:
            self.on_byte(cycle, byte)
            if self._transmit_data is None:
                self.SR |= TC
        self._start(cycle)
        self._update()

    def frame_cycles(self) -> int:
        """Core clock cycles from the start bit's edge to the end of the stop bit."""
        hz = self.system.clocks.hz
        bit = self.BRR * (hz["core"] // hz[self.spec.options["clock"]])
        half_bits = 2 * (1 + (9 if self.CR1 & M else 8)) + STOP_HALF_BITS[self.CR2 >> 12 & 3]
        return bit * half_bits // 2

    # Receiver

    def receive(self, data: bytes) -> None:
        """Bytes from the other end; they follow one another at ``line_baud``, 10 bits each."""
        self._receive_queue.extend(data)
        if self._receive_queue and not self._receiving:
            self._receiving = True
            self._next_byte(self.system.now())

    def _next_byte(self, cycle: int) -> None:
        end = cycle + self._line_frame()
        self.system.events.schedule(end, lambda: self._received(end))

    def _line_frame(self) -> int:
        baud = self.line_baud
        return round(10 * self.system.clocks.hz["core"] / baud) if baud else self.frame_cycles()

    def _received(self, cycle: int) -> None:
        byte = self._receive_queue.popleft()
        if self.CR1 & (UE | RE) != UE | RE:
            self.system.notes.add(f"Bytes arrived at {self.name} while its receiver was off, and were lost.")
        elif self.SR & RXNE:
            self.SR |= ORE  # the new byte is lost, DR keeps the old one: RM0008 27.3.3
        else:
            self.DR = byte
            self.SR |= RXNE
        if self._receive_queue:
            self._next_byte(cycle)
        else:
            self._receiving = False
            self.system.events.schedule(cycle + self._line_frame(), self._line_is_idle)
        self._update()

    def _line_is_idle(self) -> None:
        if not self._receiving and self.CR1 & (UE | RE) == UE | RE:
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

    def _check_baud(self) -> None:
        if not self.line_baud or not self.BRR:
            return
        baud = self.system.clocks.hz[self.spec.options["clock"]] / self.BRR
        error = baud / self.line_baud - 1
        if abs(error) > 0.02:
            self.system.notes.add(
                f"{self.name} is set to {baud:.0f} baud, {error:+.1%} off the line's {self.line_baud}; "
                "a real receiver would read garbage."
            )
