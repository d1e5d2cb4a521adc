"""Firmware in the three forms it comes in: ELF, Intel HEX and raw bytes.

Only an ELF has symbols and source lines. HEX: Intel, *Hexadecimal Object File Format Specification*, 1988.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from intelhex import IntelHex, IntelHexError

from scopeless.board import Board
from scopeless.errors import UsageError
from scopeless.firmware.elf import Elf, Location

MAX_BYTES = 256 << 20
"""Size of a firmware file: what no linker's output with its debug information comes near to."""
MAX_HEX_BYTES = 8 << 20
"""Size of a HEX file: more than the text of the 2 MiB that the largest of the boards holds."""
ADDRESS_SPACE = 1 << 32


@dataclass(frozen=True)
class Image:
    """What is loaded: ``segments`` are (address, bytes), ``elf`` the file's symbols where it has any."""

    path: Path
    segments: tuple[tuple[int, bytes], ...]
    sha256: str
    elf: Elf | None = None

    @classmethod
    def open(cls, path: Path | str, board: Board, address: int | None = None) -> Image:
        """Read firmware for ``board``: an ELF, a HEX file (its name ends in .hex or .ihex, or it begins like
        one), or raw bytes, for which ``address`` says where they go.

        Raises :class:`UsageError` when the file is missing, damaged, too big, for another machine, or comes
        with an address of its own and one from outside.
        """
        path = Path(path)
        content = _read(path)
        digest = hashlib.sha256(content).hexdigest()
        if address is None and content[:4] == b"\x7fELF":
            elf = Elf.parse(path, content, machine_of(board))
            return cls(path, elf.segments, digest, elf)
        if address is None and (content[:1] == b":" or path.suffix.lower() in (".hex", ".ihex")):
            return cls(path, _parse_hex(path, content), digest)
        if address is None:
            raise UsageError(
                f"Firmware {path} is neither an ELF nor a HEX file; give the .elf that the linker wrote, or "
                f"say at which address its bytes go (for {board.name}: {_start(board):#x})."
            )
        return cls(path, _raw(path, content, address), digest)

    @property
    def function_bounds(self) -> Sequence[int]:
        """Where functions begin and end; nothing for a file without symbols."""
        return self.elf.function_bounds if self.elf else ()

    def locate(self, address: int) -> Location | None:
        """Function, file and line at ``address``; None for a file without symbols."""
        return None if self.elf is None else self.elf.locate(address)


def machine_of(board: Board) -> str:
    """What an ELF for ``board`` is for: "arm" or "avr"."""
    return "avr" if board.core == "avr" else "arm"


def _start(board: Board) -> int:
    """Where a program for ``board`` usually begins."""
    return next((memory.base for memory in board.memory if memory.kind == "flash"), 0)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"Firmware {path} cannot be read: {reason}; give the file that was built."
        ) from error
    if len(content) > MAX_BYTES:
        raise UsageError(f"Firmware {path} has more than {MAX_BYTES >> 20} MiB; that is no firmware.")
    return content


def _raw(path: Path, content: bytes, address: int) -> tuple[tuple[int, bytes], ...]:
    if content[:4] == b"\x7fELF":
        raise UsageError(f"Firmware {path} is an ELF file and says where it goes; leave the address out.")
    if not content:
        raise UsageError(f"Firmware {path} is empty; build it again.")
    if not 0 <= address <= ADDRESS_SPACE - len(content):
        raise UsageError(f"Firmware {path} does not fit at {address:#x}: addresses have 32 bits.")
    return ((address, content),)


def _parse_hex(path: Path, content: bytes) -> tuple[tuple[int, bytes], ...]:
    if len(content) > MAX_HEX_BYTES:
        raise UsageError(f"Firmware {path} has more than {MAX_HEX_BYTES >> 20} MiB; no board holds that.")
    text = content.decode("ascii", errors="replace")
    records = IntelHex()
    try:
        records.loadhex(io.StringIO(text))
    except (IntelHexError, ValueError) as error:
        what = str(error).rstrip(".").lower()
        raise UsageError(f"Firmware {path} is a damaged HEX file ({what}); build it again.") from error
    lines = text.split()
    if not lines or lines[-1].upper() != ":00000001FF":  # the library reads a file without an end too
        raise UsageError(f"Firmware {path} is truncated: a HEX file ends with :00000001FF; build it again.")
    if not records.segments():
        raise UsageError(f"Firmware {path} holds nothing to load; build it again.")
    return tuple((start, records.tobinstr(start, end - 1)) for start, end in records.segments())
