"""Power control: regulator voltage scaling and over-drive. ST RM0385 section 4."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import System

VOSRDY, ODRDY, ODSWRDY = 1 << 14, 1 << 16, 1 << 17  # CSR1
ODEN, ODSWEN = 1 << 16, 1 << 17  # CR1
OVER_DRIVE_US = 45  # ST DS10916, over-drive switching characteristics, typical
# Highest core clock in MHz by CR1.VOS, without and with over-drive: RM0385 4.1.4, DS10916 6.3.1.
MAX_MHZ = ((144, 144), (144, 144), (168, 180), (180, 216))


class Pwr(Peripheral, model="stm32f7.pwr"):
    """The low-power modes are not modelled."""

    CR1 = Register(0x00, reset=0xC000, writable=0x000F_EFF3)  # CSBF only clears: it reads 0
    CSR1 = Register(0x04, reset=VOSRDY, writable=0x0000_0300)
    CR2 = Register(0x08)
    CSR2 = Register(0x0C)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        super().__init__(spec, system)
        system.clocks.on_change.append(self._check)

    def write_cr1(self, value: int) -> None:
        old = self.CR1
        self.CR1 = value & Pwr.CR1.writable
        for enable, ready in ((ODEN, ODRDY), (ODSWEN, ODSWRDY)):
            if not self.CR1 & enable:
                self.CSR1 &= ~ready
            elif not old & enable and (enable == ODEN or self.CSR1 & ODRDY):
                self._ready_later(enable, ready)
        self._check()

    def _ready_later(self, enable: int, ready: int) -> None:
        def get_ready() -> None:
            if self.CR1 & enable:
                self.CSR1 |= ready

        self.system.ready_after_us(OVER_DRIVE_US, get_ready)

    def _check(self) -> None:
        core = self.system.clocks.hz["core"]
        limit = MAX_MHZ[self.CR1 >> 14 & 3][bool(self.CSR1 & ODSWRDY)]
        if core > limit * 1_000_000:
            mode = "with" if self.CSR1 & ODSWRDY else "without"
            self.system.notes.add(
                f"The core clock of {core / 1e6:g} MHz is beyond the data sheet's {limit} MHz {mode} "
                "over-drive."
            )
