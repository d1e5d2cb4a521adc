"""What peripherals with tasks and events have in common. PS chapter Peripheral interface."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register

FIRST_EVENT = 0x100  # the interrupt bit of an event register is its number from here


class EventPeripheral(Peripheral):
    """Events raise the interrupt that INTENSET enables; the firmware clears them by writing 0. Shortcuts to
    tasks of other peripherals (PPI) are not modelled."""

    INTENSET = Register(0x304)
    INTENCLR = Register(0x308)

    def write_word(self, offset: int, value: int) -> None:
        super().write_word(offset, value)
        self.update()

    def write_intenset(self, value: int) -> None:
        self.INTENSET |= value & type(self).INTENSET.writable

    def write_intenclr(self, value: int) -> None:
        self.INTENSET &= ~value

    def read_intenclr(self) -> int:
        return self.INTENSET

    def update(self) -> None:
        """The interrupt line follows events and enables."""
        if self.spec.irq is not None:
            level = any(
                self.INTENSET >> bit & 1 and self.values.get(FIRST_EVENT + 4 * bit, 0) for bit in range(32)
            )
            self.system.interrupt(self.spec.irq, level)
