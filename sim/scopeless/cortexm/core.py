"""A Cortex-M processor with its memories: Unicorn's instructions, the timing core's cycles, our exceptions.

One :meth:`Core.advance` runs until something other than instructions has to happen and lets that happen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from unicorn import UC_HOOK_MEM_INVALID, UC_PROT_ALL, UC_PROT_EXEC, UC_PROT_READ

from scopeless.board import Board, PeripheralSpec
from scopeless.cortexm import faults
from scopeless.cortexm.bus import BITBAND_PERIPHERALS, PERIPHERALS, PRIVATE, PeripheralBus, Unmodelled
from scopeless.cortexm.cpu import Cpu
from scopeless.cortexm.dwt import Debug, Dwt
from scopeless.cortexm.exceptions import ExceptionUnit
from scopeless.cortexm.faults import Fault
from scopeless.cortexm.fpu import Fpu
from scopeless.cortexm.memory import BusError, MemoryMap
from scopeless.cortexm.nvic import Exc, Nvic
from scopeless.cortexm.scb import Ictr, Scb, Stir
from scopeless.cortexm.systick import SysTick
from scopeless.cortexm.traps import Traps
from scopeless.cortexm.unicorn_faults import (
    NOTHING,
    READ_ONLY,
    Invalid,
    UnicornException,
    error_fault,
    exception_fault,
)
from scopeless.errors import UsageError
from scopeless.native import Bus, FlashModel, NativeStop, Setting, TimingCore
from scopeless.peripherals import Peripheral, System, make
from scopeless.peripherals.events import NEVER, EventQueue

# Where the core's own peripherals are: DDI 0403 tables B3-3 and C1-1.
PRIVATE_PERIPHERALS = (
    PeripheralSpec("dwt", "cortexm.dwt", 0xE000_1000, 0x1000),
    PeripheralSpec("ictr", "cortexm.ictr", 0xE000_E000, 0x10),
    PeripheralSpec("systick", "cortexm.systick", 0xE000_E010, 0x10),
    PeripheralSpec("nvic", "cortexm.nvic", 0xE000_E100, 0x400),
    PeripheralSpec("scb", "cortexm.scb", 0xE000_ED00, 0x90),
    PeripheralSpec("mpu", "cortexm.mpu", 0xE000_ED90, 0x30),
    PeripheralSpec("debug", "cortexm.debug", 0xE000_EDF0, 0x10),
    PeripheralSpec("stir", "cortexm.stir", 0xE000_EF00, 0x10),
    PeripheralSpec("fpu", "cortexm.fpu", 0xE000_EF30, 0x20),
    PeripheralSpec("l1cache", "cortexm.l1cache", 0xE000_EF50, 0x30),
)
P = TypeVar("P", bound=Peripheral)
MONITOR_ENABLE = 1 << 16  # DEMCR.MON_EN


class Core:
    """The processor of ``board``. ``pc`` is the address of the next instruction.

    ``on_unmodelled(block, address, write)`` hears of the first access to each block of addresses that no
    model claims.
    """

    def __init__(self, board: Board, on_unmodelled: Callable[[Unmodelled, int, bool], None]) -> None:
        self.board = board
        self.cpu = Cpu(board.core)
        self.memory = MemoryMap(board)
        self.timing = TimingCore(self.cpu.uc, board.core)
        self.pc = 0
        self._running = False
        self._asleep = ""
        self.halts_at_bkpt = False
        self._halted_at: int | None = None  # the BKPT that ended the last run
        self._reset_wanted = self._traps_wanted = False
        self._error: BaseException | None = None
        self._invalid: Invalid | None = None
        self.events = EventQueue(self.timing.request_stop)
        self.system = System(
            now=lambda: self.timing.cycles,
            events=self.events,
            interrupt=self._interrupt,
            timing=self.timing.set,
            request_reset=self._request_reset,
            reset_peripheral=self._reset_peripheral,
        )
        self.bus = PeripheralBus(self.system, self.memory, board.unmodelled, on_unmodelled)
        self._map_memory()
        self._attach()
        self.unit = ExceptionUnit(self.cpu, self.memory, self.exceptions, self.scb, self.fpu, self.timing)
        self.traps = Traps(self.cpu, self.memory, self.fpu, self.timing.request_stop)
        self.cpu.uc.hook_add(UC_HOOK_MEM_INVALID, self._on_invalid)

    def close(self) -> None:
        """Free the native parts and the memories."""
        self.cpu.close()
        self.timing.close()
        self.memory.close()

    # Construction

    def _map_memory(self) -> None:
        uc, timing = self.cpu.uc, self.timing
        for region in self.memory.regions:
            memory = region.memory
            if memory.kind == "rom":  # less than a page: what is not there must not answer
                self._map_io(memory.base, len(region.view), self.memory.read, self._write_rom)
                timing.map(memory.base, memory.size, None, _bus(self.board, memory.bus))
                continue
            access = UC_PROT_ALL if memory.kind == "ram" else UC_PROT_READ | UC_PROT_EXEC
            for base in region.bases:
                uc.mem_map_ptr(base, len(region.view), access, region.host)
                bus = memory.bus if base == memory.base else memory.alias_bus or memory.bus
                timing.map(base, memory.size, region.host, _bus(self.board, bus))
            if memory.bitband is not None:
                size = 32 * memory.size
                self._map_io(memory.bitband, size, self.bus.read_ram_bit, self.bus.write_ram_bit)
                timing.map(memory.bitband, size, None, _bus(self.board, memory.bus))
                self.bus.has_bitband = True
        for area in (PERIPHERALS, PRIVATE):
            self._map_io(area.start, len(area), self.bus.read, self.bus.write)
        for base, size in self.board.unmodelled.values():
            if base not in PERIPHERALS and base not in PRIVATE:  # a controller of external memory
                self._map_io(base, size, self.bus.read, self.bus.write)
        timing.map(PRIVATE.start, len(PRIVATE), None, Bus.PPB)
        for name, (base, size) in self.board.timing.get("buses", {}).items():
            timing.map(base, size, None, _bus(self.board, name))
            if self.bus.has_bitband and base + size <= PERIPHERALS.start + len(BITBAND_PERIPHERALS) // 32:
                alias = BITBAND_PERIPHERALS.start + 32 * (base - PERIPHERALS.start)
                timing.map(alias, 32 * size, None, _bus(self.board, name))
        timing.set(Setting.FLASH_MODEL, FlashModel[self.board.timing.get("flash", "ideal").upper()])

    def _attach(self) -> None:
        """The core's own peripherals first: the chip's may use the interrupt lines as soon as they exist."""
        self.peripherals: dict[str, Peripheral] = {}
        own = {spec.model for spec in PRIVATE_PERIPHERALS}
        given = {spec.model: spec.options for spec in self.board.peripherals if spec.model in own}
        for spec in PRIVATE_PERIPHERALS:
            if spec.model == "cortexm.l1cache" and self.board.core != "cortex-m7":
                continue
            options = {"core": self.board.core} | given.get(spec.model, {})
            self._add(PeripheralSpec(spec.name, spec.model, spec.base, spec.size, options=options))
        self.nvic, self.scb = self._private("nvic", Nvic), self._private("scb", Scb)
        self.debug = self._private("debug", Debug)
        self.debug.dwt = dwt = self._private("dwt", Dwt)
        dwt.debug = self.debug
        self.fpu = self._private("fpu", Fpu)
        self.fpu.connect(self.cpu, self.memory, self.timing)
        self.exceptions = self.nvic.exceptions
        self.scb.connect(self.exceptions, lambda: self.cpu.ipsr, self._request_traps)
        self._private("stir", Stir).exceptions = self.exceptions
        self._private("ictr", Ictr).exceptions = self.exceptions
        self._private("systick", SysTick).pend = lambda: self._pend(Exc.SYSTICK)
        for spec in self.board.peripherals:
            if spec.model not in own:
                self._add(spec)

    def _add(self, spec: PeripheralSpec) -> None:
        peripheral = make(spec, self.system)
        self.peripherals[spec.name] = peripheral
        self.bus.attach(peripheral)

    def _private(self, name: str, kind: type[P]) -> P:
        peripheral = self.peripherals[name]
        assert isinstance(peripheral, kind)
        return peripheral

    def _map_io(
        self, base: int, size: int, read: Callable[[int, int], int], write: Callable[[int, int, int], None]
    ) -> None:
        """Map registers; an exception in ``read`` or ``write`` ends the run, a BusError is a fault."""
        events, timing = self.events, self.timing
        private = base == PRIVATE.start

        def on_read(address: int, width: int) -> int:
            try:
                events.run_due(timing.cycles)
                return read(address, width)
            except BusError as error:
                self.traps.raise_fault(faults.data_fault(error.address, False, NOTHING))
            except BaseException as error:
                self._fail(error)
            return 0

        def on_write(address: int, width: int, value: int) -> None:
            try:
                events.run_due(timing.cycles)
                write(address, width, value)
                if private:
                    timing.request_stop()  # the change acts on the next instruction
            except BusError as error:
                what = READ_ONLY if self.memory.region(error.address) else NOTHING
                self.traps.raise_fault(faults.data_fault(error.address, True, what))
            except BaseException as error:
                self._fail(error)

        self.cpu.map_registers(base, size, on_read, on_write)

    def _write_rom(self, address: int, size: int, value: int) -> None:
        raise BusError(address)

    # What the peripherals ask for

    def _fail(self, error: BaseException) -> None:
        if self._error is None:
            self._error = error
        self.timing.request_stop()

    def _stop_if_running(self) -> None:
        if self._running:
            self.timing.request_stop()

    def _interrupt(self, irq: int, level: bool) -> None:
        self.exceptions.set_line(Exc.IRQ0 + irq, level)
        if level:
            self._stop_if_running()

    def _pend(self, number: int) -> None:
        self.exceptions.pending.add(number)
        self._stop_if_running()

    def _request_reset(self) -> None:
        self._reset_wanted = True
        self._stop_if_running()

    def _request_traps(self) -> None:
        self._traps_wanted = True
        self._stop_if_running()

    def _reset_peripheral(self, gate: tuple[str, int]) -> None:
        for peripheral in self.peripherals.values():
            if peripheral.enable == gate:
                peripheral.reset()

    def _on_invalid(self, _uc: Any, access: int, address: int, _size: int, _value: int, _data: Any) -> bool:
        self._invalid = Invalid(access, address)
        return False

    # Running

    def reset(self) -> None:
        """System reset: registers and peripherals start over, memory and time go on. DDI 0403 B1.5.5."""
        for peripheral in self.peripherals.values():
            peripheral.reset()
        self.exceptions.reset()
        self.unit.event = self.unit.sleep_on_exit = False
        self._asleep = ""
        self.traps.apply(0, 0)
        table = self.vector_table()
        self.cpu.reset(self.memory.read(table) & ~3)
        self.pc = self.memory.read(table + 4) & ~1
        self.scb.VTOR = table

    def vector_table(self) -> int:
        """Where the processor looks for its vectors after reset: where the chip says (INITVTOR), else at
        address 0, or in the flash where nothing is there."""
        if "initvtor" in self.scb.spec.options:
            return int(self.scb.spec.options["initvtor"])
        if self.memory.region(0, 8):
            return 0
        return next(r.memory.base for r in self.memory.regions if r.memory.kind == "flash")

    def check_vectors(self, source: str) -> None:
        """Raises :class:`UsageError` where the first two vectors cannot start a program."""
        table = self.vector_table()
        stack, start = self.memory.read(table), self.memory.read(table + 4)
        if (
            not start & 1
            or self.memory.region(start & ~1, 2) is None
            or self.memory.region(stack - 4, 4) is None
        ):
            raise UsageError(
                f"Firmware {source} has no vector table at {table:#010x} (it reads {stack:#010x}, "
                f"{start:#010x}); put the initial stack pointer and the reset handler there."
            )

    def advance(self, limit: int, instruction_limit: int) -> NativeStop | None:
        """Run to the next thing that is due, at most to cycle ``limit``, and do it.

        Raises :class:`~scopeless.cortexm.exceptions.HardFault`, and whatever a peripheral raised.
        """
        self._passes_bkpt()
        horizon = self._before_instructions(limit)
        return None if horizon is None else self._execute(horizon, instruction_limit)

    def step(self, limit: int) -> bool:
        """Execute one instruction or enter one exception; whether that is done. It is not while the processor
        sleeps and while other things are due. Raises like :meth:`advance`."""
        pc, slept = self.pc, bool(self._asleep)
        if self._passes_bkpt():
            return True
        horizon = self._before_instructions(limit)
        if self.pc != pc or (slept and not self._asleep):
            return True
        if horizon is None:
            return False
        before = self.timing.counters[0]
        self._execute(horizon, before + 1)
        return not self._asleep and (self.pc != pc or self.timing.counters[0] > before)

    def go_to(self, address: int) -> None:
        """Continue at ``address``, awake."""
        self.pc, self._asleep = address & ~1, ""

    def memory_changed(self, *, flash: bool) -> None:
        """Memory was written from outside: forget what was found out about the code in it."""
        if flash:
            self.traps.forget()
            self._traps_wanted = True
        self.cpu.uc.ctl_flush_tb()

    def _before_instructions(self, limit: int) -> int | None:
        """Do what is due before the next instruction. The cycle up to which instructions may then run; None
        when they may not."""
        if self.events.next_cycle() <= self.timing.cycles:
            self.events.run_due(self.timing.cycles)
            return None
        if self._reset_wanted:
            self._reset_wanted = False
            self.reset()
        if self._traps_wanted:
            self._traps_wanted = False
            self.traps.apply(self.scb.CCR, self.scb.CPACR)
        if self._asleep and self.unit.wakes_up():
            self._asleep = ""
        horizon = min(limit, self.events.next_cycle())
        if self._asleep:
            self._sleep(horizon)
            return None
        if self.exceptions.pending:
            self.pc = self.unit.take_pending(self.pc)
        return horizon if self.timing.cycles < horizon else None

    def _execute(self, horizon: int, instruction_limit: int) -> NativeStop:
        self.timing.watch_unmask(bool(self.exceptions.pending & self.exceptions.enabled))
        self.events.horizon, self._running, self._invalid = horizon, True, None
        try:
            stop = self.timing.run(self.pc, horizon, instruction_limit)
        finally:
            self.events.horizon, self._running = 0, False
        self.pc = self.timing.pc
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        trapped = self.traps.take()
        if trapped is not None:
            self.pc = self.unit.raise_fault(trapped, self.cpu.pc)
        elif stop is NativeStop.SLEEP:
            self._fall_asleep()
        elif stop is NativeStop.EXCEPTION and self._is_halting_bkpt():
            self.pc = self._halted_at = self.cpu.pc
            return NativeStop.BREAKPOINT
        elif stop is NativeStop.EXCEPTION:
            self._exception(self.timing.exception_number)
        elif stop is NativeStop.ERROR:
            self._unit_fault(error_fault(self.timing.unicorn_error, self.cpu, self._invalid))
        return stop

    @property
    def sleeps_for_ever(self) -> bool:
        """Whether the processor sleeps and nothing is due that could wake it."""
        return bool(self._asleep) and self.events.next_cycle() == NEVER and not self.unit.wakes_up()

    def _sleep(self, until: int) -> None:
        now = self.timing.cycles
        if until > now:
            self.timing.sleep(until - now)
        if self._asleep == "wfe" and self.events.next_cycle() <= until:
            # WFE may end without a reason (B1.5.18). The core does not see SEV, so that any timed event of
            # the chip has to count as one.
            self._asleep = ""

    def _fall_asleep(self) -> None:
        """WFI or WFE at ``pc``: step over it. DDI 0403 A7.7.261, A7.7.262; 16- and 32-bit encodings."""
        first = self.memory.read(self.pc, 2)
        wide = first >> 11 == 0b11110
        hint = self.memory.read(self.pc + 2, 2) & 0xFF if wide else first >> 4 & 15
        self.pc += 4 if wide else 2
        self._asleep = "wfi" if hint == 3 else "wfe"
        if self._asleep == "wfe" and self.unit.event:
            self.unit.event = False
            self._asleep = ""

    def _passes_bkpt(self) -> bool:
        """Go on behind the BKPT that the last run ended at; whether that was so."""
        passes, self._halted_at = self.pc == self._halted_at, None
        if passes:
            self.pc += 2
        return passes

    def _is_halting_bkpt(self) -> bool:
        return self.halts_at_bkpt and self.timing.exception_number == UnicornException.BKPT

    def _exception(self, number: int) -> None:
        pc = self.cpu.pc
        if number == UnicornException.SVC:
            self.pc = self.unit.supervisor_call(pc)
        elif number == UnicornException.EXCEPTION_RETURN and self.cpu.ipsr:
            self.pc = self.unit.exception_return(pc | 1)
            if self.unit.sleep_on_exit:
                self.unit.sleep_on_exit = False
                self._asleep = "wfi"
        else:
            self._unit_fault(exception_fault(number, self.cpu, self.memory))

    def _unit_fault(self, fault: Fault) -> None:
        self.unit.monitor_enabled = bool(self.debug.DEMCR & MONITOR_ENABLE)
        self.pc = self.unit.raise_fault(fault, self.cpu.pc)


def _bus(board: Board, name: str) -> Bus:
    try:
        return Bus[name.upper()]
    except KeyError:
        known = ", ".join(bus.name.lower() for bus in Bus)
        raise UsageError(f"Board {board.name} names the unknown bus {name!r}; known: {known}.") from None
