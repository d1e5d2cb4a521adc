"""The commands behind ``monitor``, on a real machine."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from scopeless.board import load_board
from scopeless.engines.unicorn import UnicornMachine
from scopeless.gdb.monitor import Monitor
from scopeless.run.bench import Bench

FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt" / "stm32f103-72mhz-recorded.elf"


@pytest.fixture
def bench():
    machine = UnicornMachine(load_board("stm32f103"))
    machine.load(FIRMWARE)
    yield Bench(machine)
    machine.close()


@pytest.fixture
def monitor(bench):
    return Monitor(bench, bench.machine.debugger)


def run(bench, line="^Ready$"):
    return bench.run(Fraction(10_000_000), until_line=line)


def test_cycles_count_from_the_last_time(bench, monitor):
    assert monitor.answer("cycles") == "cycle 0: 0 cycles and 0 instructions since this was last asked\n"
    run(bench)
    total, instructions = bench.cycle, bench.machine.debugger.counters()[0]
    said = f"cycle {total}: {total} cycles and {instructions} instructions since this was last asked\n"
    assert monitor.answer("cycles") == said
    bench.machine.debugger.system_reset()
    bench.advance(Fraction(10**9), lambda us: bench.machine.debugger.step(for_us=us))
    assert f": {bench.cycle - total} cycles and 1 instructions" in monitor.answer(" cycles ")


def test_counters_show_totals_and_what_was_added(bench, monitor):
    run(bench)
    first = dict(line.split(maxsplit=1) for line in monitor.answer("counters").splitlines())
    assert list(first) == list(bench.machine.counter_names)
    again = dict(line.split(maxsplit=1) for line in monitor.answer("counters").splitlines())
    assert again["instructions"] == first["instructions"].split()[0] + " (0)"


def test_time_knows_every_clock_that_was(bench, monitor):
    run(bench)
    assert monitor.answer("time").endswith("since reset; the core runs at 72 MHz\n")


def test_a_line_is_sent_and_the_pins_tell_what_it_did(bench, monitor):
    assert monitor.answer("pins") == "no watched pin has changed yet\n"
    run(bench)
    assert monitor.answer("send START=1") == "'START=1' is on its way\n"
    run(bench, "^Run 1")
    assert monitor.answer("pins").startswith("PB12 is low, 6 edges, the last at cycle ")


def test_reset_starts_the_program_again(bench, monitor):
    run(bench)
    assert "in reset_handler" in monitor.answer("reset halt")
    assert [line.text for line in run(bench).lines][-1] == "Ready"


def test_notes_and_the_place_are_told(bench, monitor):
    assert monitor.answer("notes") == "nothing\n"
    assert "PC 0x08000dfc in reset_handler" in monitor.answer("where")


def test_help_lists_every_command_and_an_unknown_one_is_told_them(monitor):
    names = [line.split()[1] for line in monitor.answer("help").splitlines()]
    assert names == sorted(["help", "cycles", "time", "counters", "pins", "send", "where", "notes", "reset"])
    assert ", ".join(names) in monitor.answer("frobnicate")
