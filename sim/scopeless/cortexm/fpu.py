"""Registers of the floating-point unit, and its part of exception frames. ARMv7-M (DDI 0403) B1.5.7, B3.2.21.

With lazy stacking an exception only reserves room for the FP registers; the core stores them when the
handler first uses the FPU. Here they are stored at once, which nothing can tell apart: what silicon leaves in
the room until then is unknown to the program. The time is charged as on silicon, though not before the
handler's end or the next exception.
"""

from __future__ import annotations

from scopeless.cortexm.cpu import FPCA, Cpu
from scopeless.cortexm.memory import MemoryMap
from scopeless.native import TimingCore
from scopeless.peripherals.base import Peripheral, Register

ASPEN, LSPEN, THREAD, USER, LSPACT = 1 << 31, 1 << 30, 1 << 3, 1 << 1, 1 << 0
FRAME_OFFSET = 0x20  # of the FP registers in a frame: B1.5.7, figure B1-3
FRAME_BYTES = 0x68
WORDS = 17  # S0 to S15 and FPSCR

# MVFR0, MVFR1, MVFR2 by core and precision: Cortex-M4 TRM (DDI 0439) 7.3, Cortex-M7 TRM (DDI 0489) 8.3.
FEATURES = {
    ("cortex-m4f", "single"): (0x1011_0021, 0x1100_0011, 0),
    ("cortex-m7", "single"): (0x1011_0021, 0x1100_0011, 0x40),
    ("cortex-m7", "double"): (0x1011_0221, 0x1200_0011, 0x40),
}


class Fpu(Peripheral, model="cortexm.fpu"):
    """From 0xE000_EF30. Options: ``precision``, single (the default) or double."""

    FPCCR = Register(0x04, writable=0xC000_017B)
    FPCAR = Register(0x08, writable=0xFFFF_FFF8)
    FPDSCR = Register(0x0C, writable=0x07C0_0000)
    MVFR0 = Register(0x10, writable=0)
    MVFR1 = Register(0x14, writable=0)
    MVFR2 = Register(0x18, writable=0)

    cpu: Cpu
    memory: MemoryMap
    native: TimingCore

    def reset(self) -> None:
        super().reset()
        core, precision = self.spec.options.get("core", ""), self.spec.options.get("precision", "single")
        self.is_double = precision == "double"
        features = FEATURES.get((core, precision))
        self.exists = features is not None
        if features is not None:
            self.MVFR0, self.MVFR1, self.MVFR2 = features
            self.FPCCR = ASPEN | LSPEN

    def connect(self, cpu: Cpu, memory: MemoryMap, native: TimingCore) -> None:
        """Join the parts of the core: whose registers these are, where frames are, who counts."""
        self.cpu, self.memory, self.native = cpu, memory, native

    def write_word(self, offset: int, value: int) -> None:
        if self.exists:
            super().write_word(offset, value)

    def read_fpccr(self) -> int:
        self.settle()
        return self.FPCCR

    def write_fpccr(self, value: int) -> None:
        self.settle()
        self.FPCCR = value & Fpu.FPCCR.writable

    def write_fpdscr(self, value: int) -> None:
        self.FPDSCR = value & Fpu.FPDSCR.writable
        if self.FPDSCR:
            self.system.notes.add(
                "The firmware sets defaults in FPDSCR, which are not modelled: each new floating-point "
                "context starts with FPSCR 0."
            )

    # Frames

    @property
    def has_context(self) -> bool:
        """Whether an exception now would save FP registers."""
        return self.exists and bool(self.FPCCR & ASPEN) and bool(self.cpu.control & FPCA)

    def context_after(self, basic: bool) -> int:
        """CONTROL.FPCA behind an exception entry (``basic``) or a return from a frame. Without automatic
        saving (ASPEN) it is left alone: Unicorn starts a new context wherever it is clear."""
        if not self.exists:
            return 0
        if not self.FPCCR & ASPEN:
            return self.cpu.control & FPCA
        return 0 if basic else FPCA

    def settle(self) -> None:
        """Charge for the stores that the handler's first FP instruction has made the core do."""
        if self.FPCCR & LSPACT and self.cpu.control & FPCA:
            self.FPCCR &= ~LSPACT
            self.native.stack_words(WORDS)

    def push(self, frame: int, *, privileged: bool, thread: bool) -> None:
        """Save the registers in ``frame``. Raises BusError where no RAM is."""
        self.memory.write_words(frame + FRAME_OFFSET, [*self.cpu.fp_registers(), 0])
        if self.FPCCR & LSPEN:
            self.FPCAR = frame + FRAME_OFFSET
            mode = (THREAD if thread else 0) | (0 if privileged else USER)
            self.FPCCR = self.FPCCR & (ASPEN | LSPEN) | mode | LSPACT
        else:
            self.native.stack_words(WORDS)

    def pop(self, frame: int) -> None:
        """Restore the registers from ``frame``, where the handler has used the FPU. Raises BusError where no
        memory is."""
        if self.FPCCR & LSPACT:
            self.FPCCR &= ~LSPACT  # they still have their values
            return
        self.cpu.restore_fp_registers(self.memory.read_words(frame + FRAME_OFFSET, WORDS))
        self.native.stack_words(WORDS)
