"""System mode controller. K20P64M72SF1RM and K64P144M120SF5RM, chapter SMC."""

from __future__ import annotations

from scopeless.peripherals.base import Register
from scopeless.peripherals.kinetis.block import Block

RUN = 1  # PMSTAT
MODES = 0x67  # PMCTRL: RUNM and STOPM, 0 for the normal ones


class Smc(Block, model="kinetis.smc"):
    """Always in normal run mode, which start-up code waits for; the low-power modes are not modelled."""

    width = 1

    PMPROT = Register(0x00)
    PMCTRL = Register(0x01)
    VLLSCTRL = Register(0x02, reset=0x03)
    PMSTAT = Register(0x03, reset=RUN, writable=0)

    def write_pmctrl(self, value: int) -> None:
        self.PMCTRL = value
        if value & MODES:
            self.system.notes.add(
                "The firmware asks for a low-power mode (SMC_PMCTRL); the chip stays in RUN."
            )
