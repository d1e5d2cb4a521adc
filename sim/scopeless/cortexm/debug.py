"""The processor's registers and its memory as a debug probe sees them."""

from __future__ import annotations

from unicorn import arm_const as arm

from scopeless.board import Board
from scopeless.cortexm.bus import PERIPHERALS, PRIVATE
from scopeless.cortexm.core import Core
from scopeless.cortexm.cpu import GENERAL
from scopeless.cortexm.memory import BusError
from scopeless.debug import Area

WORD = 0xFFFF_FFFF
FLAGS = 0xF80F_0000
"""N, Z, C, V, Q and GE in the xPSR: DDI 0403 B1.4.2."""
GENERAL_REGISTERS = {f"r{n}": number for n, number in enumerate(GENERAL)} | {
    "sp": arm.UC_ARM_REG_SP,
    "lr": arm.UC_ARM_REG_LR,
}
SPECIAL_REGISTERS = {
    "msp": arm.UC_ARM_REG_MSP,
    "psp": arm.UC_ARM_REG_PSP,
    "primask": arm.UC_ARM_REG_PRIMASK,
    "basepri": arm.UC_ARM_REG_BASEPRI,
    "faultmask": arm.UC_ARM_REG_FAULTMASK,
}
FP_REGISTERS = {f"d{n}": arm.UC_ARM_REG_D0 + n for n in range(16)} | {"fpscr": arm.UC_ARM_REG_FPSCR}


def areas(board: Board) -> list[Area]:
    """Memory under all its addresses, peripherals and the core's own registers."""
    found = [Area(m.kind, base, m.size) for m in board.memory for base in (m.base, *m.aliases)]
    found += [Area("ram", m.bitband, 32 * m.size) for m in board.memory if m.bitband is not None]
    found += [Area("ram", span.start, len(span)) for span in (PERIPHERALS, PRIVATE)]
    return sorted(found, key=lambda area: area.start)


def registers(core: Core) -> dict[str, int]:
    """See :meth:`Debuggable.registers`."""
    cpu, uc = core.cpu, core.cpu.uc
    values = {name: int(uc.reg_read(number)) for name, number in GENERAL_REGISTERS.items()}
    values |= {"pc": core.pc, "xpsr": cpu.xpsr}
    with cpu.handler_mode():
        values |= {name: int(uc.reg_read(number)) for name, number in SPECIAL_REGISTERS.items()}
    values["control"] = cpu.control
    if core.fpu.exists:
        values |= {name: int(uc.reg_read(number)) for name, number in FP_REGISTERS.items()}
    return values


def set_register(core: Core, name: str, value: int) -> bool:
    """Write a register; False for an unknown name. Of xPSR, the flags."""
    cpu, uc = core.cpu, core.cpu.uc
    if name == "pc":
        core.go_to(value)
    elif name == "xpsr":
        cpu.xpsr = value & FLAGS | cpu.xpsr & ~FLAGS
    elif name in GENERAL_REGISTERS:
        uc.reg_write(GENERAL_REGISTERS[name], value & ~3 & WORD if name == "sp" else value)
    elif name == "control":
        with cpu.handler_mode():
            cpu.control = value
    elif name in SPECIAL_REGISTERS:
        with cpu.handler_mode():
            uc.reg_write(SPECIAL_REGISTERS[name], value)
    elif core.fpu.exists and name in FP_REGISTERS:
        uc.reg_write(FP_REGISTERS[name], value)
    else:
        return False
    return True


def read_memory(core: Core, address: int, size: int) -> bytes:
    """See :meth:`Debuggable.read_memory`."""
    data = bytearray()
    while len(data) < size:
        at = address + len(data)
        found = core.memory.region(at)
        if found is not None:
            region, offset = found
            end = min(offset + size - len(data), region.memory.size)
            data += region.view[offset:end]
            continue
        width = access_width(at, size - len(data))
        try:
            data += _read_register(core, at, width).to_bytes(width, "little")
        except BusError:
            break
    return bytes(data)


def write_memory(core: Core, address: int, data: bytes) -> int:
    """See :meth:`Debuggable.write_memory`. The number of bytes written."""
    done, flash = 0, False
    while done < len(data):
        at = address + done
        found = core.memory.region(at)
        if found is not None:
            region, offset = found
            count = min(len(data) - done, region.memory.size - offset)
            region.view[offset : offset + count] = data[done : done + count]
            flash |= region.memory.kind == "flash"
            done += count
            continue
        width = access_width(at, len(data) - done)
        try:
            _write_register(core, at, width, int.from_bytes(data[done : done + width], "little"))
        except BusError:
            break
        done += width
    core.memory_changed(flash=flash)
    return done


def access_width(address: int, size: int) -> int:
    """The widest aligned access at ``address`` that is not longer than ``size`` bytes."""
    return next(width for width in (4, 2, 1) if width <= size and address % width == 0)


def _read_register(core: Core, address: int, width: int) -> int:
    if _is_ram_bit(core, address):
        return core.bus.read_ram_bit(address, width)
    _check(core, address)
    return core.bus.read(address, width)


def _write_register(core: Core, address: int, width: int, value: int) -> None:
    if _is_ram_bit(core, address):
        core.bus.write_ram_bit(address, width, value)
        return
    _check(core, address)
    core.bus.write(address, width, value)


def _check(core: Core, address: int) -> None:
    core.events.run_due(core.timing.cycles)
    if not core.bus.answers(address):
        raise BusError(address)


def _is_ram_bit(core: Core, address: int) -> bool:
    return any(
        memory.bitband is not None and 0 <= address - memory.bitband < 32 * memory.size
        for memory in core.board.memory
    )
