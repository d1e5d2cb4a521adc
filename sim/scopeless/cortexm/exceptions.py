"""Exception entry and return. ARMv7-M (DDI 0403) B1.5.6 to B1.5.8."""

from __future__ import annotations

from scopeless.cortexm import faults
from scopeless.cortexm import fpu as floating
from scopeless.cortexm.cpu import IPSR_MASK, NPRIV, SPSEL, THUMB, Cpu
from scopeless.cortexm.faults import Cfsr, Fault
from scopeless.cortexm.fpu import Fpu
from scopeless.cortexm.memory import BusError, MemoryMap
from scopeless.cortexm.nvic import Exc, Exceptions
from scopeless.cortexm.scb import (
    HFSR_DEBUGEVT,
    HFSR_FORCED,
    HFSR_VECTTBL,
    NONBASETHRDENA,
    SLEEPONEXIT,
    STKALIGN,
    Scb,
)
from scopeless.native import TimingCore

FRAME_BYTES = 32
FRAME_ALIGNED = 1 << 9  # in the stacked xPSR
RETURN_TO_HANDLER, RETURN_TO_MAIN, RETURN_TO_PROCESS = 0xFFFF_FFF1, 0xFFFF_FFF9, 0xFFFF_FFFD
BASIC_FRAME = 1 << 4  # in EXC_RETURN; clear for a frame with floating-point registers


class HardFault(Exception):
    """The processor takes a HardFault, or locks up. ``pc`` is the instruction, ``frame`` its stacked
    frame."""

    def __init__(self, cause: str, pc: int, frame: int, lockup: bool) -> None:
        super().__init__(cause)
        self.cause, self.pc, self.frame, self.lockup = cause, pc, frame, lockup


