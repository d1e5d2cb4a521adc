"""Programs written the vendors' way (firmware/vendor): start-up, clocks with time-outs, tick, UART, timer and
pin by interrupt, printf. They run on every family, and what they do takes as long as the registers say."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from scopeless import engines
from scopeless.board import load_board
from scopeless.firmware.build import FIRMWARE, MAKE_VARIABLES, missing_tool
from scopeless.machine import Edge, Machine, PinChange, RunResult

MS = 1000.0


class Program(NamedTuple):
    """Pins of a program (timer, tick, what the pin interrupt toggles, its input), its core clock, and a bit's
    time on the UART, in core cycles, as the divider that the program sets gives it."""

    pins: tuple[str, str, str, str]
    hz: int
    bit: Fraction
    buffered: bool = True
    """Whether the next byte waits in a register while one is sent."""


PROGRAMS = {
    # RM0008 27.3.4: BRR clocks of APB2, which is the core's
    "stm32f103": Program(("PB12", "PB13", "PB14", "PA0"), 72_000_000, Fraction(625)),
    # RM0385 31.5.4: BRR clocks of APB2, half the core's
    "stm32f746": Program(("PG6", "PG7", "PG8", "PA0"), 216_000_000, Fraction(2 * 938)),
    # RM0351 40.5.4: BRR clocks of APB1, which is the core's
    "stm32l476": Program(("PA5", "PA6", "PA7", "PC13"), 80_000_000, Fraction(694)),
    # Atmel 11057, UART: 16 x BRGR master clocks
    "arduino_due": Program(("PC21", "PC22", "PC23", "PB25"), 84_000_000, Fraction(16 * 46)),
    # K20P64M72SF1RM, UART: 16 x (SBR + BRFA / 32) core clocks; 39 + 2/32 and 65 + 3/32
    "teensy32": Program(("PTC3", "PTC4", "PTC5", "PTD0"), 72_000_000, 16 * Fraction(39 * 32 + 2, 32)),
    "teensy35": Program(("PTC3", "PTC4", "PTC5", "PTD0"), 120_000_000, 16 * Fraction(65 * 32 + 3, 32)),
    # PS, UART: 139 clocks of 16 MHz at "115200"; no second register
    "nano33ble": Program(("P0.27", "P0.13", "P0.14", "P1.11"), 64_000_000, Fraction(4 * 139), False),
    # DDI 0183 3.3.6: 16 x (13 + 1/64) clocks of 24 MHz, a quarter of the core's
    "sparkfun_edge": Program(("P44", "P37", "P38", "P14"), 96_000_000, 4 * 16 * Fraction(13 * 64 + 1, 64)),
    # ATmega328P data sheet, USART: 16 x (UBRR + 1) clocks
    "arduino_uno": Program(("PB1", "PB2", "PB3", "PD2"), 16_000_000, Fraction(16 * 104)),
}


@cache
def build(board: str) -> Path:
    """The program for ``board``, built where that is needed."""
    missing = missing_tool(load_board(board))
    if missing:
        pytest.skip(f"{missing} is not installed")
    environment = {k: v for k, v in os.environ.items() if k not in MAKE_VARIABLES}
    command = ["make", "--silent", "-C", str(FIRMWARE / "vendor"), f"BOARD={board}"]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return FIRMWARE.parent / "build" / "firmware" / f"vendor-{board}.elf"


@contextmanager
def started(board: str) -> Iterator[tuple[Machine, RunResult]]:
    """The program past its banner, on a machine that allows no unmodelled peripheral."""
    with engines.start(load_board(board), strict=True) as machine:
        machine.load(build(board))
        machine.watch_pins(PROGRAMS[board].pins[:3])
        yield machine, machine.run(for_us=100 * MS, until_line="Vendor program")


def distances(edges: list[Edge], pin: str) -> set[int]:
    """Cycles from an edge to the next of the same direction: the way up may be longer than the way down."""
    cycles = [edge.cycle for edge in edges if edge.pin == pin]
    assert len(cycles) > 100
    return {after - before for before, after in pairwise(cycles[::2])} | {
        after - before for before, after in pairwise(cycles[1::2])
    }


@pytest.fixture(params=PROGRAMS)
def board(request) -> str:
    return str(request.param)


def test_it_starts_sets_its_clock_and_prints_through_the_c_library(board):
    with started(board) as (machine, result):
        hz = PROGRAMS[board].hz
        assert [line.text for line in result.lines] == [f"Vendor program on {board} at {hz} Hz"]
        assert machine.clock_hz() == hz
        assert machine.notes() == []


def test_a_byte_takes_ten_bits_of_the_divider_s_length(board):
    with started(board) as (_, result):
        frame, buffered = 10 * PROGRAMS[board].bit, PROGRAMS[board].buffered
        taken = {after.cycle - before.cycle for before, after in pairwise(result.uart[:-1])}
        if buffered and load_board(board).core != "avr":
            assert taken == {frame}
        else:  # the handler's time comes on top: all of it, or where the main program lets it wait
            assert frame <= min(taken) and max(taken) < frame + 100


def test_the_timer_s_interrupt_toggles_its_pin_every_millisecond_to_the_cycle(board):
    with started(board) as (machine, _):
        machine.run(for_us=5 * MS)  # the last byte's interrupts are over
        result = machine.run(for_us=400 * MS)
        timer, tick, *_ = PROGRAMS[board].pins
        assert distances(result.edges, timer) == {2 * PROGRAMS[board].hz // 1000}
        assert distances(result.edges, tick) == {2 * PROGRAMS[board].hz // 1000}


def test_the_pin_s_interrupt_answers_each_rising_edge_after_the_same_time(board):
    """While the processor sleeps. Beside the handler's own instructions on the way to the pin, that is 12
    cycles for stacking on a Cortex-M3 or M4 (tests/cortexm/test_latency.py), 4 for the program counter on an
    AVR, and the flash's wait states."""
    with started(board) as (machine, _):
        *_, echo, pin = PROGRAMS[board].pins
        first = machine.run(for_us=5 * MS)
        period = PROGRAMS[board].hz // 1000
        timer = [edge.cycle for edge in first.edges if edge.pin == PROGRAMS[board].pins[0]][-1]
        rises = [timer + n * period + period // 3 for n in range(2, 22)]
        machine.drive(
            [PinChange(pin, level, rise + (1 - level) * 5000) for rise in rises for level in (1, 0)]
        )
        result = machine.run(for_us=30 * MS)
        answers = [edge.cycle for edge in result.edges if edge.pin == echo]
        assert len(answers) == len(rises)
        latencies = {
            answer - rise for rise, answer in list(zip(rises, answers, strict=True))[1:]
        }  # once cached
        assert len(latencies) <= 2  # up, down
        least = 4 if load_board(board).core == "avr" else 12
        assert least < min(latencies) and max(latencies) < least + 50


def test_lines_are_received_by_interrupt_and_answered(board):
    with started(board) as (machine, _):
        machine.uart_send(b"hello, vendor\r\n")
        heard = machine.run(for_us=100 * MS, until_line="said")
        assert [line.text for line in heard.lines] == ["You said: hello, vendor"]
        machine.uart_send(b"stats\n")
        (stats,) = machine.run(for_us=100 * MS, until_line="ticks=").lines
        counts = dict(field.split("=") for field in stats.text.split())
        assert (
            abs(int(counts["ticks"]) - int(counts["periods"])) < 30
        )  # the clocks took some milliseconds before
        assert counts["edges"] == "0"
