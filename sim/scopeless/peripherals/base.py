"""The base of all peripheral models: a block of 32-bit registers on the bus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Self, overload

if TYPE_CHECKING:
    from scopeless.board import PeripheralSpec
    from scopeless.peripherals.system import System

MODELS: dict[str, type[Peripheral]] = {}
LANES = {1: 0x0101_0101, 2: 0x0001_0001, 4: 1}
WORD = 0xFFFF_FFFF


class Register:
    """One 32-bit register, declared in a peripheral's class body: ``SR = Register(0x00, reset=0xC0,
    writable=0x3FF)``.

    On an instance the name is the value that is stored, an ``int``. The firmware's reads and writes of it
    go through the class's methods ``read_<name>()`` and ``write_<name>(value)`` where they exist.
    """

    def __init__(self, offset: int, reset: int = 0, writable: int = WORD) -> None:
        self.offset, self.reset, self.writable = offset, reset, writable
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Peripheral, owner: type) -> int: ...
    def __get__(self, instance: Peripheral | None, owner: type) -> Self | int:
        return self if instance is None else instance.values[self.offset]

    def __set__(self, instance: Peripheral, value: int) -> None:
        instance.values[self.offset] = value


class Peripheral:
    """A register block at ``spec.base``. Subclasses declare registers, override ``reset`` and the access
    methods.

    ``duplicate_lanes``: what the bus does with 8- and 16-bit writes. An APB bridge copies the data to all
    lanes (RM0008 section 3.1), other buses change only the addressed bytes.
    """

    registers: ClassVar[dict[int, Register]] = {}
    duplicate_lanes: ClassVar[bool] = False

    def __init_subclass__(cls, model: str | None = None) -> None:
        own = {r.offset: r for r in vars(cls).values() if isinstance(r, Register)}
        cls.registers = {**cls.registers, **own}
        if model is not None:
            MODELS[model] = cls

    def __init__(self, spec: PeripheralSpec, system: System) -> None:
        self.spec, self.name, self.system = spec, spec.name, system
        self.values: dict[int, int] = {}
        self._readers: dict[int, Callable[[], int]] = {}
        self._writers: dict[int, Callable[[int], None]] = {}
        for offset, register in self.registers.items():
            reader = getattr(self, f"read_{register.name.lower()}", None)
            if reader is not None:
                self._readers[offset] = reader
            writer = getattr(self, f"write_{register.name.lower()}", None)
            if writer is not None:
                self._writers[offset] = writer
        enable = spec.options.get("enable")
        self.enable: tuple[str, int] | None = (enable[0], enable[1]) if enable else None
        self.reset()

    def reset(self) -> None:
        """Registers to their reset values."""
        self.values = {offset: register.reset for offset, register in self.registers.items()}

    def read(self, offset: int, size: int) -> int:
        """The firmware reads ``size`` bytes (1, 2 or 4)."""
        word = self.read_word(offset & ~3)
        return word if size == 4 else (word >> 8 * (offset & 3)) & ((1 << 8 * size) - 1)

    def write(self, offset: int, size: int, value: int) -> None:
        """The firmware writes ``size`` bytes (1, 2 or 4)."""
        word = offset & ~3
        if size != 4:
            if self.duplicate_lanes:
                value = value * LANES[size] & WORD
            else:
                shift, mask = 8 * (offset & 3), (1 << 8 * size) - 1
                value = self.values.get(word, 0) & ~(mask << shift) & WORD | (value & mask) << shift
        self.write_word(word, value)

    def read_word(self, offset: int) -> int:
        """Read one register; what is no register reads as 0."""
        reader = self._readers.get(offset)
        return self.values.get(offset, 0) if reader is None else reader()

    def write_word(self, offset: int, value: int) -> None:
        """Write one register; what is no register ignores it."""
        writer = self._writers.get(offset)
        if writer is not None:
            writer(value)
        elif offset in self.registers:
            writable = self.registers[offset].writable
            self.values[offset] = self.values[offset] & ~writable | value & writable


class Registers(Peripheral, model="registers"):
    """A plain register file: what is written can be read back."""

    def write_word(self, offset: int, value: int) -> None:
        self.values[offset] = value
