"""Universal asynchronous receiver transmitter. Atmel 11057, chapter UART."""

from __future__ import annotations

from scopeless.peripherals.base import Register
from scopeless.peripherals.serial import SerialPort

# CR
RSTRX, RSTTX, RXEN, RXDIS, TXEN, TXDIS, RSTSTA = (1 << n for n in range(2, 9))
# SR, and IER, IDR, IMR
RXRDY, TXRDY, ENDRX, ENDTX, OVRE, FRAME, PARE = 1 << 0, 1 << 1, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
TXEMPTY, TXBUFE, RXBUFF = 1 << 9, 1 << 11, 1 << 12
PAR_NONE = 4  # MR.PAR from here on
DMA_ENABLES = 1 << 0 | 1 << 8  # PTCR


class SamUart(SerialPort, model="sam3x.uart"):
    """Bits take 16 x BRGR master clocks, which is the core's. Without its DMA channel (PDC); the flags of an
    idle channel are set."""

    CR = Register(0x00)
    MR = Register(0x04, writable=0xCE00)
    IER, IDR, IMR = Register(0x08), Register(0x0C), Register(0x10, writable=0)
    SR = Register(0x14, reset=ENDRX | ENDTX | TXBUFE | RXBUFF, writable=0)
    RHR = Register(0x18, writable=0)
    THR = Register(0x1C)
    BRGR = Register(0x20, writable=0xFFFF)
    PTCR = Register(0x120)
    PTSR = Register(0x124, writable=0)

    def reset(self) -> None:
        super().reset()
        self._transmitter_on = self._receiver_on = False
        self._update()

    def frame_cycles(self) -> int:
        bits = 10 if self.MR >> 9 & 7 >= PAR_NONE else 11
        return bits * 16 * self.BRGR

    def can_send(self) -> bool:
        return self._transmitter_on and self.BRGR > 0

    def can_receive(self) -> bool:
        return self._receiver_on

    def write_cr(self, value: int) -> None:
        """Disabling wins over enabling."""
        if value & (RSTTX | TXDIS):
            self._transmitter_on = False
        elif value & TXEN:
            self._transmitter_on = True
        if value & (RSTRX | RXDIS):
            self._receiver_on = False
        elif value & RXEN:
            self._receiver_on = True
        if value & RSTRX:
            self.SR &= ~RXRDY
        if value & RSTSTA:
            self.SR &= ~(OVRE | FRAME | PARE)
        if value & TXEN:
            self._check_baud()
        self.start()
        self._update()

    def write_brgr(self, value: int) -> None:
        self.BRGR = value & 0xFFFF
        if self._transmitter_on:
            self._check_baud()

    def _check_baud(self) -> None:
        if self.BRGR:
            self.check_baud(self.system.clocks.hz["mck"] / (16 * self.BRGR))

    def write_ptcr(self, value: int) -> None:
        if value & DMA_ENABLES:
            self.system.notes.add(
                f"The firmware starts the DMA channel of {self.name}, which is not modelled."
            )

    # Transmitter

    def write_thr(self, value: int) -> None:
        if self._transmitter_on:
            self.transmit(value)
        self._update()

    def taken(self) -> None:
        self._update()

    def sent(self) -> None:
        self._update()

    # Receiver

    def received(self, byte: int) -> None:
        if self.SR & RXRDY:
            self.SR |= OVRE
        self.RHR = byte
        self.SR |= RXRDY
        self._update()

    def read_rhr(self) -> int:
        self.SR &= ~RXRDY
        self._update()
        return self.RHR

    # Flags and interrupt

    def write_ier(self, value: int) -> None:
        self.IMR |= value & 0x1AFB
        self._update()

    def write_idr(self, value: int) -> None:
        self.IMR &= ~value
        self._update()

    def _update(self) -> None:
        self.SR &= ~(TXRDY | TXEMPTY)
        if self._transmitter_on and self.waiting is None:
            self.SR |= TXRDY if self.sending else TXRDY | TXEMPTY
        if self.spec.irq is not None:
            self.system.interrupt(self.spec.irq, bool(self.SR & self.IMR))
