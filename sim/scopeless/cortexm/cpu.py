"""The registers of Unicorn's core, by the names of the manual."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB
from unicorn import arm_const as arm
from unicorn.unicorn_py3.unicorn import Uc

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = {
    "cortex-m3": arm.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4": arm.UC_CPU_ARM_CORTEX_M4,
    "cortex-m4f": arm.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm.UC_CPU_ARM_CORTEX_M7,
}
GENERAL = [arm.UC_ARM_REG_R0 + n for n in range(13)]
STACKED = [*GENERAL[:4], arm.UC_ARM_REG_R12, arm.UC_ARM_REG_LR]
IPSR_MASK = 0x1FF
THUMB = 1 << 24
SPSEL, NPRIV = 1 << 1, 1 << 0

T = TypeVar("T")


def _register(number: int) -> property:
    def read(self: Cpu) -> int:
        return int(self.uc.reg_read(number))

    def write(self: Cpu, value: int) -> None:
        self.uc.reg_write(number, value)

    return property(read, write)


class Cpu:
    """One Unicorn core. ``sp`` is the stack pointer in use; ``msp`` and ``psp`` are the banked ones.

    Writing an exception number to ``xpsr`` enters handler mode and changes the stack as the manual says.
    """

    xpsr: int = _register(arm.UC_ARM_REG_XPSR)  # type: ignore[assignment]
    sp: int = _register(arm.UC_ARM_REG_SP)  # type: ignore[assignment]
    lr: int = _register(arm.UC_ARM_REG_LR)  # type: ignore[assignment]
    pc: int = _register(arm.UC_ARM_REG_PC)  # type: ignore[assignment]
    control: int = _register(arm.UC_ARM_REG_CONTROL)  # type: ignore[assignment]

    def __init__(self, core: str) -> None:
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(MODELS[core])

    @property
    def ipsr(self) -> int:
        """Number of the exception that runs; 0 in thread mode."""
        return self.xpsr & IPSR_MASK

    def stacked_registers(self) -> list[int]:
        """r0-r3, r12 and lr: what exception entry saves before the addresses."""
        return list(self.uc.reg_read_batch(STACKED))

    def restore_registers(self, values: list[int]) -> None:
        """The reverse of :meth:`stacked_registers`."""
        self.uc.reg_write_batch(list(zip(STACKED, values, strict=True)))

    def general(self) -> list[int]:
        """r0 to r12."""
        return list(self.uc.reg_read_batch(GENERAL))

    def masks(self) -> tuple[int, int, int]:
        """PRIMASK, BASEPRI, FAULTMASK."""
        numbers = (arm.UC_ARM_REG_PRIMASK, arm.UC_ARM_REG_BASEPRI, arm.UC_ARM_REG_FAULTMASK)
        primask, basepri, faultmask = self._privileged(lambda: self.uc.reg_read_batch(numbers))
        return primask, basepri, faultmask

    def clear_faultmask(self) -> None:
        self.uc.reg_write(arm.UC_ARM_REG_FAULTMASK, 0)

    @property
    def psp(self) -> int:
        """The process stack pointer, whichever is in use."""
        return self._privileged(lambda: int(self.uc.reg_read(arm.UC_ARM_REG_PSP)))

    @property
    def msp(self) -> int:
        """The main stack pointer, whichever is in use."""
        return self._privileged(lambda: int(self.uc.reg_read(arm.UC_ARM_REG_MSP)))

    def _privileged(self, read: Callable[[], T]) -> T:
        """Unicorn shows special registers to privileged code only: read them from handler mode where
        needed."""
        xpsr = self.xpsr
        if xpsr & IPSR_MASK or not self.control & NPRIV:
            return read()
        self.xpsr = xpsr | 2
        try:
            return read()
        finally:
            self.xpsr = xpsr

    def reset(self, sp: int) -> None:
        """Registers as after a reset: ARMv7-M B1.5.5. General registers are unknown on silicon; here they
        are 0."""
        self.xpsr = THUMB | 2
        for number in (arm.UC_ARM_REG_PRIMASK, arm.UC_ARM_REG_BASEPRI, arm.UC_ARM_REG_FAULTMASK):
            self.uc.reg_write(number, 0)
        self.control = 0
        self.uc.reg_write_batch([(number, 0) for number in GENERAL])
        self.xpsr = THUMB
        self.uc.reg_write(arm.UC_ARM_REG_PSP, 0)
        self.sp = sp
        self.lr = 0xFFFF_FFFF
