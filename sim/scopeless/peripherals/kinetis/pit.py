"""Periodic interrupt timer. K20P64M72SF1RM and K64P144M120SF5RM, chapter PIT."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import WORD, Register
from scopeless.peripherals.counter import Counter
from scopeless.peripherals.kinetis.block import Block
from scopeless.peripherals.system import System

MDIS = 1 << 1  # MCR
TEN, TIE, CHN = 1 << 0, 1 << 1, 1 << 2  # TCTRL
TIF = 1 << 0  # TFLG
FIRST, STRIDE, CHANNELS = 0x100, 0x10, 4
LDVAL, CVAL, TCTRL, TFLG = 0x0, 0x4, 0x8, 0xC


class Pit(Block, model="kinetis.pit"):
    """Options: ``irqs``, one interrupt for each of the four channels; ``gate``. They count down bus clocks
    from LDVAL to 0 and start over: a period is LDVAL + 1. A new LDVAL counts from the next period on.
    Chained channels (CHN; the 64-bit lifetime timer) are not modelled."""

    MCR = Register(0x00, reset=MDIS, writable=3)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._counters = [Counter(system, lambda: system.clocks.hz.get("bus", 0)) for _ in range(CHANNELS)]
        for n, counter in enumerate(self._counters):
            counter.on_wrap = lambda n=n: self._reload(n)  # type: ignore[misc]
        super().__init__(spec, system)

    def reset(self) -> None:
        super().reset()
        for n in range(CHANNELS):
            self.values |= dict.fromkeys(range(self._at(n), self._at(n) + STRIDE, 4), 0)
            self._start(n)
            self._update(n)

    def _at(self, n: int, register: int = 0) -> int:
        return FIRST + STRIDE * n + register

    def _reload(self, n: int) -> None:
        counter = self._counters[n]
        end = self.values[self._at(n, LDVAL)] + 1
        counter.marks = {TIF: end}
        counter.set_period(end)

    def _start(self, n: int) -> None:
        """From LDVAL, where channel and block are on."""
        counter = self._counters[n]
        counter.stop()
        if self.values[self._at(n, TCTRL)] & TEN and not self.MCR & MDIS:
            counter.start(0)
        self._reload(n)

    def _update(self, n: int) -> None:
        """The interrupt line, and when it changes next."""
        self.values[self._at(n, TFLG)] |= self._counters[n].advance()
        irqs = self.spec.options.get("irqs")
        if irqs:
            enabled = bool(self.values[self._at(n, TCTRL)] & TIE)
            flag = self.values[self._at(n, TFLG)]
            self.system.interrupt(irqs[n], enabled and bool(flag))
            self._counters[n].watch(TIF if enabled and not flag else 0, lambda: self._update(n))

    def read_word(self, offset: int) -> int:
        n, register = divmod(offset - FIRST, STRIDE)
        if not 0 <= n < CHANNELS:
            return super().read_word(offset)
        self._update(n)
        if register == CVAL and self._counters[n].running:
            return self._counters[n].period - 1 - self._counters[n].value
        return self.values[offset]

    def write_word(self, offset: int, value: int) -> None:
        n, register = divmod(offset - FIRST, STRIDE)
        if not 0 <= n < CHANNELS:
            super().write_word(offset, value)
            return
        self._update(n)
        old = self.values[offset]
        if register == LDVAL:
            self.values[offset] = value & WORD
        elif register == TCTRL:
            self.values[offset] = value & (TEN | TIE | CHN)
            if value & CHN and n:
                self.system.notes.add(f"Channel {n} of {self.name} is chained, which is not modelled.")
            if (old ^ value) & TEN:
                self._start(n)
        elif register == TFLG:
            self.values[offset] = old & ~value  # a one clears
        self._update(n)

    def write_mcr(self, value: int) -> None:
        old, self.MCR = self.MCR, value & 3
        if (old ^ value) & MDIS:
            for n in range(CHANNELS):
                self._start(n)
                self._update(n)
