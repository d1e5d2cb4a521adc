"""A processor that executes what a trace says: the same instructions, exceptions where they were taken."""

from __future__ import annotations

from collections.abc import Callable

from scopeless.board import Board
from scopeless.cortexm.bus import Unmodelled
from scopeless.cortexm.core import Core
from scopeless.cortexm.exceptions import ExceptionUnit
from scopeless.cortexm.memory import BusError
from scopeless.cortexm.unicorn_faults import UnicornException
from scopeless.native import NativeStop
from scopeless.peripherals.events import NEVER
from scopeless.replay.script import Script

RETURN_ADDRESS = 24  # in the frame: DDI 0403 B1.5.6
USES_PROCESS_STACK = 1 << 2  # in EXC_RETURN: B1.5.8
FIRST = 2  # exception number: behind the initial stack pointer and the reset handler


class TraceEnd(Exception):
    """Everything that the traces have has been executed."""


class TracedUnit(ExceptionUnit):
    """Takes the exception ``due``, and none that the board's own peripherals ask for."""

    due: int | None = None

    def next_exception(self) -> int | None:
        return self.due


class TracedCore(Core):
    """The processor of ``board`` under a script."""

    def __init__(
        self, board: Board, on_unmodelled: Callable[[Unmodelled, int, bool], None], script: Script
    ) -> None:
        self.script = script
        super().__init__(board, on_unmodelled)
        self.unit = self._unit = TracedUnit(
            self.cpu, self.memory, self.exceptions, self.scb, self.fpu, self.timing
        )
        self.system.prompt = True  # the firmware has seen the trace's flags: it may go on at once
        script.attach(self.timing)

    def advance(self, limit: int, instruction_limit: int) -> NativeStop | None:
        """See :meth:`Core.advance`. Raises :class:`TraceEnd`, and :class:`~script.Divergence` where the trace
        cannot be followed."""
        stop = super().advance(limit, instruction_limit)
        if stop is NativeStop.FOLLOW and not self._resolve():
            raise TraceEnd
        return stop

    def _map_io(
        self, base: int, size: int, read: Callable[[int, int], int], write: Callable[[int, int, int], None]
    ) -> None:
        """The models see every access, for what it does; what a read gives is the script's."""
        script = self.script

        def told(address: int, width: int) -> int:
            return script.read(address, width, read(address, width))

        def checked(address: int, width: int, value: int) -> None:
            script.write(address, width, value)
            write(address, width, value)

        super()._map_io(base, size, told, checked)

    def _resolve(self) -> bool:
        """Before an instruction that is not the next one of what there is of the trace: whether to go on."""
        script, own = self.script, self.timing.pc
        if script.exhausted:
            return script.refill()
        following = script.following()
        assert following is not None
        if following.pc != own:
            number = self._exception_at(following.pc)
            if number is None:
                raise script.divergence(
                    f"goes to {{{own:#010x}}}, but in the trace to {{{following.pc:#010x}}}"
                )
            self.pc = self.unit.enter(number, own)
            return True
        size = following.size
        here = self.memory.read(own, size) if size else following.raw
        if following.raw not in (here, _swapped(here, size)):
            codes = f"is {_code(here, size)}, but in the trace {_code(following.raw, size)}"
            raise script.divergence(f"at {{{own:#010x}}} {codes}")
        return script.refill()  # an IT block that is not all there

    def _request_reset(self) -> None:
        """A reset happens where the trace begins again, whatever our watchdogs say."""
        following = self.script.following()
        if following is not None and following.pc == self.memory.read(self.vector_table() + 4) & ~1:
            super()._request_reset()

    def _exception_at(self, handler: int) -> int | None:
        """The exception that ``handler`` is for; of several, one that is pending or enabled here, too."""
        e = self.exceptions
        numbers = [n for n in range(FIRST, e.count) if self._handler(n) == handler and n not in e.active]
        return min(numbers, key=lambda n: (n not in e.pending, n not in e.enabled), default=None)

    def _handler(self, number: int) -> int | None:
        try:
            return self.memory.read((self.scb.VTOR & 0x3FFF_FF80) + 4 * number) & ~1
        except BusError:
            return None

    def _exception(self, number: int) -> None:
        """An exception return that the trace does not follow to where it leads goes straight to a handler."""
        if number == UnicornException.EXCEPTION_RETURN and self.cpu.ipsr:
            following = self.script.following()
            if following is not None and following.pc != self._return_address():
                self._unit.due = self._exception_at(following.pc)
        try:
            super()._exception(number)
        finally:
            self._unit.due = None

    def _return_address(self) -> int:
        main, process = self.cpu.stack_pointers()
        stack = process if self.cpu.pc & USES_PROCESS_STACK else main
        return self.memory.read(stack + RETURN_ADDRESS) & ~1

    def _fall_asleep(self) -> None:
        """How long the processor slept, the trace does not say: here, to the next event of the board's own
        peripherals."""
        super()._fall_asleep()
        until = self.events.next_cycle()
        self.timing.sleep(max(until - self.timing.cycles, 0) if until != NEVER else 0)
        self._asleep = ""


def _swapped(raw: int, size: int) -> int:
    """The bytes with the halves of a long instruction the other way round, as Renode has them, too."""
    return raw >> 16 | (raw & 0xFFFF) << 16 if size == 4 else raw


def _code(raw: int, size: int) -> str:
    """An instruction's bytes as the manual writes them."""
    return f"{raw & 0xFFFF:04x} {raw >> 16:04x}" if size == 4 else f"{raw:04x}"
