"""Writes execution traces as Renode would, of what our own Unicorn engine executes.

The bytes are those of ``TraceBinaryWriter`` (``WriteHeader``, ``Write``) with ``MemoryAccessAdditionalData``
(``TraceFormat.cs``) in ``src/Emulator/Peripherals/Peripherals/CPU/ExecutionTracer`` of renode-infrastructure,
at add012af003a, which Renode 1.16.1 is built from; version 5 is that of its main branch. Numbers are little
endian (``BitHelper.GetBytesFromValue`` with ``reverse``).

    header       "ReTrace", version, bytes of a PC (4), 1 where there are opcodes
    version 4    then 0 (one instruction set), length and text of "thumb cortex-m3"
    version 5    then 1 (one instruction set), length and text
    instruction  PC; length and bytes of the opcode; accesses; 0 (AdditionalDataType.None)
                 (version 4: of a long one the second half first, LLVMDisassembler.TryDecodeInstruction)
    access       1 (AdditionalDataType.MemoryAccess), MemoryOperation, and 8 bytes each of the virtual
                 address, the value and the physical address

Like Renode, it writes what an IT block skips and WFI like any other instruction, nothing of what exceptions
stack, and registers as MemoryIORead and MemoryIOWrite. Unlike Renode, it leaves out accesses to memory: with
a hook on reads, Unicorn 2.1.4 executes the F746's firmware wrongly.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from unicorn import UC_HOOK_CODE

from scopeless.board import Board
from scopeless.cortexm.bus import Unmodelled
from scopeless.cortexm.core import Core
from scopeless.engines.unicorn import UnicornMachine

IO_READ, IO_WRITE, MEMORY_READ, MEMORY_WRITE, INSTRUCTION_FETCH = range(5)
NO_MORE, MEMORY_ACCESS = range(2)


class Touched(NamedTuple):
    """One access."""

    operation: int
    address: int
    value: int

    def to_bytes(self) -> bytes:
        return struct.pack("<BBQQQ", MEMORY_ACCESS, self.operation, self.address, self.value, self.address)


@dataclass
class Executed:
    """One instruction."""

    pc: int
    opcode: bytes
    accesses: list[Touched] = field(default_factory=list)


def header(version: int = 4, opcodes: bool = True, triple: str = "thumb cortex-m3") -> bytes:
    """What a trace begins with."""
    start = b"ReTrace" + bytes([version, 4, opcodes])
    return start + bytes([version == 5, len(triple)]) + triple.encode() if opcodes else start


def to_bytes(executed: list[Executed], version: int = 4, opcodes: bool = True) -> bytes:
    """A whole trace."""
    parts = [header(version, opcodes)]
    for each in executed:
        parts.append(struct.pack("<I", each.pc))
        if opcodes:
            opcode = each.opcode[2:] + each.opcode[:2] if version == 4 else each.opcode
            parts += [bytes([len(opcode)]), opcode]
        parts += [access.to_bytes() for access in each.accesses]
        parts.append(bytes([NO_MORE]))
    return b"".join(parts)


def write_trace(
    path: Path, executed: list[Executed], *, version: int = 4, opcodes: bool = True, compress: bool = False
) -> Path:
    """``executed`` as a file."""
    content = to_bytes(executed, version, opcodes)
    path.write_bytes(gzip.compress(content, 1) if compress else content)
    return path


class RecordingCore(Core):
    """Notes what it executes."""

    def __init__(self, board: Board, on_unmodelled: Callable[[Unmodelled, int, bool], None]) -> None:
        self.executed: list[Executed] = []
        self._covered = 0  # instructions still covered by an IT
        super().__init__(board, on_unmodelled)
        self.cpu.uc.hook_add(UC_HOOK_CODE, self._on_instruction)

    def _map_io(
        self, base: int, size: int, read: Callable[[int, int], int], write: Callable[[int, int, int], None]
    ) -> None:
        def noted_read(address: int, width: int) -> int:
            value = read(address, width)
            self.executed[-1].accesses.append(Touched(IO_READ, address, value & (1 << 8 * width) - 1))
            return value

        def noted_write(address: int, width: int, value: int) -> None:
            touched = Touched(IO_WRITE, address, value & (1 << 8 * width) - 1)
            self.executed[-1].accesses.append(touched)
            write(address, width, value)

        super()._map_io(base, size, noted_read, noted_write)

    def _opcode(self, pc: int) -> bytes:
        first = self.memory.read(pc, 2)
        wide = first >> 11 in (0b11101, 0b11110, 0b11111)
        return first.to_bytes(2, "little") + (self.memory.read(pc + 2, 2).to_bytes(2, "little") * wide)

    def _note(self, pc: int) -> None:
        opcode = self._opcode(pc)
        self.executed.append(Executed(pc, opcode))
        if self._covered:
            self._covered -= 1
        mask = opcode[0] & 15
        if opcode[1] == 0xBF and mask:  # IT: the lowest bit of its mask that is set ends it
            self._covered = 4 - ((mask & -mask).bit_length() - 1)

    def _on_instruction(self, _uc: Any, pc: int, _size: int, _data: Any) -> None:
        while self._covered and self.executed:
            last = self.executed[-1]
            expected = last.pc + len(last.opcode)
            if expected == pc or not 0 < pc - expected <= 16:
                break
            self._note(expected)  # skipped
        self._covered = self._covered if self.executed else 0
        self._note(pc)

    def _fall_asleep(self) -> None:
        self._note(self.pc)
        super()._fall_asleep()


class RecordingMachine(UnicornMachine):
    """The unicorn engine, noting what it executes.

    ``like_renode``: oscillators are ready at once, and bytes leave the serial port when they are written.
    """

    def __init__(self, board: Board, *, like_renode: bool = False) -> None:
        self._like_renode = like_renode
        super().__init__(board)

    @property
    def executed(self) -> list[Executed]:
        """Every instruction since the reset."""
        core = self.core
        assert isinstance(core, RecordingCore)
        return core.executed

    def _new_core(self) -> Core:
        self.edge_numbers: list[int] = []
        """How many instructions were executed before each edge of the board's pin."""
        core = RecordingCore(self._board, self._unmodelled)
        core.system.prompt = self._like_renode
        return core

    def _on_pin(self, pin: str, level: int) -> None:
        super()._on_pin(pin, level)
        if pin == self._board.pin:
            self.edge_numbers.append(len(self.executed) - 1)
