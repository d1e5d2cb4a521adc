"""GPIO tasks and events. PS chapter GPIOTE."""

from __future__ import annotations

from scopeless.board import PeripheralSpec
from scopeless.peripherals.base import Register
from scopeless.peripherals.nrf52.events import FIRST_EVENT, EventPeripheral
from scopeless.peripherals.system import PinSensor, System

CHANNELS = range(8)
OUT, SET, CLEAR, CONFIG = 0x000, 0x030, 0x060, 0x510
CONFIG_WRITABLE = 0x0013_3F03
EVENT, TASK = 1, 3  # CONFIG.MODE
RISING, FALLING, TOGGLE = 1, 2, 3  # CONFIG.POLARITY


class Gpiote(EventPeripheral, model="nrf52.gpiote"):
    """Eight channels: edges of a pin as events, or tasks that set it. The event PORT comes when a port's
    DETECT signal rises."""

    EVENTS_PORT = Register(0x17C, writable=1)
    INTENSET = Register(0x304, writable=0x8000_00FF)

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self._sensor = PinSensor(system.pins, self._changed)
        super().__init__(spec, system)
        system.pins.on_select.append(self._selected)

    def reset(self) -> None:
        super().reset()
        for n in CHANNELS:
            self.values |= {FIRST_EVENT + 4 * n: 0, CONFIG + 4 * n: 0}
        self._sensor.watch(())
        self.update()

    def _config(self, n: int) -> tuple[int, str, int]:
        """Mode, pin and polarity of a channel."""
        config = self.values[CONFIG + 4 * n]
        return config & 3, f"P{config >> 13 & 1}.{config >> 8 & 31:02}", config >> 16 & 3

    def write_word(self, offset: int, value: int) -> None:
        for n in CHANNELS:
            if offset == FIRST_EVENT + 4 * n:
                self.values[offset] = value & 1
            elif offset == CONFIG + 4 * n:
                self._configure(n, value)
            elif offset in (OUT + 4 * n, SET + 4 * n, CLEAR + 4 * n) and value & 1:
                self._task(n, offset - 4 * n)
        super().write_word(offset, value)

    def _selected(self, signal: str) -> None:
        if signal.startswith("DETECT ") and self.system.pins.functions[signal]:
            self.EVENTS_PORT = 1
            self.update()

    def _configure(self, n: int, value: int) -> None:
        self.values[CONFIG + 4 * n] = value & CONFIG_WRITABLE
        mode, pin, _ = self._config(n)
        if mode == TASK:
            self.system.pins.drive(pin, value >> 20 & 1)
        self._sensor.watch(self._config(n)[1] for n in CHANNELS if self._config(n)[0] == EVENT)

    def _task(self, n: int, kind: int) -> None:
        mode, pin, polarity = self._config(n)
        if mode != TASK:
            return
        toggled = 1 - self.system.pins.levels.get(pin, 0)
        out = {RISING: 1, FALLING: 0, TOGGLE: toggled}.get(polarity, self.system.pins.levels.get(pin, 0))
        self.system.pins.drive(pin, {SET: 1, CLEAR: 0}.get(kind, out))

    def _changed(self, pin: str, level: int) -> None:
        for n in CHANNELS:
            if self._config(n) in ((EVENT, pin, RISING if level else FALLING), (EVENT, pin, TOGGLE)):
                self.values[FIRST_EVENT + 4 * n] = 1
        self.update()
