"""Pins of both engines: edges of any of them, inputs driven at a cycle, and UART bytes as they come."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from scopeless.board import load_board
from scopeless.engines import start
from scopeless.errors import FirmwareFault, UsageError
from scopeless.machine import PinChange
from support.arm import Program, assemble
from support.pins import FOLLOW, RISE_AND_FAULT

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
F103, UNO = load_board("stm32f103"), load_board("arduino_uno")

# Waits for a rise of PA0; `values` holds the cycle counter before and after the read that saw it.
RISE = """
  poke 0x40021018, 0x4
  poke 0x40010800, 0x44444448
  poke DEMCR, 0x01000000
  poke DWT_CTRL, 1
  ldr r4, =values
  ldr r5, =0x40010808
  ldr r6, =DWT_CYCCNT
1: ldr r1, [r6]
  ldr r0, [r5]
  ldr r2, [r6]
  lsls r0, r0, #31
  beq 1b
  stm r4, {r1, r2}
  bx lr
"""
AVR_FOLLOW = """
#include <avr/io.h>
#define IO(register) _SFR_IO_ADDR(register)
    .global main
main:
    sbi IO(DDRB), 5
    sbi IO(PORTD), 2            ; pull-up
1:  sbic IO(PIND), 2
    rjmp high
    cbi IO(PORTB), 5
    rjmp 1b
high:
    sbi IO(PORTB), 5
    rjmp 1b
"""


@pytest.fixture
def uno_elf(tmp_path):
    if shutil.which("avr-gcc") is None:
        pytest.skip("avr-gcc is not installed")
    source, elf = tmp_path / "follow.S", tmp_path / "follow.elf"
    source.write_text(AVR_FOLLOW)
    command = ["avr-gcc", f"-mmcu={UNO.mcu}", "-nostdlib", "-nostartfiles", "-o", elf, source]
    subprocess.run(command, check=True)
    return elf


@pytest.fixture
def f103():
    with start(F103) as machine:
        machine.load(assemble(FOLLOW))
        yield machine


def levels(result, pin):
    return [edge.level for edge in result.edges if edge.pin == pin]


def test_the_benchmark_pin_is_watched_unless_told_otherwise(f103):
    assert {edge.pin for edge in f103.run(for_us=50).edges} == {"PB12"}
    f103.watch_pins(["PB5"])
    f103.drive([PinChange("PA0", 1)])
    assert {edge.pin for edge in f103.run(for_us=50).edges} == {"PB5"}
    f103.watch_pins(None)
    f103.drive([PinChange("PA0", 0)])
    result = f103.run(for_us=50)
    assert [(edge.pin, edge.level) for edge in result.edges] == [("PB5", 0), ("PB12", 1)]
    assert result.edges[0].cycle == result.edges[1].cycle  # one write


def test_what_is_watched_outlives_a_reset_and_inputs_do_not(f103):
    f103.watch_pins(["PB5"])
    f103.drive([PinChange("PA0", 1)])
    assert levels(f103.run(for_us=50), "PB5") == [1]
    f103.reset()
    assert f103.run(for_us=50).edges == []


def test_an_input_follows_a_schedule(f103):
    f103.watch_pins(["PB5"])
    f103.drive([PinChange("PA0", level, cycle=cycle) for level, cycle in ((1, 1000), (0, 2000), (1, 3000))])
    edges = f103.run(for_us=500).edges
    assert [edge.level for edge in edges] == [1, 0, 1]
    for edge, due in zip(edges, (1000, 2000, 3000), strict=True):
        assert due < edge.cycle < due + 30


def test_a_read_sees_the_level_from_the_very_cycle_on():
    def before_and_after(cycle):
        program = Program(RISE)
        program.machine.drive([PinChange("PA0", 1, cycle=cycle)])
        program.run()
        assert program.is_done
        return program.values(2)

    # The port is read once a turn: a rise that comes a cycle later is seen by the same read, until it misses
    # that one and is seen by the next, exactly a turn later.
    seen = [before_and_after(cycle) for cycle in range(400, 430)]
    starts = sorted({first for first, _ in seen})
    turn = starts[1] - starts[0]
    assert {b - a for a, b in pairwise(starts)} == {turn}
    counts = [sum(first == start for first, _ in seen) for start in starts]
    assert set(counts[1:-1]) == {turn}  # each read sees the rises of exactly one turn's cycles


def test_a_timed_change_keeps_its_time_through_a_change_of_the_clock():
    program = Program("""
  poke 0x40021018, 0x8
  poke 0x40010C00, 0x44344448
  ldr r4, =0x40010C08
  ldr r5, =0x40010C0C
1: ldr r0, [r4]
  ands r0, #1
  lsls r1, r0, #5
  str r1, [r5]
  b 1b
