"""Faults: what went wrong, in the registers' terms and in words. ARMv7-M (DDI 0403) B1.5.14, B3.2.15."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from scopeless.cortexm.cpu import Cpu
from scopeless.cortexm.memory import BusError, MemoryMap
from scopeless.cortexm.nvic import Exc


class Cfsr(IntFlag):
    """Bits of the configurable fault status register."""

    IACCVIOL = 1 << 0
    DACCVIOL = 1 << 1
    MUNSTKERR = 1 << 3
    MSTKERR = 1 << 4
    MMARVALID = 1 << 7
    IBUSERR = 1 << 8
    PRECISERR = 1 << 9
    IMPRECISERR = 1 << 10
    UNSTKERR = 1 << 11
    STKERR = 1 << 12
    BFARVALID = 1 << 15
    UNDEFINSTR = 1 << 16
    INVSTATE = 1 << 17
    INVPC = 1 << 18
    NOCP = 1 << 19
    UNALIGNED = 1 << 24
    DIVBYZERO = 1 << 25


NO_STATUS = Cfsr(0)


@dataclass(frozen=True)
class Fault:
    """A synchronous fault: the exception it asks for, its status bits, its address where there is one, and
    its cause in words that complete 'The firmware ...'."""

    number: int
    cause: str
    cfsr: Cfsr = NO_STATUS
    address: int | None = None


def data_fault(address: int, write: bool, why: str) -> Fault:
    """A load or store that nothing answered."""
    verb = "wrote to" if write else "read"
    return Fault(
        Exc.BUS_FAULT, f"{verb} {address:#010x}, {why}", Cfsr.PRECISERR | Cfsr.BFARVALID, address
    )  # fmt: skip


def fetch_fault(address: int, execute_never: bool) -> Fault:
    """A jump to where no instructions are."""
    cause = f"jumped to {address:#010x}, where there is no code"
    if execute_never:
        return Fault(Exc.MEM_MANAGE, cause, Cfsr.IACCVIOL)
    return Fault(Exc.BUS_FAULT, cause, Cfsr.IBUSERR)


UNDEFINED = Fault(Exc.USAGE_FAULT, "executed an undefined instruction", Cfsr.UNDEFINSTR)
NO_COPROCESSOR = Fault(
    Exc.USAGE_FAULT, "executed a coprocessor instruction without the coprocessor", Cfsr.NOCP
)
FPU_OFF = Fault(
    Exc.USAGE_FAULT, "executed a floating-point instruction while CPACR keeps the FPU off", Cfsr.NOCP
)
NO_FPU = Fault(Exc.USAGE_FAULT, "executed a floating-point instruction, but this core has no FPU", Cfsr.NOCP)
SINGLE_PRECISION_ONLY = Fault(
    Exc.USAGE_FAULT,
    "executed a double-precision instruction, but this chip's FPU has single precision only",
    Cfsr.UNDEFINSTR,
)
ARM_STATE = Fault(
    Exc.USAGE_FAULT,
    "jumped to an even address, which asks for ARM state (Cortex-M runs Thumb only)",
    Cfsr.INVSTATE,
)
DIVIDED_BY_ZERO = Fault(Exc.USAGE_FAULT, "divided by zero while CCR.DIV_0_TRP is set", Cfsr.DIVBYZERO)
BREAKPOINT = Fault(Exc.DEBUG_MONITOR, "executed a breakpoint (BKPT) while no debugger is connected")
MASKED_SVC = Fault(Exc.SVCALL, "executed SVC where its priority does not allow it")


def invalid_return(value: int) -> Fault:
    """EXC_RETURN fails its checks: B1.5.8."""
    return Fault(
        Exc.USAGE_FAULT, f"returned from an exception with the wrong EXC_RETURN {value:#010x}", Cfsr.INVPC
    )


def unaligned(address: int) -> Fault:
    """An access that must be aligned, or any while CCR.UNALIGN_TRP is set."""
    return Fault(Exc.USAGE_FAULT, f"made an unaligned access to {address:#010x}", Cfsr.UNALIGNED)


def stack_fault(address: int) -> Fault:
    """Exception entry or return found no RAM under the stack pointer."""
    return Fault(Exc.BUS_FAULT, f"ran its stack out of RAM, to {address:#010x}", Cfsr.STKERR)


def describe(
    cpu: Cpu, memory: MemoryMap, pc: int, frame: int, cfsr: int, hfsr: int, bfar: int, mmfar: int
) -> str:
    """Registers, fault status and the stacked frame, to be printed below the error's sentence."""
    registers = [f"r{n:<3} {value:08x}" for n, value in enumerate(cpu.general())]
    registers += [f"sp   {cpu.sp:08x}", f"lr   {cpu.lr:08x}", f"pc   {pc:08x}", f"xpsr {cpu.xpsr:08x}"]
    lines = ["Registers:"]
    lines += ["  " + "  ".join(registers[i : i + 4]) for i in range(0, len(registers), 4)]
    msp, psp = cpu.stack_pointers()
    lines.append(f"  msp  {msp:08x}  psp  {psp:08x}  control {cpu.control:x}")
    bits = " ".join(bit.name or "" for bit in Cfsr(cfsr)) or "-"
    lines.append(
        f"Fault status: CFSR {cfsr:08x} ({bits})  HFSR {hfsr:08x}  BFAR {bfar:08x}  MMFAR {mmfar:08x}"
    )
    names = ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr")
    try:
        words = memory.read_words(frame, 8)
        stacked = "  ".join(f"{name} {word:08x}" for name, word in zip(names, words, strict=True))
        lines.append(f"Stacked frame at {frame:08x}: {stacked}")
    except BusError:
        lines.append(f"Stacked frame at {frame:08x}: not in memory")
    return "\n".join(lines)
