"""Debugging an AVR on the simavr engine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scopeless.board import load_board
from scopeless.debug import WatchKind, Watchpoint
from scopeless.engines import start
from scopeless.errors import UsageError
from scopeless.firmware.elf import Elf
from scopeless.machine import Stop
from support.avr import assemble_avr

pytestmark = pytest.mark.skipif(shutil.which("avr-gcc") is None, reason="needs avr-gcc")
FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt" / "arduino_uno-16mhz-stock.elf"
DATA, EEPROM = 0x80_0000, 0x81_0000

ACCESSES = """
main:
    ldi r16, 0x08
    out IO(SPH), r16
    clr r16
    out IO(SPL), r16
    ldi r26, 0x00
    ldi r27, 0x02
    ldi r28, 0x00
    ldi r29, 0x02
    ldi r30, 0x00
    ldi r31, 0x02
"""
SLEEPING = """
    rjmp main
    .org TIMER0_OVF_vect_num * 4
    reti
    .org _VECTORS_SIZE
main:
    ldi r16, 1
    sts TIMSK0, r16
    out IO(TCCR0B), r16
    out IO(SMCR), r16
    sei
sleeps:
    sleep
awake:
    nop
end: rjmp end
"""


@pytest.fixture
def machine():
    with start(load_board("arduino_uno")) as machine:
        yield machine


def symbol(elf, name):
    return Elf.open(elf).symbols[name]


def booted(machine):
    machine.load(FIRMWARE)
    machine.run(for_us=1e6, until_line="^Ready$")
    machine.uart_send(b"TEST=1\n")


def test_a_run_with_stops_and_steps_has_the_cycles_of_one_without(machine):
    booted(machine)
    expected = machine.run(for_us=1e6, until_line="^Finished$")
    totals = machine.debugger.counters()

    booted(machine)
    machine.debugger.set_breakpoints([symbol(FIRMWARE, "sigmoid")])
    lines, hits = [], 0
    while (result := machine.run(for_us=1e6, until_line="^Finished$")).stop is Stop.BREAKPOINT:
        assert machine.debugger.registers()["pc"] == symbol(FIRMWARE, "sigmoid")
        lines += result.lines
        hits += 1
        for _ in range(20):
            step = machine.debugger.step(for_us=1000)
            assert step.stop is Stop.STEP
            lines += step.lines
    assert hits == 8
    assert (result.cycle, lines + result.lines) == (expected.cycle, expected.lines)
    assert machine.debugger.counters() == totals


@pytest.mark.parametrize(
    ("instruction", "first", "size", "kind"),
    [
        ("ld r0, X", 0x200, 1, "read"),
        ("ld r0, X+", 0x200, 1, "read"),
        ("ld r0, -X", 0x1FF, 1, "read"),
        ("st X, r0", 0x200, 1, "write"),
        ("st X+, r0", 0x200, 1, "write"),
        ("st -X, r0", 0x1FF, 1, "write"),
        ("ld r0, Y+", 0x200, 1, "read"),
        ("st -Y, r0", 0x1FF, 1, "write"),
        ("ldd r0, Y+63", 0x23F, 1, "read"),
        ("std Y+42, r0", 0x22A, 1, "write"),
        ("ld r0, Z", 0x200, 1, "read"),
        ("ld r0, Z+", 0x200, 1, "read"),
        ("st -Z, r0", 0x1FF, 1, "write"),
        ("std Z+21, r0", 0x215, 1, "write"),
        ("lds r0, 0x321", 0x321, 1, "read"),
        ("sts 0x321, r0", 0x321, 1, "write"),
        ("push r0", 0x800, 1, "write"),
        ("pop r0", 0x801, 1, "read"),
        ("in r0, 0x25", 0x45, 1, "read"),
        ("out 0x25, r0", 0x45, 1, "write"),
        ("sbic 0x03, 1", 0x23, 1, "read"),
        ("sbi 0x05, 1", 0x25, 1, "access"),
        ("rcall target", 0x7FF, 2, "write"),
        ("call target", 0x7FF, 2, "write"),
        ("nop", 0, 0, "read"),
        ("lpm r0, Z", 0, 0, "read"),
    ],
)
def test_a_watchpoint_knows_what_an_instruction_accesses(machine, tmp_path, instruction, first, size, kind):
    elf = assemble_avr(tmp_path, f"{ACCESSES} {instruction}\n nop\n nop\nend: rjmp end\ntarget: rjmp end")

    def stops(address, watched):
        machine.load(elf)
        machine.debugger.set_watchpoints([Watchpoint(watched, DATA + address, 1)])
        return machine.run(for_us=10).stop is Stop.WATCHPOINT

    everywhere = range(first, first + size)
    assert all(stops(address, WatchKind.ACCESS) for address in everywhere)
    if size:
        assert not stops(first - 1, WatchKind.ACCESS)
        assert not stops(first + size, WatchKind.ACCESS)
        assert stops(first, WatchKind.READ) == (kind != "write")
        assert stops(first, WatchKind.WRITE) == (kind != "read")
    else:
        machine.load(elf)
        machine.debugger.set_watchpoints([Watchpoint(WatchKind.ACCESS, DATA + 0x60, 0x8A0)])
        assert machine.run(for_us=10).stop is Stop.CYCLES


def test_a_step_over_sleep_ends_in_the_handler_that_wakes(machine, tmp_path):
    elf = assemble_avr(tmp_path, SLEEPING)
    machine.load(elf)
    machine.debugger.set_breakpoints([symbol(elf, "sleeps")])
    machine.run(for_us=100)
    assert machine.debugger.step(for_us=1).stop is Stop.CYCLES
    woken = machine.debugger.step(for_us=100)
    assert (woken.stop, machine.debugger.registers()["pc"]) == (Stop.STEP, 16 * 4)
    assert 256 < woken.cycle < 280
    machine.debugger.step(for_us=1)
    assert machine.debugger.registers()["pc"] == symbol(elf, "awake")


def test_steps_within_a_range_end_outside_of_it(machine, tmp_path):
    machine.load(assemble_avr(tmp_path, ACCESSES + "end: rjmp end"))
    assert machine.debugger.step(for_us=10, within=(0, 8)).stop is Stop.STEP
    assert machine.debugger.registers()["pc"] == 8
    assert machine.debugger.step(for_us=10, within=(0, 64)).stop is Stop.CYCLES


def test_break_stops_where_a_debugger_is_attached(machine, tmp_path):
    machine.load(assemble_avr(tmp_path, "main: break\nend: rjmp end"))
    machine.debugger.attach(True)
    assert machine.run(for_us=10).stop is Stop.BREAKPOINT
    assert machine.run(for_us=10).stop is Stop.CYCLES
    machine.debugger.attach(False)
    machine.reset()
    assert machine.run(for_us=10).stop is Stop.CYCLES


def test_registers_can_be_written(machine):
    machine.load(FIRMWARE)
    for name, value in {"r0": 0x12, "r31": 0xFE, "sreg": 0x81, "sp": 0x7F0, "pc": 0x1234}.items():
        machine.debugger.set_register(name, value)
        assert machine.debugger.registers()[name] == value
    with pytest.raises(UsageError, match="no register 'r32'"):
        machine.debugger.set_register("r32", 0)


def test_memories_have_addresses_of_their_own(machine):
    machine.load(FIRMWARE)
    areas = [(area.kind, area.start, area.size) for area in machine.debugger.areas()]
    assert areas == [("flash", 0, 0x8000), ("ram", DATA, 0x900), ("ram", EEPROM, 0x400)]
    for _, first, size in areas:
        at = first + size - 2
        machine.debugger.write_memory(at, b"ab")
        assert machine.debugger.read_memory(at, 4) == b"ab"
        with pytest.raises(UsageError, match="no memory"):
            machine.debugger.write_memory(at, b"abc")


def test_registers_in_memory_are_those_of_the_peripherals(machine):
    machine.load(FIRMWARE)
    machine.watch_pins(["PB1"])
    machine.debugger.write_memory(DATA + 0x24, b"\x02\x02")  # DDRB, PORTB
    assert machine.debugger.read_memory(DATA + 0x23, 1)[0] & 2  # PINB
    machine.debugger.set_register("sreg", 0x42)
    assert machine.debugger.read_memory(DATA + 0x5F, 1) == b"\x42"


def test_a_reset_of_the_chip_keeps_flash_and_time(machine):
    booted(machine)
    cycle = machine.run(for_us=1000).cycle
    machine.debugger.system_reset()
    assert machine.debugger.registers()["pc"] == 0
    result = machine.run(for_us=1e6, until_line="^Ready$")
    assert result.stop is Stop.LINE
    assert result.cycle > cycle