class ExceptionUnit:
    """Takes exceptions and returns from them. Each step returns the address at which execution goes on."""

    def __init__(
        self,
        cpu: Cpu,
        memory: MemoryMap,
        exceptions: Exceptions,
        scb: Scb,
        fpu: Fpu,
        timing: TimingCore,
    ) -> None:
        self.cpu, self.memory, self.exceptions, self.timing = cpu, memory, exceptions, timing
        self.scb, self.fpu = scb, fpu
        self.event = False  # the event register of WFE
        self.monitor_enabled = False
        self.sleep_on_exit = False

    def execution_priority(self, *, ignore_primask: bool = False) -> int:
        """B1.5.4: the highest of the active exceptions and of the masks."""
        e = self.exceptions
        priority = e.active_priority()
        primask, basepri, faultmask = self.cpu.masks()
        basepri &= e.priority_mask
        if basepri:
            priority = min(priority, e.group_priority(basepri))
        if primask and not ignore_primask:
            priority = min(priority, 0)
        if faultmask:
            priority = min(priority, -1)
        return priority

    def wakes_up(self) -> bool:
        """Whether WFI ends: an exception is pending that would be taken if PRIMASK were clear (B1.5.19)."""
        best = self.exceptions.best_pending()
        return best is not None and self.exceptions.can_preempt(
            best, self.execution_priority(ignore_primask=True)
        )

    def take_pending(self, pc: int) -> int:
        """Enter the best pending exception where its priority allows, before the instruction at ``pc``."""
        number = self.next_exception()
        return pc if number is None else self.enter(number, pc)

    def next_exception(self) -> int | None:
        """The best pending exception where its priority allows to enter it now."""
        best = self.exceptions.best_pending()
        if best is None or not self.exceptions.can_preempt(best, self.execution_priority()):
            return None
        return best

    def supervisor_call(self, pc: int) -> int:
        """SVC; ``pc`` is the instruction behind it."""
        if self.exceptions.can_preempt(Exc.SVCALL, self.execution_priority()):
            return self.enter(Exc.SVCALL, pc)
        return self.raise_fault(faults.MASKED_SVC, pc - 2)

    def raise_fault(self, fault: Fault, pc: int) -> int:
        """A synchronous fault of the instruction at ``pc``: its own handler where that is enabled and may
        run, else :class:`HardFault` (B1.5.14)."""
        self._record(fault)
        e = self.exceptions
        priority = self.execution_priority()
        own = fault.number in e.enabled or (fault.number == Exc.DEBUG_MONITOR and self.monitor_enabled)
        if own and fault.number != Exc.SVCALL and e.can_preempt(fault.number, priority):
            return self.enter(fault.number, pc, fault)
        self.scb.hfsr |= HFSR_DEBUGEVT if fault.number == Exc.DEBUG_MONITOR else HFSR_FORCED
        raise HardFault(fault.cause, pc, self._stack(pc), lockup=priority < 0)

    def exception_return(self, value: int) -> int:
        """A branch to EXC_RETURN in handler mode: B1.5.8."""
        cpu, e, scb = self.cpu, self.exceptions, self.scb
        returning = cpu.ipsr
        value |= 0xF000_0000
        mode = value | (BASIC_FRAME if self.fpu.exists else 0)
        self.fpu.settle()
        others = e.active - {returning}
        valid = returning in e.active and {
            RETURN_TO_HANDLER: bool(others),
            RETURN_TO_MAIN: not others or bool(scb.CCR & NONBASETHRDENA),
            RETURN_TO_PROCESS: not others or bool(scb.CCR & NONBASETHRDENA),
        }.get(mode, False)
        e.leave(returning)
        if returning != Exc.NMI:
            cpu.clear_faultmask()
        self.event = True
        if not valid:
            return self._chain_fault(faults.invalid_return(value), value)
        if (following := self.next_exception()) is not None:
            return self._vector(following, value, tail_chained=True)

        msp, psp = cpu.stack_pointers()
        stack = psp if mode == RETURN_TO_PROCESS else msp
        basic = bool(value & BASIC_FRAME)
        try:
            words = self.memory.read_words(stack, 8)
            if not basic:
                self.fpu.pop(stack)
        except BusError as error:
            fault = faults.stack_fault(error.address)
            return self._chain_fault(Fault(fault.number, fault.cause, Cfsr.UNSTKERR), value)
        xpsr = words[7]
        if bool(xpsr & IPSR_MASK) != (mode == RETURN_TO_HANDLER):
            return self._chain_fault(faults.invalid_return(value), value)
        aligned = xpsr & FRAME_ALIGNED and (scb.CCR & STKALIGN or not basic)
        after = stack + (FRAME_BYTES if basic else floating.FRAME_BYTES) | (4 if aligned else 0)
        # Still in handler mode: choose thread mode's stack, then change the mode, then set the stack
        # pointer.
        if mode != RETURN_TO_HANDLER or self.fpu.exists:
            cpu.control = (
                cpu.control & NPRIV
                | (SPSEL if mode == RETURN_TO_PROCESS else 0)
                | self.fpu.context_after(basic)
            )
        cpu.restore_registers(words[:6])
        cpu.xpsr = xpsr & ~FRAME_ALIGNED | THUMB
        cpu.sp = after
        target = words[6] & ~1
        self.timing.exception_return(target, stack)
        self.sleep_on_exit = bool(scb.SCR & SLEEPONEXIT) and not e.active
        if not xpsr & THUMB:
            return self.raise_fault(faults.ARM_STATE, target)
        return target

    def enter(self, number: int, pc: int, fault: Fault | None = None) -> int:
        """Stack the context and go to the handler of ``number``, before the instruction at ``pc``: B1.5.6."""
        xpsr = self.cpu.xpsr
        if xpsr & IPSR_MASK:
            value = RETURN_TO_HANDLER
        else:
            value = RETURN_TO_PROCESS if self.cpu.control & SPSEL else RETURN_TO_MAIN
        self.fpu.settle()
        if self.fpu.has_context:
            value &= ~BASIC_FRAME
        try:
            self._push(pc)
        except BusError as error:
            return self._stacking_failed(fault or faults.stack_fault(error.address), pc, number, value)
        return self._vector(number, value, tail_chained=False)

    def _stacking_failed(self, fault: Fault, pc: int, number: int, value: int) -> int:
        """The derived BusFault comes instead, the first exception stays pending: B1.5.11."""
        self.scb.cfsr |= Cfsr.STKERR
        e = self.exceptions
        if number < Exc.IRQ0 and number in (Exc.MEM_MANAGE, Exc.BUS_FAULT, Exc.USAGE_FAULT):
            derived = number
        else:
            e.pending.add(number)
            derived = Exc.BUS_FAULT
        if derived in e.enabled and e.can_preempt(derived, self.execution_priority()):
            return self._vector(derived, value, tail_chained=False)
        self.scb.hfsr |= HFSR_FORCED
        raise HardFault(fault.cause, pc, self.cpu.sp, lockup=False)

    def _chain_fault(self, fault: Fault, value: int) -> int:
        """A fault of the exception return itself: entered without stacking, the frame is still there."""
        self._record(fault)
        e = self.exceptions
        priority = self.execution_priority()
        if fault.number in e.enabled and e.can_preempt(fault.number, priority):
            return self._vector(fault.number, value, tail_chained=True)
        self.scb.hfsr |= HFSR_FORCED
        raise HardFault(fault.cause, self.timing.pc, self.cpu.sp, lockup=priority < 0)

    def _vector(self, number: int, value: int, *, tail_chained: bool) -> int:
        """Set the state that a handler starts with, and read its address."""
        cpu = self.cpu
        stack = cpu.sp
        entry = self.scb.VTOR + 4 * number
        try:
            vector = self.memory.read(entry)
        except BusError:
            self.scb.hfsr |= HFSR_VECTTBL
            raise HardFault(
                f"has no memory under its vector table, at {entry:#010x}", self.timing.pc, stack, lockup=False
            ) from None
        self.exceptions.enter(number)
        # Thread mode uses the main stack until the return restores SPSEL from EXC_RETURN.
        cpu.xpsr = cpu.xpsr & ~(IPSR_MASK | 0x0600_FC00) | THUMB | number
        cpu.control = cpu.control & NPRIV | self.fpu.context_after(True)
        cpu.lr = value
        self.event = True
        handler = vector & ~1
        self.timing.exception_entry(entry, handler, stack, tail_chained)
        if not vector & 1:
            return self.raise_fault(faults.ARM_STATE, handler)
        return handler

    def _push(self, pc: int) -> int:
        """Write the frame; the stack pointer moves even when that fails."""
        cpu = self.cpu
        sp, xpsr = cpu.sp, cpu.xpsr
        has_fp = self.fpu.has_context
        realign = bool(self.scb.CCR & STKALIGN or has_fp) and bool(sp & 4)
        size = floating.FRAME_BYTES if has_fp else FRAME_BYTES
        frame = sp - size - (4 if realign else 0) & 0xFFFF_FFFF
        cpu.sp = frame
        words = [*cpu.stacked_registers(), pc, xpsr & ~FRAME_ALIGNED | (FRAME_ALIGNED if realign else 0)]
        self.memory.write_words(frame, words)
        if has_fp:
            thread = not xpsr & IPSR_MASK
            self.fpu.push(frame, thread=thread, privileged=not thread or not cpu.control & NPRIV)
        return frame

    def _stack(self, pc: int) -> int:
        """The frame a HardFault leaves for whoever looks at it; the registers stay as the instruction left
        them."""
        sp = self.cpu.sp
        try:
            frame = self._push(pc)
        except BusError:
            self.scb.cfsr |= Cfsr.STKERR
            frame = self.cpu.sp
        self.cpu.sp = sp
        return frame

    def _record(self, fault: Fault) -> None:
        self.scb.cfsr |= fault.cfsr
        if fault.address is not None:
            if fault.cfsr & Cfsr.BFARVALID:
                self.scb.BFAR = fault.address
            else:
                self.scb.MMFAR = fault.address
