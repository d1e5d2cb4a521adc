"""Calls built from traces: of small programs, of made-up events, and of the benchmark on both engines."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeless.benchmark.session import WindowProfile, profile_window
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from scopeless.inside.calls import ASLEEP, EXCEPTIONS, Call, CallBuilder, Entered, build
from scopeless.machine import Flow, FlowEvent, ProfileRow
from support.arm import Program, assemble, board_with

FUNCTION = ".ltorg\n.thumb_func\n"
FPU_ON = """
.cpu cortex-m7
.fpu fpv5-d16
poke 0xE000ED88, 0x00F00000  // CPACR
dsb
isb
vmov.f32 s0, #1.0
"""


def calls_of(source: str, us: float = 1000, core: str = "cortex-m3") -> list[Call]:
    """The calls of a program from reset until it has returned from main."""
    program = Program(source, board=board_with(core=core))
    program.machine.trace_start()
    program.run(us)
    assert program.is_done
    events = program.machine.trace_stop()
    calls = build(events, Elf.open(program.elf))
    check(calls, events)
    return calls


def check(calls: list[Call], events: list[FlowEvent]) -> None:
    """What holds for every trace: nothing is lost, and a call is its own cycles and those of its callees."""
    assert sum(call.self_cycles for call in calls) == events[-1].cycle - events[0].cycle
    assert sum(call.self_instructions for call in calls) == events[-1].instructions - events[0].instructions
    callees: dict[Call, int] = defaultdict(int)
    for call in calls:
        assert call.entry_cycle <= call.exit_cycle
        if call.parent is not None:
            callees[call.parent] += call.cycles
    assert all(call.cycles == call.self_cycles + callees[call] for call in calls)


def stacks(calls: list[Call]) -> list[str]:
    """Each call below main, as a path."""
    return ["/".join(call.stack[2:]) for call in calls if call.stack[1:2] == ("main",)]


def test_a_call_is_entered_and_left_where_the_counter_says() -> None:
    calls = calls_of(f"push {{r4, lr}}\nbl leaf\npop {{r4, pc}}\n{FUNCTION}leaf: nop\nnop\nbx lr")
    main, leaf = calls[1:3]
    assert [call.function for call in calls] == ["reset", "main", "leaf", "done"]
    assert (leaf.parent, main.parent) == (main, calls[0])
    assert leaf.self_instructions == 3
    assert main.entry_cycle < leaf.entry_cycle < leaf.exit_cycle < main.exit_cycle
    assert main.cycles == main.self_cycles + leaf.cycles
    assert [call.complete for call in calls] == [False, True, True, False]  # reset and done never end


def test_recursion_nests() -> None:
    calls = calls_of(
        f"""
          push {{r4, lr}}
          movs r1, #3
          bl down
          pop {{r4, pc}}
        {FUNCTION}down:
          push {{lr}}
          subs r1, #1
          it ne
          blne down
          pop {{pc}}
        """
    )
    assert stacks(calls) == ["", "down", "down/down", "down/down/down"]
    assert calls[2].cycles > calls[3].cycles > calls[4].cycles


def test_a_tail_call_belongs_to_the_function_that_jumped() -> None:
    calls = calls_of(
        f"""
          push {{r4, lr}}
          bl first
          bl last
          pop {{r4, pc}}
        {FUNCTION}first: b.w second
        {FUNCTION}second: b.w last
        {FUNCTION}last: bx lr
        """
    )
    assert stacks(calls) == ["", "first", "first/second", "first/second/last", "last"]
    assert [call.entered for call in calls[2:6]] == [Entered.CALL, *[Entered.JUMP] * 2, Entered.CALL]
    assert len({call.exit_cycle for call in calls[2:5]}) == 1


def test_tail_calls_in_a_circle_do_not_pile_up() -> None:
    calls = calls_of(
        f"""
          push {{r4, lr}}
          movs r1, #100
          bl ping
          pop {{r4, pc}}
        {FUNCTION}ping: b.w pong
        {FUNCTION}pong:
          subs r1, #1
          bne ping
          bx lr
        """
    )
    assert max(len(call.stack) for call in calls) == 4
    assert sum(call.function == "ping" for call in calls) == 100


def test_code_behind_another_function_is_not_a_call_of_it() -> None:
    """As a compiler moves the unlikely part of a function away."""
    calls = calls_of(
        f"""
          push {{r4, lr}}
          bl likely
          pop {{r4, pc}}
        {FUNCTION}likely:
          nop
          b.w unlikely
        back:
          nop
          bx lr
        {FUNCTION}unlikely: b.w back
        """
    )
    assert stacks(calls) == ["", "likely", "likely/unlikely"]
    assert calls[3].cycles < calls[2].cycles


def test_a_subroutine_within_a_function_is_no_call_of_it() -> None:
    """As the soft-float functions of libgcc have them."""
    calls = calls_of(
        f"""
          push {{r4, lr}}
          bl function
          pop {{r4, pc}}
        {FUNCTION}function:
          push {{r4, lr}}
          bl part
          bl part
          pop {{r4, pc}}
        part:
          push {{lr}}
          bl leaf
          pop {{pc}}
        {FUNCTION}leaf: bx lr
        """
    )
    assert stacks(calls) == ["", "function", "function/leaf", "function/leaf"]
    assert calls[2].self_instructions == 10


def test_longjmp_ends_all_calls_that_it_leaves() -> None:
    calls = calls_of(
        f"""
          push {{r4, lr}}
          mov r5, sp
          bl set
          cbnz r0, out
          bl one
        out:
          bl leaf
          pop {{r4, pc}}
        {FUNCTION}set: mov r6, lr
          movs r0, #0
          bx lr
        {FUNCTION}one: push {{r4, lr}}
          bl two
          b .
        {FUNCTION}two: push {{r4, lr}}
          movs r0, #1
          mov sp, r5
          mov lr, r6
          bx lr
        {FUNCTION}leaf: bx lr
        """
    )
    assert stacks(calls) == ["", "set", "one", "one/two", "leaf"]
    assert calls[3].exit_cycle == calls[4].exit_cycle < calls[5].entry_cycle
    assert all(call.complete for call in calls[1:6])


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4f", "cortex-m7"])
def test_an_exception_is_nobodys_but_its_own(core: str) -> None:
    """On cores with floating point, its registers are stacked too: in the exception's time."""
    has_fpu = core != "cortex-m3"
    quiet, busy = (
        calls_of(
            f"""
              {FPU_ON if has_fpu else ""}
              push {{r4, lr}}
              poke ISER, 1
              bl work
              pop {{r4, pc}}
            {FUNCTION}work:
              push {{r4, lr}}
              ldr r0, =ISPR
              movs r1, #{pend}
              nop
              str r1, [r0]
              bl leaf
              bl leaf
              pop {{r4, pc}}
            {FUNCTION}leaf: bx lr
            handler irq0
              push {{lr}}
              {"vadd.f32 s0, s0, s0" if has_fpu else ""}
              bl leaf
              pop {{pc}}
            """,
            core=core,
        )
        for pend in (0, 1)
    )
    handler = next(call for call in busy if call.entered is Entered.EXCEPTION)
    work = next(call for call in busy if call.function == "work")
    assert (handler.function, handler.parent, handler.thread) == ("irq0", None, EXCEPTIONS)
    assert [call.stack for call in busy if call.thread == EXCEPTIONS] == [("irq0",), ("irq0", "leaf")]
    assert work.exception_cycles == handler.exit_cycle - handler.entry_cycle >= 24 + 32 * has_fpu
    assert work.exit_cycle - work.entry_cycle == work.cycles + handler.cycles
    quiet_work = next(call for call in quiet if call.function == "work")
    assert work.self_instructions == quiet_work.self_instructions
    # The interrupted instructions are fetched again: nothing else is different.
    assert abs(work.cycles - quiet_work.cycles) <= 6


