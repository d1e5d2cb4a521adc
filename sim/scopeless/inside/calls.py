"""Calls of functions, from a trace of the program's way between them.

A tail call counts as called by the function that jumped, as its source says; both end with the same return.
Exceptions are calls without a caller: their cycles are nobody's but their own. Whatever way a stack is
unwound (longjmp, a scheduler that switches threads), the self cycles of all calls add up to the trace's
cycles exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from scopeless.firmware.elf import Elf
from scopeless.machine import Flow, FlowEvent

ASLEEP = "(asleep)"
"""The function of what passes between WFI, WFE or SLEEP and the event that ends it."""
EXCEPTIONS = -1
ANY_SP = 1 << 32  # no stack pointer tells that a function has returned that was there before the trace


class Entered(Enum):
    """How a call began."""

    CALL = "call"
    JUMP = "jump"  # a tail call, or code that functions share: it ends when its caller ends
    EXCEPTION = "exception"
    SLEEP = "sleep"


@dataclass(slots=True, eq=False)
class Call:
    """One call of a function. Cycles and instructions are totals since reset at entry and exit.

    ``thread`` numbers the stacks of threads from 0 on; exceptions are on :data:`EXCEPTIONS`.
    ``exception_cycles`` passed in exceptions (or other threads) meanwhile: in between entry and exit, but not
    this call's. ``at_start`` is false of code in the middle of a function that another one jumped to, as
    hand-written functions share it. ``began`` and ``ended`` are false of a call that was open when the trace
    began or ended.
    """

    function: str
    entered: Entered
    parent: Call | None = field(repr=False)
    thread: int
    entry_cycle: int
    entry_instructions: int
    sp: int = field(repr=False)
    exit_cycle: int = -1
    self_cycles: int = 0
    self_instructions: int = 0
    exception_cycles: int = 0
    at_start: bool = True
    began: bool = True
    ended: bool = True

    @property
    def cycles(self) -> int:
        """From entry to exit, without exceptions meanwhile: self cycles and those of everything called."""
        return self.exit_cycle - self.entry_cycle - self.exception_cycles

    @property
    def complete(self) -> bool:
        """Whether all of the call is in the trace."""
        return self.began and self.ended

    @property
    def stack(self) -> tuple[str, ...]:
        """Functions from the outermost caller to this one."""
        names, call = [], self
        while True:
            names.append(call.function)
            if call.parent is None:
                return tuple(reversed(names))
            call = call.parent


def build(events: Iterable[FlowEvent], elf: Elf | None = None) -> list[Call]:
    """The calls of a whole trace, from its start to its stop, in order of entry. Without ``elf`` a function
    is named by its address, and only calls and returns are told apart."""
    builder = CallBuilder(elf)
    for event in events:
        builder.feed(event)
    return builder.calls


@dataclass(eq=False)
class _Context:
    """A stack of open calls: a thread or an exception handler. ``away``: cycles in which it did not run."""

    thread: int
    frames: list[Call] = field(default_factory=list)
    away: int = 0
    suspended_at: int = 0
    key: int = -1  # the stacked context, while suspended
    vector: bool = False  # an exception that began at no function: its vector is a jump to the handler

    @property
    def top(self) -> Call:
        return self.frames[-1]

    @property
    def is_exception(self) -> bool:
        return self.thread == EXCEPTIONS


class CallBuilder:
    """What :func:`build` does, event by event; ``calls`` are those so far, in order of entry."""

    def __init__(self, elf: Elf | None) -> None:
        self._elf = elf
        self._names: dict[int, str | None] = {}
        self.calls: list[Call] = []
        self._running = _Context(0)
        self._threads = 1
        self._suspended: list[_Context] = []
        self._last: FlowEvent | None = None
        self._returned: FlowEvent | None = None  # an exception return that may turn out to be tail-chained
        self._slept: Call | None = None

    def feed(self, event: FlowEvent) -> None:
        if self._returned is not None:
            returned, self._returned = self._returned, None
            chained = event.kind is Flow.EXCEPTION and event[:2] == returned[:2] and event.pc == returned.pc
            if chained:
                self._enter_exception(event)
                return
            self._resume(returned)
        self._account(event)
        match event.kind:
            case Flow.START:
                self._begin(event)
            case Flow.CALL:
                self._call(event)
            case Flow.RETURN:
                self._return(event)
            case Flow.JUMP:
                self._jump(event)
            case Flow.EXCEPTION:
                self._running.key, self._running.suspended_at = event.sp, event.cycle
                self._suspended.append(self._running)
                self._enter_exception(event)
            case Flow.EXCEPTION_RETURN if self._running.is_exception:
                self._pop(event, 0)
                self._returned = event
            case Flow.EXCEPTION_RETURN:  # AVR: RETI in place of SEI and RET
                self._return(event)
            case Flow.SLEEP:
                self._sleep(event)
            case Flow.WAKE:
                self._slept = self._running.top
                self._pop(event, len(self._running.frames) - 1)
            case Flow.STOP:
                self._stop(event)

    def take_ended(self) -> list[Call]:
        """Remove the calls that have ended from ``calls`` and give them, so that a long trace needs little
        room."""
        ended: list[Call] = []
        going_on: list[Call] = []
        for call in self.calls:  # asleep, the core may yet sleep on
            (ended if call.exit_cycle >= 0 and call is not self._slept else going_on).append(call)
        self.calls = going_on
        return ended

    # Time

    def _account(self, event: FlowEvent) -> None:
        if self._last is not None and self._running.frames:
            top = self._running.top
            top.self_cycles += event.cycle - self._last.cycle
            top.self_instructions += event.instructions - self._last.instructions
        self._last = event

    # Names

    def _name(self, pc: int) -> str | None:
        if self._elf is None:
            return None
        if pc not in self._names:
            self._names[pc] = self._elf.function_at(pc)
        return self._names[pc]

    def _label(self, pc: int) -> str:
        return (self._elf.label_at(pc) if self._elf else None) or f"{pc:#010x}"

    def _starts_function(self, pc: int) -> bool:
        return self._elf is not None and self._elf.starts_function(pc)

    # Frames

    def _open(self, event: FlowEvent, entered: Entered, parent: Call | None) -> Call:
        name = ASLEEP if entered is Entered.SLEEP else self._name(event.pc) or self._label(event.pc)
        thread = self._running.thread
        call = Call(name, entered, parent, thread, event.cycle, event.instructions, event.sp)
        call.at_start = (
            call.function == ASLEEP or self._name(event.pc) is None or self._starts_function(event.pc)
        )
        self.calls.append(call)
        return call

    def _push(self, event: FlowEvent, entered: Entered) -> Call:
        context = self._running
        call = self._open(event, entered, context.top if context.frames else None)
        call.exception_cycles = -context.away
        context.frames.append(call)
        return call

    def _pop(self, event: FlowEvent, depth: int) -> None:
        """Close all but the outermost ``depth`` calls."""
        context = self._running
        while len(context.frames) > depth:
            call = context.frames.pop()
            if context.frames and context.top is call:
                continue
            call.exit_cycle = event.cycle
            call.exception_cycles += context.away

    def _chain(self) -> int:
        """Depth of the call that the newest one's tail calls began with."""
        frames, depth = self._running.frames, len(self._running.frames)
        while (
            depth > 1
            and frames[depth - 1].entered is Entered.JUMP
            and frames[depth - 2] is not frames[depth - 1]
        ):
            depth -= 1
        return max(depth - 1, 0)

    def _unwind(self, event: FlowEvent) -> None:
        """Close calls whose place on the stack is gone."""
        frames, depth = self._running.frames, len(self._running.frames)
        while depth > 0 and frames[depth - 1].sp < event.sp:
            depth -= 1
        self._pop(event, depth)

    # Events

    def _enter_exception(self, event: FlowEvent) -> None:
        self._running = _Context(EXCEPTIONS, vector=self._name(event.pc) is None)
        self._push(event, Entered.EXCEPTION)

    def _begin(self, event: FlowEvent) -> None:
        call = self._push(event, Entered.CALL)
        call.began, call.sp = self._starts_function(event.pc) or event.cycle == 0, ANY_SP

    def _call(self, event: FlowEvent) -> None:
        name, frames = self._name(event.pc), self._running.frames
        if name is not None and frames[-1].function == name and not self._starts_function(event.pc):
            frames.append(frames[-1])  # a subroutine within a hand-written function: the same call
        else:
            self._push(event, Entered.CALL)

    def _return(self, event: FlowEvent) -> None:
        context, frames = self._running, self._running.frames
        name, chain = self._name(event.pc), self._chain()
        below = frames[chain - 1].function if chain else None
        if self._starts_function(event.pc) and below != name:  # a pushed address is returned to: a jump
            self._jump(event)
            return
        first = frames[0]
        self._pop(event, chain)
        self._unwind(event)
        if not frames:
            self._adopt(event, first)
        elif name is not None and context.top.function != name:
            depths = [depth for depth, call in enumerate(frames, 1) if call.function == name]
            if depths:
                self._pop(event, depths[-1])
            else:
                self._push(event, Entered.JUMP)

    def _adopt(self, event: FlowEvent, first: Call) -> None:
        """The outermost known call has returned: what it returned to had called it before the trace began."""
        caller = self._push(event, Entered.CALL)
        caller.sp, caller.began = ANY_SP, False
        if not first.began:
            caller.entry_cycle, caller.entry_instructions = first.entry_cycle, first.entry_instructions
            caller.exception_cycles = first.exception_cycles - self._running.away
            first.parent = caller
            self.calls.insert(self.calls.index(first), self.calls.pop())

    def _jump(self, event: FlowEvent) -> None:
        context, frames = self._running, self._running.frames
        name = self._name(event.pc)
        if context.vector:
            frames[0].function, context.vector = name or frames[0].function, False
            return
        self._unwind(event)
        if not frames:
            self._push(event, Entered.CALL)
            return
        chain = self._chain()
        same = next(
            (depth for depth in range(len(frames), chain, -1) if frames[depth - 1].function == name), 0
        )
        if self._starts_function(event.pc):
            entered = Entered.JUMP
            if same:  # tail calls in a circle must not pile up
                entered = frames[same - 1].entered
                self._pop(event, same - 1)
            self._push(event, entered)
        elif same:
            self._pop(event, same)
        elif chain and frames[chain - 1].function == name:  # a return by another register than LR
            self._pop(event, chain)
        else:
            self._push(event, Entered.JUMP)

    def _resume(self, returned: FlowEvent) -> None:
        """An exception has returned: to what it interrupted, or to another thread."""
        for context in reversed(self._suspended):
            if context.key == returned.sp:
                self._suspended.remove(context)
                context.away += returned.cycle - context.suspended_at
                self._running = context
                return
        self._running = _Context(self._threads)
        self._threads += 1
        self._begin(returned)

    def _sleep(self, event: FlowEvent) -> None:
        slept, context = self._slept, self._running
        if slept is not None and slept.exit_cycle == event.cycle and slept.parent is context.top:
            slept.exception_cycles -= context.away
            context.frames.append(slept)
        else:
            self._push(event, Entered.SLEEP)

    def _stop(self, event: FlowEvent) -> None:
        for context in (self._running, *self._suspended):
            if context is not self._running:
                context.away += event.cycle - context.suspended_at
            for call in context.frames:
                call.ended = False
            self._running = context
            self._pop(event, 0)
        self._suspended.clear()
        self._slept = None
