"""Flash and RAM: buffers of our own, shared with Unicorn and the timing core."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass

from scopeless.board import Board, Memory
from scopeless.errors import UsageError

PAGE = 0x1000  # Unicorn maps whole pages


class BusError(Exception):
    """Nothing answers at ``address``."""

    def __init__(self, address: int) -> None:
        super().__init__(f"{address:#010x}")
        self.address = address


@dataclass
class Region:
    """The bytes of one memory; ``bases`` are all addresses it appears at."""

    memory: Memory
    view: bytearray
    """The bytes; whole pages, so that Unicorn can map them."""

    def __post_init__(self) -> None:
        self._buffer = (ctypes.c_char * len(self.view)).from_buffer(self.view)

    @property
    def bases(self) -> tuple[int, ...]:
        return (self.memory.base, *self.memory.aliases)

    @property
    def host(self) -> int:
        """Address of the bytes in this process."""
        return ctypes.addressof(self._buffer)


class MemoryMap:
    """All memories of a board. Accesses here go around Unicorn: for stacking, vectors and bit-bands."""

    def __init__(self, board: Board) -> None:
        # Erased flash reads as ones, RAM is zero here although silicon powers up with anything.
        self.regions = [Region(m, _blank(m)) for m in board.memory]
        self._spans = sorted((base, base + r.memory.size, r) for r in self.regions for base in r.bases)

    def close(self) -> None:
        """Free the bytes. Nothing may use them afterwards."""
        self.regions.clear()
        self._spans.clear()

    def load(self, segments: tuple[tuple[int, bytes], ...], source: str) -> None:
        """Place an ELF's segments. Raises :class:`UsageError` for one that does not fit."""
        for address, data in segments:
            end = address + len(data)
            for base, limit, region in self._spans:
                if base <= address and end <= limit:
                    region.view[address - base : end - base] = data
                    break
            else:
                ranges = ", ".join(f"{r.memory.name} {b:#010x}-{e - 1:#010x}" for b, e, r in self._spans)
                raise UsageError(
                    f"Firmware {source} has {len(data)} bytes at {address:#010x}, where the board has "
                    f"no memory ({ranges}); check the linker script."
                )

    def region(self, address: int, size: int = 1) -> tuple[Region, int] | None:
        """The memory at ``address`` and the offset in it."""
        for base, limit, region in self._spans:
            if base <= address and address + size <= limit:
                return region, address - base
        return None

    def read(self, address: int, size: int = 4) -> int:
        """Little-endian value at ``address``. Raises :class:`BusError` where no memory is."""
        found = self.region(address, size)
        if found is None:
            raise BusError(address)
        region, offset = found
        return int.from_bytes(region.view[offset : offset + size], "little")

    def write(self, address: int, value: int, size: int = 4) -> None:
        """Store a value in RAM. Raises :class:`BusError` where no RAM is."""
        found = self.region(address, size)
        if found is None or found[0].memory.kind != "ram":
            raise BusError(address)
        region, offset = found
        region.view[offset : offset + size] = value.to_bytes(size, "little")

    def read_words(self, address: int, count: int) -> list[int]:
        """Words from ``address`` on. Raises :class:`BusError` at the first that no memory has."""
        found = self.region(address, 4 * count)
        if found is None:
            return [self.read(address + 4 * i) for i in range(count)]
        region, offset = found
        return list(struct.unpack_from(f"<{count}I", region.view, offset))

    def write_words(self, address: int, words: list[int]) -> None:
        """Store words in RAM. Raises :class:`BusError` at the first that no RAM has."""
        found = self.region(address, 4 * len(words))
        if found is None or found[0].memory.kind != "ram":
            for i, word in enumerate(words):
                self.write(address + 4 * i, word)
            return
        region, offset = found
        struct.pack_into(f"<{len(words)}I", region.view, offset, *words)


def _blank(memory: Memory) -> bytearray:
    size = -(-memory.size // PAGE) * PAGE
    view = bytearray(size if memory.kind == "ram" else b"\xff" * size)
    for offset, word in memory.words.items():
        view[offset : offset + 4] = word.to_bytes(4, "little")
    return view
