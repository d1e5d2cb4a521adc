"""The peripheral side of the bus: finds the block at an address, and the bit-band aliases in front of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from scopeless.cortexm.memory import MemoryMap
from scopeless.peripherals import Peripheral, System

# ARMv7-M B3.1: peripheral region and private peripheral bus. The bit-band aliases: Cortex-M3 TRM (DDI
# 0337) 3.7.
PERIPHERALS = range(0x4000_0000, 0x6000_0000)
PRIVATE = range(0xE000_0000, 0xE010_0000)
BITBAND_PERIPHERALS = range(0x4200_0000, 0x4400_0000)
GRAIN = 4  # blocks start at multiples of 16 bytes
NAMELESS_BLOCK = 0x400  # peripherals sit at multiples of 1 KiB
# Blocks of the core that no model claims: DDI 0403 tables B3-3 and C1-1.
PRIVATE_BLOCKS = {
    "itm": (0xE000_0000, 0x1000),
    "fpb": (0xE000_2000, 0x1000),
    "tpiu": (0xE004_0000, 0x1000),
    "etm": (0xE004_1000, 0x1000),
}


class Unmodelled(NamedTuple):
    """A block of registers that no model claims; without a name where the board file does not know it."""

    name: str
    base: int

    def place(self, address: int) -> str:
        """An address of the block, for the user."""
        if not self.name:
            return f"{address:#010x}"
        return f"{self.name.upper()} + {address - self.base:#04x} ({address:#010x})"

    def __str__(self) -> str:
        return self.name.upper() if self.name else f"peripheral at {self.base:#010x}"


class PeripheralBus:
    """Dispatches accesses by address.

    ``unmodelled(block, address, write)`` is told of the first access to each block that no model claims:
    those of ``names``, else 1 KiB; after that the block is a register file.
    """

    def __init__(
        self,
        system: System,
        memory: MemoryMap,
        names: dict[str, tuple[int, int]],
        unmodelled: Callable[[Unmodelled, int, bool], None],
    ) -> None:
        self._system, self._memory, self._unmodelled = system, memory, unmodelled
        self._names = [(range(base, base + size), name) for name, (base, size) in names.items()]
        self._names += [(range(base, base + size), name) for name, (base, size) in PRIVATE_BLOCKS.items()]
        self._blocks: dict[int, Peripheral] = {}
        self._words: dict[Unmodelled, dict[int, int]] = {}
        self._files: dict[int, dict[int, int]] = {}  # the same words, by the address's grain
        self.has_bitband = False

    def attach(self, peripheral: Peripheral) -> None:
        """Claim the peripheral's addresses for it."""
        base, size = peripheral.spec.base, peripheral.spec.size
        for block in range(base >> GRAIN, base + size + 15 >> GRAIN):
            self._blocks[block] = peripheral

    def read(self, address: int, size: int) -> int:
        """The firmware reads 1, 2 or 4 bytes."""
        if address in BITBAND_PERIPHERALS and self.has_bitband:
            word, bit = bitband_target(address)
            return self.read(word, 4) >> bit & 1
        peripheral = self._blocks.get(address >> GRAIN)
        if peripheral is None:
            words = self._file(address, write=False)
            return words.get(address & ~3, 0) >> 8 * (address & 3) & (1 << 8 * size) - 1
        if peripheral.enable is not None and not self._clocked(peripheral):
            return 0
        return peripheral.read(address - peripheral.spec.base, size)

    def write(self, address: int, size: int, value: int) -> None:
        """The firmware writes 1, 2 or 4 bytes."""
        if address in BITBAND_PERIPHERALS and self.has_bitband:
            word, bit = bitband_target(address)
            self.write(word, 4, self.read(word, 4) & ~(1 << bit) | (value & 1) << bit)
            return
        peripheral = self._blocks.get(address >> GRAIN)
        if peripheral is None:
            words = self._file(address, write=True)
            shift, mask = 8 * (address & 3), (1 << 8 * size) - 1
            word = address & ~3
            words[word] = words.get(word, 0) & ~(mask << shift) | (value & mask) << shift
        elif peripheral.enable is None or self._clocked(peripheral):
            peripheral.write(address - peripheral.spec.base, size, value)

    def answers(self, address: int) -> bool:
        """Whether a debugger finds something at ``address``: a peripheral with a clock, or plain registers
        that the firmware has used."""
        if address in BITBAND_PERIPHERALS and self.has_bitband:
            return self.answers(bitband_target(address)[0])
        peripheral = self._blocks.get(address >> GRAIN)
        if peripheral is None:
            return self._block(address) in self._words
        return peripheral.enable is None or self._system.clocks.is_enabled(peripheral.enable)

    def read_ram_bit(self, alias: int, size: int) -> int:
        """Read a bit of RAM through its alias address."""
        word, bit = bitband_target(alias)
        return self._memory.read(word) >> bit & 1

    def write_ram_bit(self, alias: int, size: int, value: int) -> None:
        """Write a bit of RAM through its alias."""
        word, bit = bitband_target(alias)
        self._memory.write(word, self._memory.read(word) & ~(1 << bit) | (value & 1) << bit)

    def _file(self, address: int, write: bool) -> dict[int, int]:
        words = self._files.get(address >> GRAIN)
        if words is None:
            block = self._block(address)
            if block not in self._words:
                self._words[block] = {}
                self._unmodelled(block, address, write)
            words = self._files[address >> GRAIN] = self._words[block]
        return words

    def _block(self, address: int) -> Unmodelled:
        for area, name in self._names:
            if address in area:
                return Unmodelled(name, area.start)
        return Unmodelled("", address & -NAMELESS_BLOCK)

    def _clocked(self, peripheral: Peripheral) -> bool:
        assert peripheral.enable is not None
        if self._system.clocks.is_enabled(peripheral.enable):
            return True
        register, bit = peripheral.enable
        name = register.upper() + self._system.clocks.enable_suffix
        self._system.notes.add(
            f"The firmware uses {peripheral.name} while its clock is off (bit {bit} of {name}); reads give 0 "
            "and writes are ignored, as on silicon."
        )
        return False


def bitband_target(alias: int) -> tuple[int, int]:
    """Word address and bit that an alias address stands for: DDI 0337 3.7.1."""
    offset = alias & 0x01FF_FFFF
    byte = (alias & 0xF000_0000) + (offset >> 5)
    return byte & ~3, (byte & 3) * 8 + (offset >> 2 & 7)
