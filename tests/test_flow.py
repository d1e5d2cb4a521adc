"""The trace of the program's way between functions, on small programs and on the benchmark."""

from __future__ import annotations

import pytest

from scopeless.benchmark.session import profile_window, run_session
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from scopeless.machine import Flow, FlowEvent
from support.arm import Program

FUNCTION = ".ltorg\n.thumb_func\n"
CALLS_AND_JUMPS = f"""
  push {{r4, lr}}
  movs r4, #3
again:                       // a loop, and not a function
  subs r4, #1
  bne again
  bl leaf
  bl jumps
  ldr r0, =recursive + 1
  movs r1, #2
  blx r0
  pop {{r4, pc}}
{FUNCTION}leaf: bx lr
{FUNCTION}jumps:
  nop
  b.w leaf                   // a tail call
{FUNCTION}recursive:
  push {{lr}}
  subs r1, #1
  it ne
  blne recursive
  ldr pc, [sp], #4
"""


def traced(program: Program, us: float = 1000) -> list[tuple[Flow, str]]:
    """Kinds of events, and functions gone to, from main on until main has returned."""
    program.machine.trace_start()
    program.run(us)
    assert program.is_done
    elf = Elf.open(program.elf)
    events = [(event.kind, elf.locate(event.pc).function or "") for event in program.machine.trace_stop()]
    main = events.index((Flow.CALL, "main"))
    return events[main : events.index((Flow.RETURN, "reset"), main) + 1]


def test_calls_returns_and_jumps_in_order() -> None:
    assert traced(Program(CALLS_AND_JUMPS)) == [
        (Flow.CALL, "main"),
        (Flow.CALL, "leaf"),
        (Flow.RETURN, "main"),
        (Flow.CALL, "jumps"),
        (Flow.JUMP, "leaf"),
        (Flow.RETURN, "main"),
        (Flow.CALL, "recursive"),
        (Flow.CALL, "recursive"),
        (Flow.RETURN, "recursive"),
        (Flow.RETURN, "main"),
        (Flow.RETURN, "reset"),
    ]


def test_an_exception_is_between_its_two_events() -> None:
    program = Program(
        f"""
          push {{r4, lr}}
          poke ISER, 1
          poke ISPR, 1
          nop
          bl leaf
          pop {{r4, pc}}
        {FUNCTION}leaf: bx lr
        handler irq0
          push {{lr}}
          bl leaf
          pop {{pc}}           // EXC_RETURN
        """
    )
    program.machine.trace_start()
    program.run()
    events = program.machine.trace_stop()
    kinds = [event.kind for event in events]
    entry, back = kinds.index(Flow.EXCEPTION), kinds.index(Flow.EXCEPTION_RETURN)
    assert kinds[entry + 1 : back] == [Flow.CALL, Flow.RETURN]
    assert events[entry].pc == program.symbols["irq0"]
    assert events[entry].sp == events[back].sp == events[entry + 1].sp + 4
    assert events[back].cycle - events[entry].cycle > 24  # entry and return take twelve cycles each at least
    assert events[entry].cycle > events[entry - 1].cycle


def test_a_tail_chained_exception_ends_and_begins_in_one_cycle() -> None:
    program = Program("poke ISER, 3\npoke ISPR, 3\nnop\nbx lr\nhandler irq0\nbx lr\nhandler irq1\nbx lr")
    program.machine.trace_start()
    program.run()
    events = [event for event in program.machine.trace_stop() if event.kind.startswith("exception")]
    assert [event.kind for event in events] == [
        *(Flow.EXCEPTION, Flow.EXCEPTION_RETURN),
        *(Flow.EXCEPTION, Flow.EXCEPTION_RETURN),
    ]
    assert events[1].cycle == events[2].cycle
    assert [events[0].pc, events[2].pc] == [program.symbols["irq0"], program.symbols["irq1"]]


def test_sleep_is_traced_to_the_cycle() -> None:
    program = Program(
        "poke SYST_RVR, 999\npoke SYST_CVR, 0\npoke SYST_CSR, 7\nwfi\nbx lr\nhandler systick\nbx lr"
    )
    program.machine.trace_start()
    program.run()
    events = program.machine.trace_stop()
    asleep = next(event for event in events if event.kind is Flow.SLEEP)
    awake = next(event for event in events if event.kind is Flow.WAKE)
    counters = dict(zip(program.machine.counter_names, program.machine.core.timing.counters, strict=True))
    assert awake.cycle - asleep.cycle == counters["sleep"] > 900


def test_a_trace_is_bounded_by_its_start_and_stop_and_read_in_pieces() -> None:
    whole, pieces = Program(CALLS_AND_JUMPS), Program(CALLS_AND_JUMPS)
    for program in (whole, pieces):
        program.machine.trace_start()
    whole.run(20)
    events = whole.machine.trace_stop()
    read: list[FlowEvent] = []
    for _ in range(20):
        pieces.run(1)
        read += pieces.machine.trace_read()
    assert [*read, *pieces.machine.trace_stop()][:-1] == events[:-1]
    assert [events[0].kind, events[-1].kind] == [Flow.START, Flow.STOP]
    assert events == sorted(events, key=lambda event: event.cycle)
    assert whole.machine.trace_stop() == []


def test_more_events_than_the_native_buffer_holds() -> None:
    program = Program(f"ldr r4, =100000\nagain: bl leaf\nsubs r4, #1\nbne again\nb .\n{FUNCTION}leaf: bx lr")
    program.machine.trace_start()
    program.run(500_000)
    kinds = [event.kind for event in program.machine.trace_stop()]
    assert kinds.count(Flow.CALL) == 100_000 + 1  # and main
    assert kinds.count(Flow.RETURN) == 100_000


def test_without_functions_only_calls_and_returns_are_known() -> None:
    program = Program(CALLS_AND_JUMPS)
    program.machine.core.timing.trace_start(())
    program.run()
    kinds = {event.kind for event in program.machine.trace_read()}
    assert kinds == {Flow.START, Flow.CALL, Flow.RETURN}


@pytest.mark.parametrize("name", ["stm32f103", "teensy35", "stm32f746", "arduino_uno"])
def test_a_trace_changes_nothing(name: str) -> None:
    board = load_board(name)
    path = firmware_for(board, board.clocks_mhz[0], board.libm[0])
    with start(board) as machine:
        machine.load(path)
        plain = run_session(machine, ("simple1",))
        machine.reset()
        machine.trace_start()
        traced = run_session(machine, ("simple1",))
        events = machine.trace_stop()
    assert (traced.edges, traced.messages) == (plain.edges, plain.messages)
    assert len(events) > 1000


@pytest.mark.parametrize("name", ["stm32f103", "teensy35", "stm32f746"])
def test_the_causes_of_each_row_add_up_to_its_cycles(name: str) -> None:
    board = load_board(name)
    with start(board) as machine:
        machine.load(firmware_for(board, board.clocks_mhz[0], board.libm[0]))
        profile = profile_window(machine, "simple2")
    assert all(sum(row.causes.values()) == row.cycles for row in profile.rows)
    breakdown = profile.window.breakdown
    for cause in ("branch", "execute", "latency"):  # what the pin write at either end has no part in
        assert sum(row.causes.get(cause, 0) for row in profile.rows) == breakdown[cause]
