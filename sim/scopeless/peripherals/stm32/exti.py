"""Extended interrupts, and which port a line is connected to. ST RM0008 sections 10.2 and 9.4, RM0385
sections 11.9 and 7.2, RM0351 sections 14 and 9.2."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Peripheral, Register
from scopeless.peripherals.system import PinSensor, System

LINES = 16
"""Those of the pins; the lines behind them belong to other peripherals and never rise here."""
IRQS = (6, 7, 8, 9, 10, *(23,) * 5, *(40,) * 6)
"""By line, in all families: EXTI0_IRQn to EXTI15_10_IRQn of ST's CMSIS headers; RM0008 table 63."""
PORTS = "ABCDEFGHIJK"
EXTICR = range(0x08, 0x18, 4)


class LineSelector(Peripheral):
    """EXTICR1 to EXTICR4: four bits for each line say of which port its pin is."""

    EXTICR1 = Register(0x08, writable=0xFFFF)
    EXTICR2 = Register(0x0C, writable=0xFFFF)
    EXTICR3 = Register(0x10, writable=0xFFFF)
    EXTICR4 = Register(0x14, writable=0xFFFF)

    def reset(self) -> None:
        super().reset()
        self._select()

    def write_word(self, offset: int, value: int) -> None:
        super().write_word(offset, value)
        if offset in EXTICR:
            self._select()

    def _select(self) -> None:
        for line in range(LINES):
            port = self.values[EXTICR[line // 4]] >> line % 4 * 4 & 15
            self.system.pins.select(f"EXTI{line}", port)


class Syscfg(LineSelector, model="stm32.syscfg"):
    """System configuration; what it remaps and protects beside the lines is stored only. As in the STM32F7:
    stm32f746xx.h of ST's CMSIS headers, SYSCFG_TypeDef."""

    MEMRMP = Register(0x00)
    PMC = Register(0x04)
    CMPCR = Register(0x20)


class SyscfgL4(LineSelector, model="stm32l4.syscfg"):
    """stm32l476xx.h, SYSCFG_TypeDef; three bits for each line, as the chip has no port beyond H. After reset
    the firewall is off and the FPU's interrupts are on, but for the inexact result's (STM32L4x6.svd)."""

    MEMRMP = Register(0x00)
    CFGR1 = Register(0x04, reset=0x7C00_0001)
    EXTICR1 = Register(0x08, writable=0x7777)
    EXTICR2 = Register(0x0C, writable=0x7777)
    EXTICR3 = Register(0x10, writable=0x7777)
    EXTICR4 = Register(0x14, writable=0x7777)
    SCSR = Register(0x18)
    CFGR2 = Register(0x1C)
    SWPR = Register(0x20)
    SKR = Register(0x24)


class Exti(Peripheral, model="stm32.exti"):
    """Edges of pins as interrupts. Events (EMR), which wake WFE, are stored only."""

    IMR = Register(0x00)
    EMR = Register(0x04)
    RTSR = Register(0x08)
    FTSR = Register(0x0C)
    SWIER = Register(0x10)
    PR = Register(0x14)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._sensor = PinSensor(system.pins, self._changed)
        super().__init__(spec, system)
        system.pins.on_select.append(lambda pin: self._watch() if pin.startswith("EXTI") else None)

    def reset(self) -> None:
        super().reset()
        self._watch()
        self._update()

    def write_word(self, offset: int, value: int) -> None:
        super().write_word(offset, value)
        self._watch()
        self._update()

    def _watch(self) -> None:
        functions, lines = self.system.pins.functions, self.RTSR | self.FTSR
        watched = [line for line in range(LINES) if lines >> line & 1]
        self._lines = {f"P{PORTS[functions.get(f'EXTI{line}', 0)]}{line}": line for line in watched}
        self._sensor.watch(self._lines)

    def _changed(self, pin: str, level: int) -> None:
        line = self._lines[pin]
        self.PR |= (self.RTSR if level else self.FTSR) & 1 << line
        self._update()

    def write_swier(self, value: int) -> None:
        self.PR |= value & ~self.SWIER
        self.SWIER |= value

    def write_pr(self, value: int) -> None:
        """A one clears, and clears SWIER's bit too: RM0008 10.3.6."""
        self.PR &= ~value
        self.SWIER &= ~value

    def _update(self) -> None:
        requests = self.PR & self.IMR
        for irq in set(IRQS):
            lines = sum(1 << line for line in range(LINES) if IRQS[line] == irq)
            self.system.interrupt(irq, bool(requests & lines))


class ExtiL4(Exti, model="stm32l4.exti"):
    """With a second bank, for lines 32 to 39, none of them a pin: stored only."""

    IMR = Register(0x00, reset=0xFF82_0000)
    IMR2 = Register(0x20, reset=0x0000_0087)
    EMR2 = Register(0x24)
    RTSR2 = Register(0x28)
    FTSR2 = Register(0x2C)
    SWIER2 = Register(0x30)
    PR2 = Register(0x34)