def test_an_exception_in_an_exception() -> None:
    calls = calls_of(
        """
          push {r4, lr}
          poke ISER, 3
          pokeb IPR, 0x20
          pokeb IPR+1, 0x10
          poke ISPR, 1
          nop
          pop {r4, pc}
        handler irq0
          poke ISPR, 2
          nop
          bx lr
        handler irq1
          bx lr
        """
    )
    outer, inner = (next(call for call in calls if call.function == name) for name in ("irq0", "irq1"))
    assert outer.entry_cycle < inner.entry_cycle < inner.exit_cycle < outer.exit_cycle
    assert outer.exception_cycles == inner.cycles
    main = next(call for call in calls if call.function == "main")
    assert main.exception_cycles == outer.cycles + inner.cycles


def test_sleep_is_a_call_of_its_own() -> None:
    calls = calls_of(
        "poke SYST_RVR, 999\npoke SYST_CVR, 0\npoke SYST_CSR, 7\nwfi\nbx lr\nhandler systick\nbx lr"
    )
    asleep = [call for call in calls if call.function == ASLEEP]
    assert [call.stack for call in asleep] == [("reset", "main", ASLEEP)]
    assert asleep[0].cycles > 900
    assert next(call for call in calls if call.function == "main").self_cycles < 100


def test_threads_keep_their_stacks() -> None:
    """A scheduler switches threads in an exception: what it returns to is not what it interrupted."""
    rows = [
        (0, Flow.START, 0x1000),
        (10, Flow.CALL, 0x100),
        (20, Flow.EXCEPTION, 0x80),
        (30, Flow.EXCEPTION_RETURN, 0x500),  # a thread that has never run
        (45, Flow.EXCEPTION, 0x480),
        (50, Flow.EXCEPTION_RETURN, 0x80),  # and back
        (57, Flow.RETURN, 0x1000),
        (60, Flow.STOP, 0x1000),
    ]
    events = [FlowEvent(cycle, cycle, kind, 0x1000 + cycle, sp) for cycle, kind, sp in rows]
    calls = build(events)
    check(calls, events)
    first, work, _, second, _ = calls
    assert [call.thread for call in calls] == [0, 0, EXCEPTIONS, 1, EXCEPTIONS]
    assert (work.cycles, work.exception_cycles, work.complete) == (17, 30, True)
    assert (first.cycles, second.cycles) == (30, 15)


