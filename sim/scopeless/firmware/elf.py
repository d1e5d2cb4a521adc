"""Firmware files: an ELF's bytes, symbols and source lines.

Format: System V ABI, chapters 4 and 5 (ELF), ELF for the Arm Architecture (IHI 0044).
"""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from scopeless.errors import UsageError
from scopeless.firmware.line_table import Row, line_table

MAX_UNPACKED = 256 << 20  # bytes: a few of a damaged file could become any number
MACHINES = {"EM_ARM": "arm", "EM_AVR": "avr"}


@dataclass(frozen=True)
class Location:
    """Where in the source an address lies, as far as the ELF says."""

    function: str | None = None
    file: str | None = None
    line: int | None = None
    path: str | None = field(default=None, compare=False)
    """The file as the compiler knew it; from the folder it ran in, where that is not absolute."""

    def __str__(self) -> str:
        source = f"{self.file}:{self.line}" if self.file else ""
        if self.function and source:
            return f"{self.function} ({source})"
        return self.function or source or "an unknown function"


@dataclass(frozen=True)
class Elf:
    """A firmware file. ``segments`` are (load address, bytes) of everything that is loaded, in file order;
    ``symbols`` maps a name to its value (of functions and objects; bit 0 of a Thumb function is cleared)."""

    path: Path
    machine: str
    segments: tuple[tuple[int, bytes], ...]
    symbols: dict[str, int]
    sha256: str
    compiler: str
    _functions: tuple[tuple[int, int, str], ...]
    _labels: tuple[tuple[int, str], ...]
    _code: tuple[range, ...]
    _content: bytes

    @classmethod
    def open(cls, path: Path | str, machine: str | None = None) -> Elf:
        """Read ``path``. Raises :class:`UsageError` when it is missing, truncated, no ELF, or not for
        ``machine`` ("arm" or "avr"; either, when ``None``)."""
        path = Path(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(
                f"Firmware {path} cannot be read: {reason}; build it with `make firmware`."
            ) from error
        return cls.parse(path, content, machine)

    @classmethod
    def parse(cls, path: Path, content: bytes, machine: str | None = None) -> Elf:
        """The ELF whose bytes are ``content``; ``path`` is for messages. Raises like :meth:`open`."""
        if content[:4] != b"\x7fELF":
            raise UsageError(f"Firmware {path} is not an ELF file; give the .elf that the linker wrote.")
        try:
            elf = _parse(cls, path, content)
        except UsageError:
            raise
        except Exception as error:  # a damaged file can break the ELF library in any way
            raise UsageError(f"Firmware {path} is damaged or truncated; build it again.") from error
        if machine is not None and elf.machine != machine:
            raise UsageError(
                f"Firmware {path} is for {elf.machine}, but the board needs {machine}; "
                "build it for the board, or name the board that it was built for."
            )
        return elf

    def locate(self, address: int) -> Location:
        """Function, file and line of the instruction at ``address``; unknown parts are ``None``."""
        if self.machine == "arm":
            address &= ~1
        function = self.function_at(address)
        at = bisect_right(self._lines, (address, 1 << 64)) - 1
        path, line = self._lines[at][2:] if at >= 0 else (None, None)
        return Location(function, PurePosixPath(path).name if path else None, line if path else None, path)

    def function_at(self, address: int) -> str | None:
        """The function that the instruction at ``address`` belongs to, if any."""
        at = bisect_right(self._functions, (address, 1 << 64, "")) - 1
        if at < 0:
            return None
        start, size, name = self._functions[at]
        if size:
            return name if address < start + size else None
        # Hand-written assembly often has symbols without a size: they reach up to the next one.
        return name if any(start in section and address in section for section in self._code) else None

    @cached_property
    def function_names(self) -> frozenset[str]:
        """Names of all functions."""
        return frozenset(name for _, _, name in self._functions)

    @cached_property
    def function_bounds(self) -> tuple[int, ...]:
        """The addresses at which a function begins or ends, rising."""
        starts = {start for start, *_ in self._functions}
        return tuple(sorted(starts | {start + size for start, size, *_ in self._functions if size}))

    def label_at(self, address: int) -> str | None:
        """The last symbol of hand-written code, not marked as a function, at or before ``address`` and behind
        the last function there."""
        at = bisect_right(self._labels, (address, "\U0010ffff")) - 1
        before = bisect_right(self._functions, (address, 1 << 64, "")) - 1
        behind = sum(self._functions[before][:2]) if before >= 0 else 0
        return self._labels[at][1] if at >= 0 and self._labels[at][0] >= behind else None

    def starts_function(self, address: int) -> bool:
        """Whether a function begins at ``address``."""
        at = bisect_left(self._functions, (address,))
        return at < len(self._functions) and self._functions[at][0] == address

    @property
    def has_lines(self) -> bool:
        """Whether the ELF tells source lines."""
        return bool(self._lines)

    @cached_property
    def _lines(self) -> list[Row]:
        try:
            return line_table(self._content)
        except Exception:  # source lines are a help in messages; a damaged table only takes that help away
            return []


def _parse(cls: type[Elf], path: Path, content: bytes) -> Elf:
    file = ELFFile(io.BytesIO(content))
    kind = file["e_machine"]
    if kind not in MACHINES or file.elfclass != 32 or not file.little_endian:
        names = {"EM_X86_64": "x86-64", "EM_386": "x86", "EM_AARCH64": "64-bit ARM"}
        shown = names.get(kind, str(kind).removeprefix("EM_").lower())
        raise UsageError(f"Firmware {path} is for {shown}; the boards here run 32-bit ARM or AVR code.")
    if file["e_type"] != "ET_EXEC":
        raise UsageError(f"Firmware {path} is not a linked program; give the .elf that the linker wrote.")
    machine = MACHINES[kind]
    unpacked = sum(section.data_size for section in file.iter_sections() if section.compressed)
    if unpacked > MAX_UNPACKED:
        raise UsageError(
            f"Firmware {path} claims {unpacked >> 20} MiB of compressed sections; link it without "
            "compressed debug data (-gz=none)."
        )
    segments = []
    for segment in file.iter_segments():
        if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
            data = content[segment["p_offset"] : segment["p_offset"] + segment["p_filesz"]]
            if len(data) != segment["p_filesz"]:
                raise UsageError(
                    f"Firmware {path} is truncated: a segment reaches beyond its end; build it again."
                )
            segments.append((int(segment["p_paddr"]), data))
    if not segments:
        raise UsageError(f"Firmware {path} holds nothing to load; link it first.")
    symbols: dict[str, int] = {}
    labels: dict[int, str] = {}
    code = {
        number: range(section["sh_addr"], section["sh_addr"] + section["sh_size"])
        for number, section in enumerate(file.iter_sections())
        if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR
    }
    functions: set[tuple[int, int, str]] = set()
    table = file.get_section_by_name(".symtab")
    for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
        name, value, what = symbol.name, int(symbol["st_value"]), symbol["st_info"]["type"]
        if not name or symbol["st_shndx"] == "SHN_UNDEF" or what in ("STT_SECTION", "STT_FILE"):
            continue
        if machine == "arm":
            if name.startswith("$"):  # mapping symbols: IHI 0044 section 5.5.5
                continue
            value &= ~1 if what == "STT_FUNC" else ~0
        symbols.setdefault(name, value)
        if what == "STT_NOTYPE" and symbol["st_shndx"] in code:
            labels.setdefault(value, name)
        if what == "STT_FUNC":
            functions.add((value, int(symbol["st_size"]), name))
    comment = file.get_section_by_name(".comment")
    compiler = comment.data().split(b"\0")[0].decode(errors="replace") if comment is not None else ""
    digest = hashlib.sha256(content).hexdigest()
    return cls(
        path,
        machine,
        tuple(segments),
        symbols,
        digest,
        compiler,
        tuple(sorted(functions)),
        tuple(sorted(labels.items())),
        tuple(code.values()),
        content,
    )
