"""What a peripheral may ask of the chip around it: time, interrupts, clocks, pins, notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from scopeless.native import Setting
from scopeless.peripherals.events import Event, EventQueue


@dataclass
class Clocks:
    """Frequencies in Hz by name; ``core`` is the processor's. ``on_change`` is called after a change."""

    hz: dict[str, int] = field(default_factory=lambda: {"core": 8_000_000})
    enabled: dict[str, int] = field(default_factory=dict)
    """Clock-enable registers by name, such as ``apb2`` -> bits."""
    enable_suffix: str = "ENR"
    """What the manual appends to such a name in capitals."""
    on_change: list[Callable[[], None]] = field(default_factory=list)

    def set(self, **hz: int) -> None:
        """Change some frequencies at once."""
        if any(self.hz.get(name) != value for name, value in hz.items()):
            self.hz.update(hz)
            for listener in self.on_change:
                listener()

    def is_enabled(self, gate: tuple[str, int]) -> bool:
        """Whether the clock behind bit ``gate[1]`` of register ``gate[0]`` runs."""
        return bool(self.enabled.get(gate[0], 0) >> gate[1] & 1)


class Pins:
    """The one signal bus of the board's pins: outputs tell their listeners, inputs are set from outside."""

    def __init__(self) -> None:
        self.names: dict[str, Callable[[], int]] = {}
        """Every pin of the chip's ports, in the order of the board file, and how its port sees its level."""
        self.levels: dict[str, int] = {}
        """What outputs drive."""
        self.inputs: dict[str, int] = {}
        """What the outside drives."""
        self.listeners: list[Callable[[str, int], None]] = []
        """Called with pin and level when an output changes."""
        self.sensors: list[Callable[[str], None]] = []
        """Called with a pin whose level may have changed, whoever drives it; see :class:`PinSensor`."""
        self.functions: dict[str, int] = {}
        """Which of its functions a pin has, in families whose pads are apart from their ports."""
        self.pulls: dict[str, int] = {}
        """What a pad without a driver reads as, in the same families."""
        self.on_select: list[Callable[[str], None]] = []

    def declare(self, pins: Iterable[str], levels: Callable[[], int]) -> None:
        """A port says which pins it has, and how to read their levels: a bit for each, in this order."""
        for n, pin in enumerate(pins):
            self.names[pin] = lambda n=n: levels() >> n & 1  # type: ignore[misc]

    def select(self, pin: str, function: int) -> None:
        """A pad connects ``pin`` to one of its functions."""
        if self.functions.get(pin) != function:
            self.functions[pin] = function
            for listener in self.on_select:
                listener(pin)

    def drive(self, pin: str, level: int) -> None:
        """An output drives ``pin``; listeners hear of changes. A pin that nothing has driven yet is low."""
        if self.levels.get(pin, 0) != level:
            self.levels[pin] = level
            for listener in self.listeners:
                listener(pin, level)
            self.touch((pin,))

    def drive_input(self, pin: str, level: int) -> None:
        """The outside drives ``pin``; sensors hear of changes."""
        if self.inputs.get(pin) != level:
            self.inputs[pin] = level
            self.touch((pin,))

    def touch(self, pins: Iterable[str]) -> None:
        """A port has new settings, or somebody drives: these pins may have another level now."""
        for sensor in self.sensors:
            for pin in pins:
                sensor(pin)


class PinSensor:
    """Tells of each change of the level that the chip sees at the pins it watches, whoever drives them."""

    def __init__(self, pins: Pins, changed: Callable[[str, int], None]) -> None:
        self._pins, self._changed = pins, changed
        self._levels: dict[str, int] = {}
        pins.sensors.append(self._look)

    def watch(self, pins: Iterable[str]) -> None:
        """Watch these from now on, and no others; a pin that no port has is never seen."""
        names = self._pins.names
        self._levels = {pin: self._levels.get(pin, names[pin]()) for pin in pins if pin in names}

    def _look(self, pin: str) -> None:
        if pin in self._levels and (level := self._pins.names[pin]()) != self._levels[pin]:
            self._levels[pin] = level
            self._changed(pin, level)


class Notes:
    """Sentences for the user, each once, in the order they came up."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        self._texts.setdefault(text)

    def all(self) -> list[str]:
        return list(self._texts)


@dataclass
class System:
    """The chip as its peripherals see it."""

    now: Callable[[], int]
    """Cycles since reset; during a register access, the cycle of its data phase."""
    events: EventQueue
    interrupt: Callable[[int, bool], None]
    """Sets the level of an interrupt request line."""
    timing: Callable[[Setting, int], None]
    """Tells the timing core what a register says."""
    request_reset: Callable[[], None] = lambda: None
    clocks: Clocks = field(default_factory=Clocks)
    pins: Pins = field(default_factory=Pins)
    notes: Notes = field(default_factory=Notes)
    reset_peripheral: Callable[[tuple[str, int]], None] = lambda gate: None
    """Resets the peripheral whose clock enable bit is the given one."""
    prompt: bool = False
    """Whether oscillators are ready and bytes are sent at once, as other simulators have it."""

    def after(self, cycles: int, callback: Callable[[], None]) -> Event:
        """Call ``callback`` in ``cycles`` core clock cycles."""
        return self.events.schedule(self.now() + cycles, callback)

    def after_us(self, microseconds: float, callback: Callable[[], None]) -> Event:
        """Call ``callback`` after a time, counted at the core clock of this moment."""
        return self.after(round(microseconds * self.clocks.hz["core"] / 1e6), callback)

    def ready_after_us(self, microseconds: float, callback: Callable[[], None]) -> Event:
        """Call ``callback`` when something has started up: :meth:`after_us`, or at the next opportunity where
        that is ``prompt``."""
        return self.after_us(0 if self.prompt else microseconds, callback)