def test_callers_from_before_the_trace_are_found_when_they_are_returned_to() -> None:
    program = Program(
        f"""
          push {{r4, lr}}
          bl outer
          pop {{r4, pc}}
        {FUNCTION}outer: push {{r4, lr}}
          bl inner
          pop {{r4, pc}}
        {FUNCTION}inner:
          ldr r0, =1000
        loop: subs r0, #1
          bne loop
          bx lr
        """
    )
    program.run(10)  # into the loop
    program.machine.trace_start()
    program.run()
    events = program.machine.trace_stop()
    calls = build(events, Elf.open(program.elf))
    check(calls, events)
    assert [call.stack[-1] for call in calls] == ["reset", "main", "outer", "inner", "done"]
    assert calls[3].stack == ("reset", "main", "outer", "inner")
    assert not any(call.began for call in calls[:4])
    assert {call.entry_cycle for call in calls[:4]} == {events[0].cycle}


@cache
def predicted(name: str, model: str) -> tuple[WindowProfile, Elf]:
    board = load_board(name)
    path = firmware_for(board, board.clocks_mhz[0], board.libm[0])
    with start(board) as machine:
        machine.load(path)
        return profile_window(machine, model, trace=True), Elf.open(path)


@pytest.mark.parametrize("model, neurons", [("simple1", 1), ("simple2", 33)])
@pytest.mark.parametrize("name", ["stm32f103", "arduino_uno"])
def test_a_prediction_calls_one_sigmoid_for_each_neuron(name: str, model: str, neurons: int) -> None:
    profile, elf = predicted(name, model)
    calls = build(profile.events, elf)
    check(calls, list(profile.events))
    sigmoids = [call for call in calls if call.function == "sigmoid"]
    exps = [call for call in calls if call.function.startswith("exp")]
    assert len(sigmoids) == len(exps) == neurons
    assert all(call.complete for call in sigmoids)
    assert {call.parent for call in exps} == set(sigmoids)


@pytest.mark.parametrize("name", ["stm32f103", "arduino_uno"])
def test_self_cycles_of_functions_are_those_of_the_profile(name: str) -> None:
    profile, elf = predicted(name, "simple2")
    calls = build(profile.events, elf)
    assert sum(call.self_cycles for call in calls) + profile.pin_write_cycles == profile.window.cycles
    by_row = by_function(profile.rows, elf)
    by_call: dict[str | None, int] = defaultdict(int)
    for call in calls:
        by_call[call.function] += call.self_cycles
    for function in ("dot", "sigmoid"):
        assert by_call[function] == by_row[function]


def by_function(rows: tuple[ProfileRow, ...], elf: Elf) -> dict[str | None, int]:
    cycles: dict[str | None, int] = defaultdict(int)
    for row in rows:
        cycles[elf.function_at(row.address)] += row.cycles
    return cycles


SIX_FUNCTIONS = "bx lr\n" + "".join(f".balign 64\n.thumb_func\nf{n}: nop\n" for n in range(6))


@cache
def six_functions() -> Elf:
    return Elf.open(assemble(SIX_FUNCTIONS))


@st.composite
def wild_traces(draw: st.DrawFn) -> list[FlowEvent]:
    """What no sane firmware does: any transition at any time, within six functions and between them."""
    cycle = draw(st.sampled_from([0, 5]))
    starts = [six_functions().symbols[f"f{n}"] for n in range(6)]
    places = st.sampled_from([*starts, *(start + 2 for start in starts), 0x900])
    stacks_ = st.sampled_from([0x1000, 0xFF8, 0xF00])
    events = [FlowEvent(cycle, cycle, Flow.START, draw(places), 0x1000)]
    kinds = [Flow.CALL, Flow.RETURN, Flow.JUMP, Flow.EXCEPTION, Flow.EXCEPTION_RETURN, Flow.SLEEP]
    for kind, pc, sp, step in draw(
        st.lists(st.tuples(st.sampled_from(kinds), places, stacks_, st.sampled_from([0, 1, 7])), max_size=40)
    ):
        cycle += step
        events.append(FlowEvent(cycle, cycle, kind, pc, sp))
        if kind is Flow.SLEEP:
            cycle += 3
            events.append(FlowEvent(cycle, cycle, Flow.WAKE, pc, sp))
    return [*events, FlowEvent(cycle + 1, cycle + 1, Flow.STOP, 0x100, 0x1000)]


@settings(max_examples=150, deadline=None)
@given(wild_traces(), st.booleans())
def test_nothing_is_lost_of_a_wild_trace(events: list[FlowEvent], known: bool) -> None:
    elf = six_functions() if known else None
    calls = build(events, elf)
    check(calls, events)
    builder, ended = CallBuilder(elf), []
    for event in events:
        builder.feed(event)
        ended += builder.take_ended()
    assert len(set(ended)) == len(ended) == len(calls)
    assert sum(call.self_cycles for call in ended) == events[-1].cycle - events[0].cycle
