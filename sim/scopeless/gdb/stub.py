"""GDB's commands and what is answered to each: *Debugging with GDB*, E.2 to E.6."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from scopeless.debug import Area, Debuggable, WatchKind, Watchpoint
from scopeless.errors import UsageError
from scopeless.gdb.packets import MAX_PACKET
from scopeless.gdb.target import Target, memory_map

MAX_READ = MAX_PACKET // 2 - 8
"""Bytes of memory in one answer, in hexadecimal digits."""
MAX_BREAKPOINTS = 1024
MAX_WATCHPOINTS = 64

WATCHES = {b"2": WatchKind.WRITE, b"3": WatchKind.READ, b"4": WatchKind.ACCESS}

OK, UNKNOWN = b"OK", b""
MALFORMED, NO_MEMORY, TOO_MANY = b"E16", b"E0e", b"E1c"  # EINVAL, EFAULT, ENOSPC

HEX = rb"([0-9a-fA-F]{1,8})"
SPAN = HEX + b"," + HEX


class End(Enum):
    """What ends the conversation."""

    DETACH = "detach"
    KILL = "kill"


@dataclass(frozen=True)
class Resume:
    """Go on: ``step`` one instruction, or until the program leaves ``within``; else freely."""

    step: bool = False
    within: tuple[int, int] | None = None


Reply = bytes | Resume | End


class Stub:
    """Answers commands about a machine that stands still. ``monitor`` is what answers GDB's command
    ``monitor``, with a text. ``stop_reply`` is why the machine stands, in GDB's terms."""

    def __init__(self, debugger: Debuggable, target: Target, monitor: Callable[[str], str]) -> None:
        self._debugger, self._target, self._monitor = debugger, target, monitor
        self._areas = debugger.areas()
        self._breakpoints: set[tuple[bytes, int]] = set()
        self._watchpoints: list[Watchpoint] = []
        self.stop_reply = b"T05thread:1;"

    def clear(self) -> None:
        """Remove all break and watch points."""
        self._breakpoints.clear()
        self._watchpoints.clear()
        self._debugger.set_breakpoints(())
        self._debugger.set_watchpoints(())

    def answer(self, packet: bytes) -> Reply:
        """What to answer or do."""
        for pattern, command in _COMMANDS:
            if match := re.fullmatch(pattern, packet, re.DOTALL):
                return command(self, *match.groups())
        return MALFORMED if packet[:1] in _SHORT else UNKNOWN

    # Registers

    def _read_registers(self) -> bytes:
        values = self._debugger.registers()
        return b"".join(register.encode(values[register.name]) for register in self._target.registers)

    def _write_registers(self, digits: bytes) -> bytes:
        registers = self._target.registers
        if len(digits) != sum(register.bits // 4 for register in registers):
            return MALFORMED
        values, old = bytes.fromhex(digits.decode()), self._debugger.registers()
        for register in registers:
            size = register.bits // 8
            value, values = int.from_bytes(values[:size], "little"), values[size:]
            if value != old[register.name]:  # some write to others: sp is msp or psp
                self._debugger.set_register(register.name, value)
        return OK

    def _read_register(self, number: bytes) -> bytes:
        index = int(number, 16)
        if index >= len(self._target.registers):
            return MALFORMED
        register = self._target.registers[index]
        return register.encode(self._debugger.registers()[register.name])

    def _write_register(self, number: bytes, digits: bytes) -> bytes:
        index = int(number, 16)
        if index >= len(self._target.registers):
            return MALFORMED
        register = self._target.registers[index]
        if len(digits) != register.bits // 4:
            return MALFORMED
        value = int.from_bytes(bytes.fromhex(digits.decode()), "little")
        self._debugger.set_register(register.name, value)
        return OK

    # Memory

    def _read_memory(self, address: bytes, size: bytes) -> bytes:
        wanted = min(int(size, 16), MAX_READ)
        data = self._debugger.read_memory(int(address, 16), wanted)
        return data.hex().encode() if data or not wanted else NO_MEMORY

    def _write_hex(self, address: bytes, size: bytes, digits: bytes) -> bytes:
        if len(digits) != 2 * int(size, 16):
            return MALFORMED
        return self._write(address, bytes.fromhex(digits.decode()))

    def _write_binary(self, address: bytes, size: bytes, data: bytes) -> bytes:
        return self._write(address, data) if len(data) == int(size, 16) else MALFORMED

    def _write(self, address: bytes, data: bytes) -> bytes:
        try:
            self._debugger.write_memory(int(address, 16), data)
        except UsageError:
            return NO_MEMORY
        return OK

    def _erase(self, address: bytes, size: bytes) -> bytes:
        start, count = int(address, 16), int(size, 16)
        if not any(_holds(area, start, count) for area in self._areas if area.kind == "flash"):
            return NO_MEMORY
        return self._write(address, b"\xff" * count)

    def _write_flash(self, address: bytes, data: bytes) -> bytes:
        return self._write(address, data)

    # Break and watch points

    def _insert(self, kind: bytes, address: bytes, size: bytes) -> bytes:
        at = int(address, 16)
        if kind in WATCHES:
            if len(self._watchpoints) >= MAX_WATCHPOINTS:
                return TOO_MANY
            self._watchpoints.append(Watchpoint(WATCHES[kind], at, max(int(size, 16), 1)))
        else:
            if len(self._breakpoints) >= MAX_BREAKPOINTS:
                return TOO_MANY
            self._breakpoints.add((kind, at))
        return self._set_points(kind)

    def _remove(self, kind: bytes, address: bytes, size: bytes) -> bytes:
        at = int(address, 16)
        if kind in WATCHES:
            point = Watchpoint(WATCHES[kind], at, max(int(size, 16), 1))
            if point in self._watchpoints:
                self._watchpoints.remove(point)
        else:
            self._breakpoints.discard((kind, at))
        return self._set_points(kind)

    def _set_points(self, kind: bytes) -> bytes:
        if kind in WATCHES:
            self._debugger.set_watchpoints(tuple(self._watchpoints))
        else:
            self._debugger.set_breakpoints({address for _, address in self._breakpoints})
        return OK

    # Going on

    def _why(self) -> bytes:
        return self.stop_reply

    def _go(self, action: bytes, address: bytes | None) -> Reply:
        if address:
            self._debugger.set_register("pc", int(address, 16))
        return Resume(step=action in b"sS")

    def _go_on(self, action: bytes) -> Reply:
        return Resume(step=action in b"sS")

    def _step_range(self, start: bytes, end: bytes) -> Reply:
        return Resume(step=True, within=(int(start, 16), int(end, 16)))

    # Questions

    def _features(self) -> bytes:
        return (
            b"PacketSize=%x;QStartNoAckMode+;vContSupported+;qXfer:features:read+;qXfer:memory-map:read+"
            % MAX_PACKET
        )

    def _read_description(self, start: bytes, size: bytes) -> bytes:
        return _part(self._target.description(), start, size)

    def _read_memory_map(self, start: bytes, size: bytes) -> bytes:
        return _part(memory_map(self._areas), start, size)

    def _command(self, digits: bytes) -> bytes:
        try:
            text = bytes.fromhex(digits.decode()).decode(errors="replace")
        except ValueError:
            return MALFORMED
        return self._monitor(text).encode(errors="replace").hex().encode() or OK


def _part(text: str, start: bytes, size: bytes) -> bytes:
    content = text.encode()
    first = int(start, 16)
    end = first + min(int(size, 16), MAX_PACKET - 1)
    return (b"m" if end < len(content) else b"l") + content[first:end]


def _holds(area: Area, start: int, size: int) -> bool:
    return area.start <= start and start + size <= area.start + area.size


def _say(reply: Reply) -> Callable[..., Reply]:
    return lambda stub, *groups: reply


DIGITS = rb"((?:[0-9a-fA-F]{2})*)"
_COMMANDS: tuple[tuple[bytes, Callable[..., Reply]], ...] = (
    (rb"\?", Stub._why),
    (rb"g", Stub._read_registers),
    (rb"G" + DIGITS, Stub._write_registers),
    (rb"p" + HEX, Stub._read_register),
    (rb"P" + HEX + b"=" + DIGITS, Stub._write_register),
    (rb"m" + SPAN, Stub._read_memory),
    (rb"M" + SPAN + b":" + DIGITS, Stub._write_hex),
    (rb"X" + SPAN + b":(.*)", Stub._write_binary),
    (rb"Z([0-4])," + SPAN + rb"(?:;.*)?", Stub._insert),
    (rb"z([0-4])," + SPAN + rb"(?:;.*)?", Stub._remove),
    (rb"([cs])" + HEX + b"?", Stub._go),
    (rb"([CS])[0-9a-fA-F]{2}(?:;" + HEX + b")?", Stub._go),
    (rb"vCont\?", _say(b"vCont;c;C;s;S;r")),
    (rb"vCont;([csCS])(?:[0-9a-fA-F]{2})?(?:[:;].*)?", Stub._go_on),
    (rb"vCont;r" + SPAN + rb"(?:[:;].*)?", Stub._step_range),
    (rb"vFlashErase:" + SPAN, Stub._erase),
    (rb"vFlashWrite:" + HEX + b":(.*)", Stub._write_flash),
    (rb"vFlashDone", _say(OK)),
    (rb"D(?:;.*)?", _say(End.DETACH)),
    (rb"k|vKill;.*", _say(End.KILL)),
    (rb"[HT].*|qSymbol::", _say(OK)),
    (rb"qC", _say(b"QC1")),
    (rb"qfThreadInfo", _say(b"m1")),
    (rb"qsThreadInfo", _say(b"l")),
    (rb"qAttached(?::.*)?", _say(b"1")),
    (rb"qSupported(?::.*)?", Stub._features),
    (rb"qXfer:features:read:target\.xml:" + SPAN, Stub._read_description),
    (rb"qXfer:memory-map:read::" + SPAN, Stub._read_memory_map),
    (rb"qRcmd," + DIGITS, Stub._command),
)
_SHORT = frozenset((b"G", b"p", b"P", b"m", b"M", b"X", b"c", b"s", b"C", b"S"))
