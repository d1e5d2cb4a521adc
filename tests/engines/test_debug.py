"""Debugging a Cortex-M on the unicorn engine: stops before instructions, and at no cost in cycles."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from scopeless.board import load_board
from scopeless.debug import WatchKind, Watchpoint
from scopeless.engines.unicorn import UnicornMachine
from scopeless.errors import FirmwareFault, UsageError
from scopeless.firmware.elf import Elf
from scopeless.machine import Stop
from support.arm import Program

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
FIRMWARE = {
    "stm32f103": PREBUILT / "stm32f103-72mhz-recorded.elf",
    "stm32l476": PREBUILT / "stm32l476-80mhz-recorded.elf",
    "stm32f746": PREBUILT / "stm32f746-216mhz-recorded.elf",
}
DR, SR, RXNE = 0x4001_3804, 0x4001_3800, 0x20  # of USART1

COUNTING = """
  ldr r4, =values
  movs r0, #3
again:
  str r0, [r4]
  ldr r1, [r4, #4]
  subs r0, #1
  bne again
  bx lr
"""


def booted(board: str) -> UnicornMachine:
    machine = UnicornMachine(load_board(board))
    machine.load(FIRMWARE[board])
    machine.run(for_us=1e6, until_line="^Ready$")
    machine.uart_send(b"TEST=1\n")
    return machine


def symbol(board: str, name: str) -> int:
    return Elf.open(FIRMWARE[board]).symbols[name]


@pytest.mark.parametrize("board", FIRMWARE)
def test_a_run_with_stops_and_steps_has_the_cycles_of_one_without(board):
    free = booted(board)
    expected = free.run(for_us=1e6, until_line="^Finished$")
    totals = free.core.timing.counters

    machine, sigmoid = booted(board), symbol(board, "sigmoid")
    machine.debugger.set_breakpoints([sigmoid, symbol(board, "dot")])
    lines, hits = [], 0
    while True:
        result = machine.run(for_us=1e6, until_line="^Finished$")
        lines += result.lines
        if result.stop is not Stop.BREAKPOINT:
            break
        hits += machine.core.pc == sigmoid
        machine.debugger.registers()
        if machine.core.pc == sigmoid:
            for _ in range(40):
                step = machine.debugger.step(for_us=1000)
                lines += step.lines
                assert step.stop is Stop.STEP
    assert hits == 8
    assert (result.cycle, lines) == (expected.cycle, expected.lines)
    assert machine.core.timing.counters == totals


def test_a_run_stops_before_the_instruction_and_then_goes_on():
    program = Program(COUNTING)
    machine, again = program.machine, program.symbols["again"]
    machine.debugger.set_breakpoints([again])
    left = []
    while program.run().stop is Stop.BREAKPOINT:
        assert machine.core.pc == again
        left.append(machine.debugger.registers()["r0"])
    assert left == [3, 2, 1]
    assert program.is_done


def test_a_breakpoint_on_an_instruction_that_jumps_to_itself_stops_each_time():
    program = Program("bx lr")
    program.machine.debugger.set_breakpoints([program.symbols["done"]])
    stops = [program.run() for _ in range(3)]
    assert [stop.stop for stop in stops] == [Stop.BREAKPOINT] * 3
    assert stops[0].cycle < stops[1].cycle < stops[2].cycle


def test_a_run_that_ends_at_a_breakpoint_for_another_reason_stops_there_next():
    program = Program(COUNTING)
    machine, again = program.machine, program.symbols["again"]
    while machine.core.pc != again:
        machine.debugger.step(for_us=1000)
    machine.debugger.set_breakpoints([again])
    assert program.run().stop is Stop.BREAKPOINT
    assert machine.debugger.registers()["r0"] == 3


def test_breakpoints_and_watchpoints_survive_a_reset():
    program = Program(COUNTING)
    machine = program.machine
    machine.debugger.set_breakpoints([program.symbols["again"]])
    machine.debugger.set_watchpoints([Watchpoint(WatchKind.WRITE, program.symbols["values"], 4)])
    machine.reset()
    assert program.run().stop is Stop.BREAKPOINT
    assert program.run().stop is Stop.WATCHPOINT


@pytest.mark.parametrize(
    ("kind", "offset", "stops"),
    [
        (WatchKind.WRITE, 0, 3),
        (WatchKind.WRITE, 4, 0),
        (WatchKind.READ, 0, 0),
        (WatchKind.READ, 4, 3),
        (WatchKind.ACCESS, 0, 3),
        (WatchKind.ACCESS, 6, 3),  # a byte inside the word that is read
        (WatchKind.ACCESS, 8, 0),
    ],
)
def test_a_watchpoint_stops_behind_each_access_to_its_bytes(kind, offset, stops):
    program = Program(COUNTING)
    point = Watchpoint(kind, program.symbols["values"] + offset, 1)
    program.machine.debugger.set_watchpoints([point])
    seen = 0
    while (result := program.run()).stop is Stop.WATCHPOINT:
        assert result.watch == point
        seen += 1
    assert seen == stops
    assert program.is_done


def test_watchpoints_cost_no_cycles():
    def cycles(points):
        program = Program(COUNTING)
        program.machine.debugger.set_watchpoints(points)
        program.machine.debugger.set_breakpoints([program.symbols["done"]])
        while program.machine.core.pc != program.symbols["done"]:
            result = program.run()
        return result.cycle

    values = Program(COUNTING).symbols["values"]
    assert cycles([Watchpoint(WatchKind.ACCESS, values, 8)]) == cycles([])


def test_a_step_executes_one_instruction_and_an_it_block_at_once():
    program = Program(
        """
          movs r0, #1
        block:
          cmp r0, #1
          ittt eq
          moveq r1, #1
          moveq r2, #2
          moveq r3, #3
        behind:
          bx lr
        """
    )
    machine, symbols = program.machine, program.symbols
    machine.debugger.set_breakpoints([symbols["block"]])
    program.run()
    machine.debugger.step(for_us=1)
    assert machine.core.pc == symbols["block"] + 2
    machine.debugger.step(for_us=1)
    assert machine.core.pc == symbols["behind"]
    assert [machine.debugger.registers()[name] for name in ("r1", "r2", "r3")] == [1, 2, 3]


def test_a_breakpoint_inside_an_it_block_stops_behind_the_block():
    program = Program("cmp r0, r0\n itt eq\n moveq r1, #1\ninside: moveq r2, #2\nbehind: bx lr")
    program.machine.debugger.set_breakpoints([program.symbols["inside"]])
    assert program.run().stop is Stop.BREAKPOINT
    assert program.machine.core.pc == program.symbols["behind"]


INTERRUPTED = """
  push {r4, lr}
  poke ISER, 1
  ldr r0, =ISPR
  movs r1, #1
pends:
  str r1, [r0]
  movs r5, #7
  pop {r4, pc}
handler irq0
  movs r6, #6
returns:
  bx lr
"""


def test_a_step_enters_a_pending_exception_before_its_first_instruction_and_leaves_it_again():
    program = Program(INTERRUPTED)
    machine, symbols = program.machine, program.symbols
    machine.debugger.set_breakpoints([symbols["pends"]])
    program.run()
    machine.debugger.step(for_us=1)  # the store
    machine.debugger.step(for_us=10)
    assert machine.core.pc == symbols["irq0"]
    assert machine.debugger.registers()["xpsr"] & 0x1FF == 16
    for _ in range(2):
        machine.debugger.step(for_us=10)
    assert machine.core.pc == symbols["pends"] + 2
    assert machine.debugger.registers()["xpsr"] & 0x1FF == 0


SLEEPING = """
  push {r4, lr}
  poke SYST_RVR, 3999
  poke SYST_CSR, 7
sleeps:
  wfi
awake:
  pop {r4, pc}
handler systick
  bx lr
"""


def test_a_step_over_wfi_sleeps_until_something_wakes_the_processor():
    program = Program(SLEEPING)
    machine, symbols = program.machine, program.symbols
    machine.debugger.set_breakpoints([symbols["sleeps"]])
    began = program.run().cycle
    asleep = machine.debugger.step(for_us=100)
    assert (asleep.stop, machine.core.pc) == (Stop.CYCLES, symbols["awake"])
    woken = machine.debugger.step(for_us=1000)
    assert (woken.stop, machine.core.pc) == (Stop.STEP, symbols["systick"])
    assert 3900 < woken.cycle - began < 4100


def test_a_step_over_wfi_with_interrupts_masked_ends_behind_it():
    program = Program(SLEEPING.replace("sleeps:", "cpsid i\nsleeps:"))
    machine = program.machine
    machine.debugger.set_breakpoints([program.symbols["sleeps"]])
    program.run()
    assert machine.debugger.step(for_us=1000).stop is Stop.STEP
    assert machine.core.pc == program.symbols["awake"]
    assert machine.debugger.registers()["primask"] == 1


def test_steps_within_a_range_end_outside_of_it_or_at_a_breakpoint():
    program = Program(COUNTING)
    machine, again = program.machine, program.symbols["again"]
    machine.debugger.set_breakpoints([again])
    program.run()
    assert machine.debugger.step(for_us=1000, within=(again, again + 8)).stop is Stop.BREAKPOINT
    machine.debugger.set_breakpoints([])
    assert machine.debugger.step(for_us=1000, within=(again, again + 8)).stop is Stop.STEP
    assert machine.core.pc == again + 8


def test_bkpt_stops_where_a_debugger_is_attached_and_is_a_fault_where_none_is():
    program = Program("movs r0, #1\nhere: bkpt #0\n movs r0, #2\n bx lr")
    machine = program.machine
    machine.debugger.attach(True)
    assert program.run().stop is Stop.BREAKPOINT
    assert machine.core.pc == program.symbols["here"]
    assert machine.debugger.registers()["r0"] == 1
    program.run()
    assert program.is_done
    machine.debugger.attach(False)
    machine.reset()
    with pytest.raises(FirmwareFault, match="BKPT"):
        program.run()


def test_after_a_fault_the_pc_is_that_of_the_instruction():
    program = Program("ldr r0, =0x30000000\nhere: ldr r1, [r0]\n bx lr")
    with pytest.raises(FirmwareFault):
        program.run()
    assert program.machine.debugger.registers()["pc"] == program.symbols["here"]


# Registers and memory

NAMES = ("r0", "r12", "lr", "msp", "psp", "primask", "basepri")


def test_registers_can_be_written():
    program = Program(COUNTING)
    debugger = program.machine.debugger
    for number, name in enumerate(NAMES):
        value = number & 1 if name == "primask" else 0x10 * (number + 1)
        debugger.set_register(name, value)
        assert debugger.registers()[name] == value
    debugger.set_register("xpsr", 0xF600_FC03)  # no way into an exception or an IT block
    assert debugger.registers()["xpsr"] == 0xF100_0000
    debugger.set_register("pc", program.symbols["again"] | 1)
    assert debugger.registers()["pc"] == program.symbols["again"]
    with pytest.raises(UsageError, match="no register 'r77'"):
        debugger.set_register("r77", 0)


def test_sp_is_the_stack_pointer_that_control_selects():
    debugger = Program(COUNTING).machine.debugger
    main = debugger.registers()["sp"]
    debugger.set_register("psp", 0x2000_1000)
    debugger.set_register("control", 2)
    registers = debugger.registers()
    assert (registers["sp"], registers["msp"], registers["control"]) == (0x2000_1000, main, 2)


def test_floating_point_registers_exist_where_the_core_has_them():
    machine = UnicornMachine(load_board("stm32l476"))
    machine.load(FIRMWARE["stm32l476"])
    machine.debugger.set_register("d3", 0x3FF0_0000_0000_0001)
    assert machine.debugger.registers()["d3"] == 0x3FF0_0000_0000_0001
    assert "d3" not in Program(COUNTING).machine.debugger.registers()


def test_memory_is_read_up_to_its_end_and_written_as_a_probe_does():
    program = Program(COUNTING)
    debugger, values = program.machine.debugger, program.symbols["values"]
    debugger.write_memory(values + 1, b"abc")
    assert debugger.read_memory(values, 5) == b"\0abc\0"
    assert debugger.read_memory(0x2000_4FFE, 8) == b"\0\0"
    assert debugger.read_memory(0x1000_0000, 4) == b""
    with pytest.raises(UsageError, match="nothing at 0x20005000"):
        debugger.write_memory(0x2000_4FFE, b"1234")


def test_code_that_the_debugger_changes_is_executed_as_it_is_now():
    program = Program(COUNTING)
    machine, again = program.machine, program.symbols["again"]
    machine.debugger.set_breakpoints([again])
    program.run()
    program.run()
    machine.debugger.write_memory(again, b"\x00\xbf")  # nop instead of str
    machine.debugger.set_breakpoints([])
    program.run()
    assert program.is_done
    assert program.value() == 3
    machine.debugger.system_reset()
    program.run()
    assert program.value() == 3  # flash keeps what was programmed


def test_reading_a_peripheral_has_the_side_effects_that_it_has_on_silicon():
    program = Program(
        """
          poke RCC+0x18, 0x4000
          poke USART1+8, 69         // BRR: 115200 baud
          poke USART1+12, 0x2004    // CR1: UE, RE
          bx lr
        """
    )
    program.run()
    machine = program.machine
    machine.uart_send(b"x")
    program.run()
    assert machine.debugger.read_memory(SR, 1)[0] & RXNE
    assert machine.debugger.read_memory(DR, 4) == b"x\0\0\0"
    assert not machine.debugger.read_memory(SR, 1)[0] & RXNE


def test_a_debugger_s_look_at_what_has_no_model_or_no_clock_is_no_note_about_the_firmware():
    machine = Program(COUNTING).machine
    assert machine.debugger.read_memory(0x5000_1000, 4) == b""
    assert machine.debugger.read_memory(SR, 4) == b""  # its clock is off
    assert machine.notes() == []


@pytest.mark.parametrize("board", FIRMWARE)
def test_nothing_that_is_read_or_written_breaks_the_machine(board):
    machine, chance = booted(board), random.Random(board)
    peripherals = list(machine.core.peripherals.values())
    for peripheral in peripherals:
        machine.debugger.read_memory(peripheral.spec.base + 1, peripheral.spec.size)
    for _ in range(1000):
        spec = chance.choice(peripherals).spec
        data = chance.randbytes(chance.choice((1, 2, 3, 4, 8)))
        with suppress(UsageError):
            machine.debugger.write_memory(spec.base + chance.randrange(spec.size), data)
        if chance.random() < 0.05:
            try:
                machine.run(for_us=50)
            except FirmwareFault:
                machine.debugger.system_reset()


def test_areas_are_the_memories_and_the_registers():
    areas = Program(COUNTING).machine.debugger.areas()
    assert ("flash", 0x0800_0000, 0x1_0000) in areas
    assert ("ram", 0x4000_0000, 0x2000_0000) in areas
    ends = [area.start + area.size for area in areas]
    assert all(end <= area.start for end, area in zip(ends, areas[1:], strict=False))