""")
    program.machine.watch_pins(["PB5"])
    program.machine.drive([PinChange("PB0", 1, us=Fraction(500)), PinChange("PB0", 0, us=Fraction(1500))])
    program.run(100)
    program.machine.core.system.clocks.set(core=16_000_000)
    edges = program.run(2000).edges
    assert [edge.level for edge in edges] == [1, 0]
    for edge, us in zip(edges, (500, 1500), strict=True):
        assert us < program.machine.time_us(edge.cycle) < us + 3


def test_bytes_come_with_their_cycles_and_a_prompt_needs_no_line_end():
    with start(F103) as machine:
        machine.load(PREBUILT / "stm32f103-72mhz-recorded.elf")
        result = machine.run(for_us=1e6, until_line="^Ready$")
        text = bytes(byte.value for byte in result.uart)
        assert text.decode().splitlines() == [line.text for line in result.lines]
        ends = [byte.cycle for byte in result.uart if byte.value == ord("\n")]
        assert ends == [line.cycle for line in result.lines]
        machine.uart_send(b"TEST=1\n")
        parts = [machine.run(for_us=100) for _ in range(40)]
        assert any(part.uart and not part.lines for part in parts)


def test_another_uart():
    board = load_board("stm32l476")
    with start(board) as machine:
        machine.load(PREBUILT / "stm32l476-80mhz-recorded.elf")
        machine.use_uart("usart1")
        assert machine.run(for_us=1e5).uart == []
        machine.use_uart("usart2")
        machine.reset()
        assert machine.run(for_us=1e6, until_line="^Ready$").stop == "line"
        with pytest.raises(UsageError, match=r"has no UART 'usart9'; its UARTs: usart1, usart2\."):
            machine.use_uart("usart9")


def test_names_that_are_none(f103):
    with pytest.raises(UsageError, match=r"no pin 'PB99'; did you mean 'PB9'\?"):
        f103.watch_pins(["PB13", "PB99"])
    with pytest.raises(UsageError, match="no pin 'LED'"):
        f103.drive([PinChange("LED", 1)])


def test_what_came_before_a_fault_is_not_lost():
    with start(F103) as machine:
        machine.load(assemble(RISE_AND_FAULT))
        with pytest.raises(FirmwareFault):
            machine.run(for_us=100)
        result = machine.recorded()
        assert (result.stop, [edge.level for edge in result.edges]) == ("error", [1])
        assert machine.recorded().edges == []


def test_an_avr_s_pins(uno_elf):
    with start(UNO) as machine:
        machine.load(uno_elf)
        machine.watch_pins(None)
        assert [(edge.pin, edge.level) for edge in machine.run(for_us=10).edges] == [
            ("PB5", 1)
        ]  # the pull-up
        changes = [PinChange("PD2", level, cycle=cycle) for level, cycle in ((0, 1000), (1, 2000), (0, 3000))]
        machine.drive(changes[::-1])
        edges = machine.run(for_us=1000).edges
        assert [(edge.pin, edge.level) for edge in edges] == [("PB5", 0), ("PB5", 1), ("PB5", 0)]
        for edge, due in zip(edges, (1000, 2000, 3000), strict=True):
            assert due <= edge.cycle <= due + 10
        machine.drive([PinChange("PD2", 1)])
        assert levels(machine.run(for_us=10), "PB5") == [1]
        machine.watch_pins(["PB1"])
        machine.drive([PinChange("PD2", 0, us=Fraction(5000))])
        assert machine.run(for_us=5000).edges == []
        with pytest.raises(UsageError, match="no pin 'PZ1'"):
            machine.watch_pins(["PZ1"])
        with pytest.raises(UsageError, match="no UART '7'"):
            machine.use_uart("7")


def test_an_avr_s_output_that_starts_high_behind_its_pull_up(tmp_path):
    if shutil.which("avr-gcc") is None:
        pytest.skip("avr-gcc is not installed")
    source, elf = tmp_path / "high.S", tmp_path / "high.elf"
    source.write_text(
        AVR_FOLLOW.partition("main:\n")[0] + "main: sbi IO(PORTB), 1\n nop\n sbi IO(DDRB), 1\n 1: rjmp 1b\n"
    )
    subprocess.run(
        ["avr-gcc", f"-mmcu={UNO.mcu}", "-nostdlib", "-nostartfiles", "-o", elf, source], check=True
    )
    with start(UNO) as machine:
        machine.load(elf)
        assert [(edge.cycle, edge.level) for edge in machine.run(for_us=10).edges] == [(5, 1)]


def test_an_avr_s_pin_interrupt_follows_a_driven_edge(tmp_path):
    if shutil.which("avr-gcc") is None:
        pytest.skip("avr-gcc is not installed")
    source, elf = tmp_path / "interrupt.S", tmp_path / "interrupt.elf"
    source.write_text("""
#include <avr/io.h>
#define IO(register) _SFR_IO_ADDR(register)
    .global main
    rjmp main
    .org INT0_vect_num * 4
    sbi IO(PINB), 1
    reti
    .org _VECTORS_SIZE
main:
    sbi IO(DDRB), 1
    ldi r16, 3                  ; INT0 on rising edges of PD2
    sts EICRA, r16
    ldi r16, 1
    out IO(EIMSK), r16
    sei
1:  rjmp 1b
""")
    subprocess.run(
        ["avr-gcc", f"-mmcu={UNO.mcu}", "-nostdlib", "-nostartfiles", "-o", elf, source], check=True
    )
    with start(UNO) as machine:
        machine.load(elf)
        machine.drive(
            [PinChange("PD2", level, cycle=cycle) for level, cycle in ((1, 1000), (0, 1500), (1, 2000))]
        )
        edges = machine.run(for_us=1000).edges
    assert [edge.level for edge in edges] == [1, 0]
    for edge, due in zip(edges, (1000, 2000), strict=True):
        assert due <= edge.cycle <= due + 10  # the instruction under way, 4 cycles of entry, SBI
