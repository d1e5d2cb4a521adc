"""The registers of Unicorn's core, by the names of the manual."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from unicorn import UC_ARCH_ARM, UC_MODE_THUMB
from unicorn import arm_const as arm
from unicorn.unicorn_py3.unicorn import MMIO_READ_CFUNC, MMIO_WRITE_CFUNC, Uc, uclib

from scopeless.errors import EngineCrash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MODELS = {
    "cortex-m3": arm.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4": arm.UC_CPU_ARM_CORTEX_M4,
    "cortex-m4f": arm.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7": arm.UC_CPU_ARM_CORTEX_M7,
}
CORES_WITH_FPU = ("cortex-m4f", "cortex-m7")
GENERAL = [arm.UC_ARM_REG_R0 + n for n in range(13)]
STACKED = [*GENERAL[:4], arm.UC_ARM_REG_R12, arm.UC_ARM_REG_LR]
FLOATING = [*(arm.UC_ARM_REG_S0 + n for n in range(16)), arm.UC_ARM_REG_FPSCR]
MASKS = (arm.UC_ARM_REG_PRIMASK, arm.UC_ARM_REG_BASEPRI, arm.UC_ARM_REG_FAULTMASK)
IPSR_MASK = 0x1FF
THUMB = 1 << 24
# Room for translated code, in bytes. Unicorn's own choice is 1 GiB for each core: two dozen of them in one
# process are more than the machine has, and Linux lets no such process fork. A full buffer begins anew.
TRANSLATION_BUFFER = 64 << 20
# CONTROL: DDI 0403 B1.4.4
FPCA, SPSEL, NPRIV = 1 << 2, 1 << 1, 1 << 0


class _Bank:
    """Some registers that are read and written in one call. Unicorn's Python binding would take ten times
    as long, and every exception moves dozens of them."""

    def __init__(self, uc: Uc, numbers: Sequence[int]) -> None:
        count = len(numbers)
        self._values = (ctypes.c_uint32 * count)()
        first, size = ctypes.addressof(self._values), ctypes.sizeof(ctypes.c_uint32)
        pointers = (ctypes.c_void_p * count)(*range(first, first + count * size, size))
        self._arguments = (uc._uch, (ctypes.c_int32 * count)(*numbers), pointers, count)

    def read(self) -> list[int]:
        uclib.uc_reg_read_batch(*self._arguments)
        return self._values[:]

    def write(self, values: Sequence[int]) -> None:
        self._values[:] = [*values]
        uclib.uc_reg_write_batch(*self._arguments)


def _register(number: int) -> property:
    def read(self: Cpu) -> int:
        uclib.uc_reg_read(self.uc._uch, number, self._cell_pointer)
        return self._cell.value

    def write(self: Cpu, value: int) -> None:
        self._cell.value = value
        uclib.uc_reg_write(self.uc._uch, number, self._cell_pointer)

    return property(read, write)


class Cpu:
    """One Unicorn core. ``sp`` is the stack pointer in use; ``msp`` and ``psp`` are the banked ones.

    Writing an exception number to ``xpsr`` enters handler mode and changes the stack as the manual says.
    """

    _xpsr: int = _register(arm.UC_ARM_REG_XPSR)  # type: ignore[assignment]
    _flags: int = _register(arm.UC_ARM_REG_APSR_NZCV)  # type: ignore[assignment]
    sp: int = _register(arm.UC_ARM_REG_SP)  # type: ignore[assignment]
    lr: int = _register(arm.UC_ARM_REG_LR)  # type: ignore[assignment]
    pc: int = _register(arm.UC_ARM_REG_PC)  # type: ignore[assignment]
    _control: int = _register(arm.UC_ARM_REG_CONTROL)  # type: ignore[assignment]

    def __init__(self, core: str) -> None:
        # Not UC_MODE_MCLASS: with it every model is a Cortex-M33 (Unicorn 2.1, cpu_arm_init).
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB)
        self.uc.ctl_set_cpu_model(MODELS[core])
        self.uc.ctl_set_tcg_buffer_size(TRANSLATION_BUFFER)
        self._callbacks: list[Any] = []
        self._cell = ctypes.c_uint32()
        self._cell_pointer = ctypes.byref(self._cell)
        self._general = _Bank(self.uc, GENERAL)
        self._stacked = _Bank(self.uc, STACKED)
        self._floating = _Bank(self.uc, FLOATING)
        self._masks = _Bank(self.uc, MASKS)
        self._stacks = _Bank(self.uc, (arm.UC_ARM_REG_MSP, arm.UC_ARM_REG_PSP))

    def close(self) -> None:
        """Free what Unicorn holds. It must not be used afterwards.

        Hooks and callbacks refer to what refers to them: left to itself, Unicorn would stay until Python's
        garbage collector looks for such circles.
        """
        Uc.release_handle(self.uc._uch)
        self.uc._uch.value = None  # nothing is left for the finalizer of Uc

    @property
    def xpsr(self) -> int:
        """Flags, execution state and exception number."""
        return self._xpsr

    @xpsr.setter
    def xpsr(self, value: int) -> None:
        self._xpsr = value
        self._flags = value  # this write alone makes Unicorn look at the mode again

    @property
    def control(self) -> int:
        """Privilege and stack of thread mode, and whether there is a floating-point context."""
        return self._control

    @control.setter
    def control(self, value: int) -> None:
        """In handler mode."""
        if (self._control ^ value) & SPSEL:
            # As on silicon, only thread mode can change SPSEL.
            xpsr = self._xpsr
            self._control = 0  # privileged
            self.xpsr = xpsr & ~IPSR_MASK
            self._control = value & SPSEL
            self.xpsr = xpsr
        self._control = value

    def map_registers(
        self, base: int, size: int, read: Callable[[int, int], int], write: Callable[[int, int, int], None]
    ) -> None:
        """Have accesses to an address range answered by ``read(address, size)`` and ``write(address, size,
        value)``, which must not raise."""

        def on_read(_uc: Any, offset: int, width: int, _data: Any) -> int:
            return read(base + offset, width)

        def on_write(_uc: Any, offset: int, width: int, value: int, _data: Any) -> None:
            write(base + offset, width, value)

        callbacks = MMIO_READ_CFUNC(on_read), MMIO_WRITE_CFUNC(on_write)
        self._callbacks += callbacks  # Unicorn keeps no reference
        reader, writer = (ctypes.cast(callback, ctypes.c_void_p) for callback in callbacks)
        error = uclib.uc_mmio_map(self.uc._uch, base, size, reader, None, writer, None)
        if error:
            raise EngineCrash(
                f"Unicorn cannot map {size:#x} bytes of registers at {base:#010x} (error {error})."
            )

    def register(self, number: int) -> int:
        """r0 to r15."""
        ids = (*GENERAL, arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_PC)
        return int(self.uc.reg_read(ids[number]))

    @property
    def ipsr(self) -> int:
        """Number of the exception that runs; 0 in thread mode."""
        return self.xpsr & IPSR_MASK

    def stacked_registers(self) -> list[int]:
        """r0-r3, r12 and lr: what exception entry saves before the addresses."""
        return self._stacked.read()

    def restore_registers(self, values: list[int]) -> None:
        """The reverse of :meth:`stacked_registers`."""
        self._stacked.write(values)

    def fp_registers(self) -> list[int]:
        """S0 to S15 and FPSCR: what exception entry saves of the floating-point unit."""
        return self._floating.read()

    def restore_fp_registers(self, values: list[int]) -> None:
        """The reverse of :meth:`fp_registers`."""
        self._floating.write(values)

    def general(self) -> list[int]:
        """r0 to r12."""
        return self._general.read()

    def masks(self) -> list[int]:
        """PRIMASK, BASEPRI, FAULTMASK."""
        return self._privileged(self._masks.read)

    def clear_faultmask(self) -> None:
        """FAULTMASK to 0; in handler mode."""
        primask, basepri, _ = self._masks.read()
        self._masks.write([primask, basepri, 0])

    def stack_pointers(self) -> list[int]:
        """MSP and PSP, whichever is in use."""
        return self._privileged(self._stacks.read)

    def _privileged(self, read: Callable[[], list[int]]) -> list[int]:
        """Unicorn shows special registers to privileged code only: read them from handler mode where
        needed."""
        if self.xpsr & IPSR_MASK or not self.control & NPRIV:
            return read()
        with self.handler_mode():
            return read()

    @contextmanager
    def handler_mode(self) -> Iterator[None]:
        """Handler mode for a while: privileged, so that every register can be read and written."""
        xpsr = self.xpsr
        if not xpsr & IPSR_MASK:
            self.xpsr = xpsr | 2
        try:
            yield
        finally:
            if not xpsr & IPSR_MASK:
                self.xpsr = self.xpsr & ~IPSR_MASK

    def reset(self, sp: int) -> None:
        """Registers as after a reset: ARMv7-M B1.5.5. General registers are unknown on silicon; here they
        are 0."""
        self.xpsr = THUMB | 2  # handler mode: privileged, and control may be written
        self._masks.write([0, 0, 0])
        self.control = 0
        self._general.write([0] * 13)
        self._stacks.write([sp, 0])
        self.xpsr = THUMB
        self.lr = 0xFFFF_FFFF
