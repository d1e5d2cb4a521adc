"""Reads Renode's binary execution traces: which instructions were executed, and what their accesses gave.

The format is that of ``TraceBinaryWriter``, ``TraceWriter`` and ``TraceFormat.cs`` in
``src/Emulator/Peripherals/Peripherals/CPU/ExecutionTracer`` of renode-infrastructure: version 4 at
add012af003a (Renode 1.16.1), version 5 on its main branch of August 2026. After ``ReTrace`` come the
version, the bytes of a PC, and whether there are opcodes; if so, in version 4 whether blocks name their
instruction set, in version 5 how many sets there are, then their names (LLVM triple and model), each with its
length in front. Renode 1.16.1 writes the second half of a 32-bit instruction before the first
(``TryDecodeInstruction`` in ``LLVMDisassembler.cs`` turns round the bytes of its text), later builds write
memory's order.
"""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scopeless.errors import UsageError
from scopeless.native import Access, Batch, Record, load_library

SIGNATURE = b"ReTrace"
VERSIONS = (4, 5)
PC_BYTES = 4
RECORDS = 1 << 16
"""Instructions read at once."""
BLOCK_BYTES = 1 << 20
HEADER_BYTES = 4096
"""More than any header has."""
HOW = (
    "make it with 'cpu CreateExecutionTracing \"t\" @FILE PCAndOpcode true' and 't TrackMemoryAccesses' "
    "(docs/renode.md)"
)
PROBLEMS = (
    "",
    "its address is odd",
    "its opcode is neither 2 nor 4 bytes long",
    "it has data of another kind than memory accesses",
    "it has an unknown kind of access",
)


class Instructions(NamedTuple):
    """Some consecutive instructions of a trace. ``accesses`` are those to registers, by the number of their
    instruction since the trace began."""

    records: ctypes.Array[Record]
    size: int
    accesses: list[tuple[int, int, int, bool]]
    """Instruction, address, value, and whether it wrote."""


class TraceReader:
    """One trace file, plain or compressed with gzip, read block by block."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`UsageError` for a file that is missing or no trace of a Cortex-M."""
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise UsageError(f"The trace {path} cannot be read: {error.strerror}.") from error
        packed = self._file.peek(2)[:2] == b"\x1f\x8b"
        self._inflate = zlib.decompressobj(wbits=31) if packed else None
        self._data, self._offset, self._ended = b"", 0, False
        self._library = load_library()
        self._opcodes = self._read_header()

    def instructions(self, first: int) -> Iterator[Instructions]:
        """All instructions, the first of which has the number ``first``. Raises :class:`UsageError` with the
        offset where the file is damaged or ends too soon."""
        while True:
            batch, accesses = Batch(), (Access * RECORDS)()
            records = (Record * RECORDS)()
            batch.records, batch.accesses = records, accesses
            batch.record_capacity = batch.access_capacity = RECORDS
            size = len(self._data)
            used = self._library.sl_read_records(self._data, size, self._opcodes, first, ctypes.byref(batch))
            self._data = self._data[used:]
            self._offset += used
            if batch.record_count:
                first += batch.record_count
                found = accesses[: batch.access_count]
                touched = [(a.record, a.address, a.value, bool(a.write)) for a in found]
                yield Instructions(records, batch.record_count, touched)
            if batch.problem:
                raise self._damaged(PROBLEMS[batch.problem])
            if batch.record_count < RECORDS and not self._more():
                break
        if self._data:
            raise UsageError(
                f"The trace {self.path} ends within instruction {first}, at byte {self._offset} of what it "
                "unpacks to; let Renode finish it with 'cpu DisableExecutionTracing'."
                if self._inflate
                else f"The trace {self.path} ends within instruction {first}, which begins at byte "
                f"{self._offset}; let Renode finish it with 'cpu DisableExecutionTracing'."
            )

    def _more(self) -> bool:
        """Read the next block; whether there was one."""
        if self._ended:
            return False
        try:
            block = self._file.read(BLOCK_BYTES)
        except OSError as error:
            raise UsageError(f"The trace {self.path} cannot be read: {error.strerror}.") from error
        if not block:
            self._end()
            return False
        if self._inflate is not None:
            try:
                block = self._inflate.decompress(block)
            except zlib.error as error:
                raise self._damaged(f"gzip cannot unpack what follows: {error}") from error
        self._data += block
        return True

    def _end(self) -> None:
        self._ended = True
        self._file.close()
        if self._inflate is not None and not self._inflate.eof:
            raise UsageError(
                f"The trace {self.path} ends within its compressed data, behind byte "
                f"{self._offset + len(self._data)} of what it unpacks to; let Renode finish it with "
                "'cpu DisableExecutionTracing'."
            )

    def _read_header(self) -> bool:
        while len(self._data) < HEADER_BYTES and self._more():
            pass
        if self._take(len(SIGNATURE)) != SIGNATURE:
            raise UsageError(f"{self.path} is not a binary trace of Renode; {HOW}.")
        version, pc_bytes, opcodes = self._take(3)
        if version not in VERSIONS:
            known = " and ".join(map(str, VERSIONS))
            raise UsageError(f"The trace {self.path} has format {version}; this Scopeless reads {known}.")
        if pc_bytes == 0:
            raise UsageError(f"The trace {self.path} has no addresses of instructions; {HOW}.")
        if opcodes > 1:
            raise self._damaged("the header says neither that there are opcodes nor that there are none")
        sets = 0
        if opcodes:
            sets = self._take(1)[0]
            if version == 4:
                sets += 1
            for _ in range(sets if version == 5 else 1):
                self._take(self._take(1)[0])
        if pc_bytes != PC_BYTES or sets > 1:
            raise UsageError(
                f"The trace {self.path} is of another processor than a Cortex-M: its addresses have "
                f"{pc_bytes} bytes, and it switches instruction sets."
                if sets > 1
                else f"The trace {self.path} is of another processor than a Cortex-M: its addresses have "
                f"{pc_bytes} bytes."
            )
        return bool(opcodes)

    def _take(self, count: int) -> bytes:
        taken, self._data = self._data[:count], self._data[count:]
        if len(taken) < count:
            raise UsageError(f"The trace {self.path} ends within its header; {HOW}.")
        self._offset += count
        return taken

    def _damaged(self, problem: str) -> UsageError:
        return UsageError(
            f"The trace {self.path} is damaged at byte {self._offset}"
            f"{' of what it unpacks to' if self._inflate else ''}: {problem}; make it again."
        )
