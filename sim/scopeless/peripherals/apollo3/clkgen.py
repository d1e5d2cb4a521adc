"""Clock generator. apollo3.h, CLKGEN."""

from __future__ import annotations

from scopeless.native import Setting
from scopeless.peripherals.apollo3.mcuctrl import BURST_GRANTED
from scopeless.peripherals.base import Peripheral, Register

HFRC_HZ = 48_000_000
KEY = 0x47
BURST_REQUEST, BURST_ACK, BURST_STATUS = 1 << 0, 1 << 1, 1 << 2  # FREQCTRL


class Clkgen(Peripheral, model="apollo3.clkgen"):
    """The core runs from HFRC or half of it, at twice HFRC in burst mode; peripherals and flash stay with
    HFRC. Burst mode is granted where MCUCTRL has enabled the feature. Requests are answered at once: no
    time is published. The RTC's oscillators and the calibration are stored only."""

    CALXT = Register(0x00)
    CALRC = Register(0x04)
    ACALCTR = Register(0x08, writable=0)
    OCTRL = Register(0x0C)
    CLKOUT = Register(0x10)
    CLKKEY = Register(0x14)
    CCTRL = Register(0x18, reset=1, writable=1)
    STATUS = Register(0x1C, writable=0)
    HFADJ = Register(0x20, reset=0x25_B800)
    FREQCTRL = Register(0x34)
    BLEBUCKTONADJ = Register(0x3C)

    def reset(self) -> None:
        super().reset()
        self._update()

    def write_cctrl(self, value: int) -> None:
        if self.CLKKEY == KEY:
            self.CCTRL = value & 1
            self._update()
        else:
            self.system.notes.add(
                "The firmware writes CCTRL without its key; the write is ignored, as on silicon."
            )

    def write_freqctrl(self, value: int) -> None:
        """A request is always acknowledged, whether it is granted or not."""
        granted = value & BURST_REQUEST and self.system.clocks.is_enabled(BURST_GRANTED)
        self.FREQCTRL = value & BURST_REQUEST and BURST_REQUEST | BURST_ACK | (BURST_STATUS if granted else 0)
        if value & BURST_REQUEST and not granted:
            self.system.notes.add(
                "The firmware asks for burst mode without having enabled the feature (MCUCTRL "
                "FEATUREENABLE), or on a part without it; the clock stays."
            )
        self._update()

    def _update(self) -> None:
        burst = bool(self.FREQCTRL & BURST_STATUS)
        core = HFRC_HZ * (2 if burst else 1) // (2 if self.CCTRL else 1)
        # At half the clock the flash's waits are counted in core cycles, as far as the documents tell.
        self.system.timing(Setting.FLASH_RATIO, max(core // HFRC_HZ, 1))
        self.system.clocks.set(core=core, hfrc=HFRC_HZ)
