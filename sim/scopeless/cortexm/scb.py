"""System control block and the registers around it. ARMv7-M (DDI 0403) B3.2; values of ST PM0056 where it
differs."""

from __future__ import annotations

from collections.abc import Callable

from scopeless.cortexm.cpu import CORES_WITH_FPU
from scopeless.cortexm.l1cache import CCSIDR, CLIDR, CTR, DC, IC
from scopeless.cortexm.nvic import Exc, Exceptions
from scopeless.native import Setting
from scopeless.peripherals.base import Peripheral, Register

VECTKEY = 0x05FA
# CCR: B3.2.8
UNALIGN_TRP, DIV_0_TRP, STKALIGN, NONBASETHRDENA = 1 << 3, 1 << 4, 1 << 9, 1 << 0
# SCR: B3.2.7
SLEEPONEXIT, SEVONPEND = 1 << 1, 1 << 4
BRANCH_PREDICTION = 1 << 18  # of the Cortex-M7, always on
# ACTLR's bits by core: core_cm3.h, core_cm4.h and core_cm7.h of Arm's CMSIS, SCnSCB_ACTLR. That of the
# Cortex-M7 which counts: DDI 0489, 3.3.1
ACTLR_BITS = {"cortex-m3": 0x7, "cortex-m4": 0x307, "cortex-m4f": 0x307, "cortex-m7": 0x07FF_FC05}
DISBTACREAD = 1 << 13
VTOR_BITS = {"cortex-m3": 0x3FFF_FF80}  # before r2p1: core_cm3.h, SCB_VTOR; the other cores have all
# HFSR: B3.2.16
HFSR_VECTTBL, HFSR_FORCED, HFSR_DEBUGEVT = 1 << 1, 1 << 30, 1 << 31

CPUIDS = {
    "cortex-m3": 0x411F_C231,
    "cortex-m4": 0x410F_C241,
    "cortex-m4f": 0x410F_C241,
    "cortex-m7": 0x410F_C271,  # r0p1: stm32f746xx.h of ST's CMSIS headers, __CM7_REV
}
SHCSR_ACTIVE = {0: 4, 1: 5, 3: 6, 7: 11, 8: 12, 10: 14, 11: 15}
SHCSR_PENDING = {12: 6, 13: 4, 14: 5, 15: 11}
SHCSR_ENABLED = {16: 4, 17: 5, 18: 6}


