"""Power domains. apollo3.h, PWRCTRL."""

from __future__ import annotations

from scopeless.peripherals.base import Peripheral, Register

MCU_DOMAINS = 0x3  # DEVPWRSTATUS: MCUL and MCUH always have power
DOMAINS = (  # DEVPWREN bits -> DEVPWRSTATUS bit
    (0x0581, 2),  # HCPA: IO slave, UARTs, SCARD
    (0x000E, 3),  # HCPB: IO masters 0 to 2
    (0x0070, 4),  # HCPC: IO masters 3 to 5
    (0x0200, 5),  # ADC
    (0x0800, 6),  # MSPI
    (0x1000, 7),  # PDM
    (0x2000, 8),  # BLEL
)


class Pwrctrl(Peripheral, model="apollo3.pwrctrl"):
    """Domains have power as soon as it is asked for: no time is published. Memories always have theirs."""

    SUPPLYSRC = Register(0x00)
    SUPPLYSTATUS = Register(0x04, writable=0)
    DEVPWREN = Register(0x08, writable=0x3FFF)
    MEMPWDINSLEEP = Register(0x0C, reset=0x6000)
    MEMPWREN = Register(0x10, reset=0xC000_7FFF)
    MEMPWRSTATUS = Register(0x14, reset=0x1_FFFF, writable=0)
    DEVPWRSTATUS = Register(0x18, reset=MCU_DOMAINS, writable=0)
    SRAMCTRL = Register(0x1C)
    ADCSTATUS = Register(0x20, reset=0x3F, writable=0)
    MISC = Register(0x24)
    DEVPWREVENTEN = Register(0x28)
    MEMPWREVENTEN = Register(0x2C)

    def reset(self) -> None:
        super().reset()
        self.write_devpwren(self.DEVPWREN)

    def write_devpwren(self, value: int) -> None:
        self.DEVPWREN = value & 0x3FFF
        self.DEVPWRSTATUS = MCU_DOMAINS | sum(1 << bit for mask, bit in DOMAINS if value & mask)
        self.system.clocks.enabled["devpwr"] = self.DEVPWREN
