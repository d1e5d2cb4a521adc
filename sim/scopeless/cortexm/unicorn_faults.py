"""What Unicorn's errors and exceptions mean in the manual's terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import unicorn
from unicorn.unicorn_py3.unicorn import UcError

from scopeless.cortexm import faults
from scopeless.cortexm.bus import PERIPHERALS
from scopeless.cortexm.cpu import THUMB, Cpu
from scopeless.cortexm.faults import Fault
from scopeless.cortexm.memory import MemoryMap
from scopeless.errors import EngineCrash

EXECUTE_NEVER = 0xA000_0000  # devices and system from here on: DDI 0403 table B3-1
NOTHING = "where the board has nothing"
READ_ONLY = "which is flash and cannot be written like memory"


class UnicornException(IntEnum):
    """Unicorn's exception numbers: EXCP_* in QEMU's target/arm/cpu.h."""

    UNDEFINED = 1
    SVC = 2
    FETCH_ABORT = 3
    DATA_ABORT = 4
    BKPT = 7
    EXCEPTION_RETURN = 8
    NOCP = 17
    INVSTATE = 18


@dataclass(frozen=True)
class Invalid:
    """The access that Unicorn could not do."""

    access: int
    address: int


def exception_fault(number: int, cpu: Cpu, memory: MemoryMap) -> Fault:
    """The fault behind an exception of Unicorn's. Raises :class:`EngineCrash` for one that Cortex-M cores do
    not have."""
    match number:
        case UnicornException.BKPT:
            return faults.BREAKPOINT
        case UnicornException.FETCH_ABORT | UnicornException.EXCEPTION_RETURN:
            # In thread mode EXC_RETURN is an address like any other.
            return faults.fetch_fault(cpu.pc, execute_never=True)
        case UnicornException.DATA_ABORT:
            return faults.unaligned(_exclusive_address(cpu, memory))
        case UnicornException.NOCP:
            return faults.NO_COPROCESSOR
        case UnicornException.INVSTATE:
            return faults.ARM_STATE
        case UnicornException.UNDEFINED:
            return faults.UNDEFINED
    raise EngineCrash(
        f"Unicorn raised its exception {number} at {cpu.pc:#010x}, which Cortex-M cores do not have."
    )


def error_fault(error: int, cpu: Cpu, invalid: Invalid | None) -> Fault:
    """The fault behind the error code of a run that ended. Raises :class:`EngineCrash` for one that no
    firmware can cause."""
    match error:
        case unicorn.UC_ERR_INSN_INVALID:
            return faults.UNDEFINED if cpu.xpsr & THUMB else faults.ARM_STATE
        case unicorn.UC_ERR_FETCH_UNMAPPED | unicorn.UC_ERR_FETCH_PROT:
            address = cpu.pc
            return faults.fetch_fault(address, address >= EXECUTE_NEVER or address in PERIPHERALS)
        case unicorn.UC_ERR_WRITE_PROT if invalid:
            return faults.data_fault(invalid.address, True, READ_ONLY)
        case unicorn.UC_ERR_READ_UNMAPPED | unicorn.UC_ERR_WRITE_UNMAPPED if invalid:
            return faults.data_fault(invalid.address, error == unicorn.UC_ERR_WRITE_UNMAPPED, NOTHING)
    raise EngineCrash(
        f"Unicorn stopped at {cpu.pc:#010x} with error {error} ({UcError(error)}); "
        "this is a fault of the engine, not of the firmware."
    )


def _exclusive_address(cpu: Cpu, memory: MemoryMap) -> int:
    """Where an exclusive access goes: the base register, and for words an offset of 4 x imm8 (LDREX A7.7.52,
    STREX A7.7.167)."""
    first, second = memory.read(cpu.pc, 2), memory.read(cpu.pc + 2, 2)
    offset = 4 * (second & 0xFF) if first & 0xFFE0 == 0xE840 else 0
    return cpu.register(first & 15) + offset
