"""What all serial ports have in common: a line with another end, and bytes that take their time on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral
from scopeless.peripherals.system import System


class SerialPort(Peripheral):
    """A port with one transmit register in front of a shift register, and a receiver.

    Subclasses are the registers around it: they call :meth:`transmit` and :meth:`start`, implement
    :meth:`frame_cycles`, :meth:`can_send`, :meth:`can_receive` and :meth:`received`, and hear of what
    happens by :meth:`taken`, :meth:`sent` and :meth:`line_is_idle`. A frame starts at the write that finds
    the transmitter idle; silicon may wait for the next tick of its baud rate counter, at most one bit time.
    """

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self.on_byte: Callable[[int, int], None] = lambda cycle, byte: None
        """Called with the cycle at which a byte's stop bit ended, and the byte."""
        self.line_baud = 0
        """What the other end of the line runs at."""
        self._queue: deque[int] = deque()
        self._receiving = False
        self._patient = False
        self._generation = 0
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        self.abort()

    def abort(self) -> None:
        """Drop what is being sent."""
        self.waiting: int | None = None
        """The byte in the transmit register."""
        self.sending = False
        """Whether the shift register is busy."""
        self._generation += 1

    # What a subclass says

    def frame_cycles(self) -> int:
        """Core clock cycles from a start bit's edge to the end of its stop bit."""
        raise NotImplementedError

    def can_send(self) -> bool:
        """Whether the transmitter is on."""
        raise NotImplementedError

    def can_receive(self) -> bool:
        """Whether the receiver is on."""
        raise NotImplementedError

    def received(self, byte: int) -> None:
        """A byte has arrived, the receiver is on."""
        raise NotImplementedError

    def taken(self) -> None:
        """The transmit register is free again."""

    def sent(self) -> None:
        """A frame has ended and no byte waits."""

    def line_is_idle(self) -> None:
        """No further byte came for a frame's time."""

    # Transmitter

    def transmit(self, byte: int) -> None:
        """A byte is written to the transmit register; what waited there is lost."""
        self.waiting = byte & 0xFF
        self.start()

    def start(self) -> None:
        """Begin with the waiting byte, where the transmitter is on and free."""
        self._start(self.system.now())

    def send_idle(self) -> None:
        """Keep the shift register busy for one frame without a byte."""
        if not self.sending:
            self._shift(self.system.now(), None)

    def _start(self, cycle: int) -> None:
        if self.waiting is None or self.sending or not self.can_send():
            return
        byte, self.waiting = self.waiting, None
        self._shift(cycle, byte)
        self.taken()

    def _shift(self, cycle: int, byte: int | None) -> None:
        self.sending = True
        frame = 1 if self.system.prompt else self.frame_cycles()
        end, generation = cycle + frame, self._generation
        self.system.events.schedule(end, lambda: self._shifted(end, byte, generation))

    def _shifted(self, cycle: int, byte: int | None, generation: int) -> None:
        if generation != self._generation:
            return
        self.sending = False
        if byte is not None:
            self.on_byte(cycle, byte)
            if self.waiting is None:
                self.sent()
        self._start(cycle)

    # Receiver

    def receive(self, data: bytes, *, wait: bool = False) -> None:
        """Bytes from the other end; they follow one another at ``line_baud``, 10 bits each. With ``wait``
        each begins only while the receiver is on."""
        self._queue.extend(data)
        self._patient = wait
        if self._queue and not self._receiving:
            self._receiving = True
            self._next_byte(self.system.now())

    def _next_byte(self, cycle: int) -> None:
        end = cycle + self._line_frame()
        waits = self._patient and not self.can_receive()
        self.system.events.schedule(end, lambda: self._next_byte(end) if waits else self._arrived(end))

    def _line_frame(self) -> int:
        baud = self.line_baud
        return round(10 * self.system.clocks.hz["core"] / baud) if baud else self.frame_cycles()

    def _arrived(self, cycle: int) -> None:
        byte = self._queue.popleft()
        if self.can_receive():
            self.received(byte)
        else:
            self.system.notes.add(f"Bytes arrived at {self.name} while its receiver was off, and were lost.")
        if self._queue:
            self._next_byte(cycle)
        else:
            self._receiving = False
            self.system.events.schedule(cycle + self._line_frame(), self._idle)

    def _idle(self) -> None:
        if not self._receiving and self.can_receive():
            self.line_is_idle()

    # Notes

    def check_baud(self, baud: float) -> None:
        """Tell the user where the port's speed is more than 2 % off the line's."""
        if not self.line_baud:
            return
        error = baud / self.line_baud - 1
        if abs(error) > 0.02:
            self.system.notes.add(
                f"{self.name} is set to {baud:.0f} baud, {error:+.1%} off the line's {self.line_baud}; "
                "a real receiver would read garbage."
            )
