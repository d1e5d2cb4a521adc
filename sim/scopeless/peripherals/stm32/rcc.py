"""What reset and clock control has in common in the STM32 families: oscillators that take time to start,
clock enables and resets of the other peripherals."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from scopeless.peripherals.base import Peripheral, Register


class Oscillator(NamedTuple):
    """Enable bit and ready bit in a register, and the time from one to the other."""

    on: int
    ready: int
    startup_us: float


AHB_DIVIDERS = (1,) * 8 + (2, 4, 8, 16, 64, 128, 256, 512)
"""By CFGR.HPRE."""
APB_DIVIDERS = (1,) * 4 + (2, 4, 8, 16)
"""By CFGR.PPRE1 and PPRE2."""


def timer_hz(bus_hz: int, divider: int) -> int:
    """Clock of the timers on an APB that is divided from the core's clock: twice the bus's, the same where
    that is not divided. RM0008 7.2, RM0385 5.2, RM0351 6.2.17."""
    return bus_hz if divider == 1 else 2 * bus_hz


class StmRcc(Peripheral):
    """Options: ``hse_hz`` and ``lse_hz``, the crystals' frequencies (absent: no crystal, the oscillator never
    gets ready).

    Subclasses name their registers by bus and say in :meth:`changed` what an oscillator's start changes.
    """

    enables: ClassVar[dict[str, str]] = {}
    """Bus -> the register that enables its peripherals' clocks; a board file's ``enable`` names the bus."""
    resets: ClassVar[dict[str, str]] = {}
    """Bus -> the register that resets its peripherals."""
    hse: ClassVar[Oscillator]
    lsi: ClassVar[Oscillator]
    lse: ClassVar[Oscillator]
    remove_reset_flags: ClassVar[int] = 1 << 24
    """CSR.RMVF."""
    CSR: Register
    BDCR: Register

    def reset(self) -> None:
        super().reset()
        self._enable()
        self.changed()

    def changed(self) -> None:
        """An oscillator has become ready, or the registers have changed: derive the clocks anew."""
        raise NotImplementedError

    def write_csr(self, value: int) -> None:
        old, writable = self.CSR, type(self).CSR.writable
        self.CSR = old & ~writable | value & writable
        if value & self.remove_reset_flags:
            self.CSR &= 0x00FF_FFFF
        self.start_or_stop("CSR", self.lsi, old)

    def write_bdcr(self, value: int) -> None:
        old, writable = self.BDCR, type(self).BDCR.writable
        self.BDCR = old & ~writable | value & writable
        self.start_or_stop("BDCR", self.lse, old)

    @property
    def hse_hz(self) -> int:
        """The crystal's frequency in Hz; 0 without one."""
        return int(self.spec.options.get("hse_hz", 0))

    def write_word(self, offset: int, value: int) -> None:
        old = self.values.get(offset, 0)
        super().write_word(offset, value)
        register = self.registers.get(offset)
        if register is None:
            return
        for bus, name in self.resets.items():
            if name == register.name:
                for bit in range(32):
                    if value & ~old & 1 << bit:
                        self.system.reset_peripheral((bus, bit))
        if register.name in self.enables.values():
            self._enable()

    def _enable(self) -> None:
        enabled = {bus: getattr(self, name) for bus, name in self.enables.items()}
        self.system.clocks.enabled.update(enabled)

    def start_or_stop(self, register: str, oscillator: Oscillator, old: int) -> None:
        """React to a change of an oscillator's enable bit in ``register``, which was ``old``."""
        on = 1 << oscillator.on
        new = getattr(self, register)
        if not (old ^ new) & on:
            return
        if not new & on:
            setattr(self, register, new & ~(1 << oscillator.ready))
        elif self._has(oscillator):
            self.system.ready_after_us(oscillator.startup_us, lambda: self._get_ready(register, oscillator))

    def _has(self, oscillator: Oscillator) -> bool:
        if oscillator is self.lse:
            return "lse_hz" in self.spec.options
        return oscillator is not self.hse or bool(self.hse_hz)

    def _get_ready(self, register: str, oscillator: Oscillator) -> None:
        value = getattr(self, register)
        if value & 1 << oscillator.on:
            setattr(self, register, value | 1 << oscillator.ready)
            self.changed()