class Scb(Peripheral, model="cortexm.scb"):
    """Offsets from 0xE000_ED00. Options: ``cpuid``; ``initvtor``, the address of the vectors after reset."""

    CPUID = Register(0x00, writable=0)
    ICSR = Register(0x04)
    VTOR = Register(0x08)
    AIRCR = Register(0x0C)
    SCR = Register(0x10, writable=0x16)
    CCR = Register(0x14, reset=STKALIGN, writable=0x31B)
    SHPR1 = Register(0x18)
    SHPR2 = Register(0x1C)
    SHPR3 = Register(0x20)
    SHCSR = Register(0x24)
    CFSR = Register(0x28)
    HFSR = Register(0x2C)
    DFSR = Register(0x30)
    MMFAR = Register(0x34)
    BFAR = Register(0x38)
    AFSR = Register(0x3C)
    CLIDR = Register(0x78, writable=0)
    CTR = Register(0x7C, writable=0)
    CCSIDR = Register(0x80, writable=0)
    CSSELR = Register(0x84, writable=0x1)
    CPACR = Register(0x88, writable=0x00F0_0000)

    exceptions: Exceptions
    ipsr: Callable[[], int] = staticmethod(lambda: 0)
    """The number of the exception that is running."""
    trap_changed: Callable[[], None] = staticmethod(lambda: None)

    def connect(
        self, exceptions: Exceptions, ipsr: Callable[[], int], trap_changed: Callable[[], None]
    ) -> None:
        """Join the parts of the core: who holds exception states, what runs, who watches CCR's traps."""
        self.exceptions, self.ipsr, self.trap_changed = exceptions, ipsr, trap_changed

    def reset(self) -> None:
        super().reset()
        self.core = self.spec.options.get("core", "cortex-m3")
        if self.core == "cortex-m7":
            self.CCR |= BRANCH_PREDICTION
            self._set_caches()
        self.prigroup = 0
        self.cfsr = 0
        self.hfsr = 0

    def read_cpuid(self) -> int:
        return int(self.spec.options.get("cpuid", CPUIDS[self.core]))

    def read_icsr(self) -> int:
        e = self.exceptions
        running = self.ipsr()
        value = running | (e.best_pending() or 0) << 12
        if not e.active - {running}:
            value |= 1 << 11  # RETTOBASE
        if any(n >= Exc.IRQ0 for n in e.pending):
            value |= 1 << 22
        for bit, number in ((26, Exc.SYSTICK), (28, Exc.PENDSV), (31, Exc.NMI)):
            if number in e.pending:
                value |= 1 << bit
        return value

    def write_icsr(self, value: int) -> None:
        pending = self.exceptions.pending
        for bit, number in ((26, Exc.SYSTICK), (28, Exc.PENDSV), (31, Exc.NMI)):
            if value >> bit & 1:
                pending.add(number)
        for bit, number in ((25, Exc.SYSTICK), (27, Exc.PENDSV)):
            if value >> bit & 1:
                pending.discard(number)

    def write_vtor(self, value: int) -> None:
        self.VTOR = value & VTOR_BITS.get(self.core, 0xFFFF_FF80)

    def read_aircr(self) -> int:
        return 0xFA05 << 16 | self.prigroup << 8

    def write_aircr(self, value: int) -> None:
        if value >> 16 != VECTKEY:
            return  # a write without the key is ignored: B3.2.6
        self.prigroup = value >> 8 & 7
        self.exceptions.set_grouping(self.prigroup)
        if value & 4:
            self.system.request_reset()

    def write_cpacr(self, value: int) -> None:
        """Access to the FPU; no other coprocessor exists."""
        if self.core in CORES_WITH_FPU:
            self.CPACR = value & Scb.CPACR.writable
            self.trap_changed()

    def read_clidr(self) -> int:
        return CLIDR if self.core == "cortex-m7" else 0

    def read_ctr(self) -> int:
        return CTR if self.core == "cortex-m7" else 0

    def read_ccsidr(self) -> int:
        return CCSIDR[self.CSSELR] if self.core == "cortex-m7" else 0

    def write_ccr(self, value: int) -> None:
        writable = Scb.CCR.writable
        if self.core == "cortex-m7":
            writable |= IC | DC
        self.CCR = value & writable | self.CCR & BRANCH_PREDICTION
        if self.core == "cortex-m7":
            self._set_caches()
        self.trap_changed()

    def _set_caches(self) -> None:
        self.system.timing(Setting.L1_ICACHE, int(bool(self.CCR & IC)))
        self.system.timing(Setting.L1_DCACHE, int(bool(self.CCR & DC)))

    def _read_priorities(self, first: int) -> int:
        return sum(max(self.exceptions.priority[first + i], 0) << 8 * i for i in range(4))

    def _write_priorities(self, first: int, value: int) -> None:
        for i in range(4):
            if first + i in (4, 5, 6, 11, 12, 14, 15):
                self.exceptions.set_priority(first + i, value >> 8 * i & 0xFF)

    def read_shpr1(self) -> int:
        return self._read_priorities(4)

    def read_shpr2(self) -> int:
        return self._read_priorities(8)

    def read_shpr3(self) -> int:
        return self._read_priorities(12)

    def write(self, offset: int, size: int, value: int) -> None:
        # Byte writes to the priorities and the write-one-to-clear registers leave the other bytes alone.
        if size != 4 and offset & ~3 in (0x18, 0x1C, 0x20):
            shift, mask = 8 * (offset & 3), (1 << 8 * size) - 1
            value = self.read_word(offset & ~3) & ~(mask << shift) | (value & mask) << shift
            self.write_word(offset & ~3, value)
        else:
            super().write(offset, size, value)

    def write_shpr1(self, value: int) -> None:
        self._write_priorities(4, value)

    def write_shpr2(self, value: int) -> None:
        self._write_priorities(8, value)

    def write_shpr3(self, value: int) -> None:
        self._write_priorities(12, value)

    def read_shcsr(self) -> int:
        e = self.exceptions
        bits = [bit for bit, number in SHCSR_ACTIVE.items() if number in e.active]
        bits += [bit for bit, number in SHCSR_PENDING.items() if number in e.pending]
        bits += [bit for bit, number in SHCSR_ENABLED.items() if number in e.enabled]
        return sum(1 << bit for bit in bits)

    def write_shcsr(self, value: int) -> None:
        e = self.exceptions
        for table, states in (
            (SHCSR_ACTIVE, e.active),
            (SHCSR_PENDING, e.pending),
            (SHCSR_ENABLED, e.enabled),
        ):
            for bit, number in table.items():
                (states.add if value >> bit & 1 else states.discard)(number)

    def read_cfsr(self) -> int:
        return self.cfsr

    def write_cfsr(self, value: int) -> None:
        self.cfsr &= ~value

    def read_hfsr(self) -> int:
        return self.hfsr

    def write_hfsr(self, value: int) -> None:
        self.hfsr &= ~value


class Stir(Peripheral, model="cortexm.stir"):
    """Software trigger interrupt register, 0xE000_EF00: B3.2.26."""

    STIR = Register(0x00)
    exceptions: Exceptions

    def write_stir(self, value: int) -> None:
        number = Exc.IRQ0 + (value & 0x1FF)
        if number < self.exceptions.count:
            self.exceptions.pending.add(number)


class Ictr(Peripheral, model="cortexm.ictr"):
    """Interrupt controller type and auxiliary control, from 0xE000_E000: B3.2.24, B3.2.25."""

    ICTR = Register(0x04, writable=0)
    ACTLR = Register(0x08)
    exceptions: Exceptions

    def reset(self) -> None:
        super().reset()
        self.system.timing(Setting.M7_NO_BTAC, 0)

    def write_actlr(self, value: int) -> None:
        self.ACTLR = value = value & ACTLR_BITS[self.spec.options["core"]]
        self.system.timing(Setting.M7_NO_BTAC, int(bool(value & DISBTACREAD)))

    def read_ictr(self) -> int:
        return (self.exceptions.count - Exc.IRQ0 - 1) // 32
