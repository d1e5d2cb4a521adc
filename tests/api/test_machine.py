"""What a notebook uses: scopeless.Machine on the real engines."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import scopeless
from scopeless import Machine
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.errors import FirmwareFault, RunTimeout, UsageError
from scopeless.run.bench import Bench
from support.arm import assemble
from support.pins import FOLLOW, RISE_AND_FAULT

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
FIRMWARE = PREBUILT / "stm32f103-72mhz-recorded.elf"
UNO_FIRMWARE = PREBUILT / "arduino_uno-16mhz-stock.elf"


@pytest.fixture
def m():
    with Machine("stm32f103", FIRMWARE) as machine:
        machine.run_until_line("^Ready$")
        yield machine


def test_the_example_of_the_documentation(m):
    m.uart.write_line("TEST=1")
    line = m.run_until_line("Finished")
    assert line.text == "Finished"
    assert "[1 0 0] = 0.99993" in m.uart.text
    assert m.uart.lines[0].startswith("Scopeless benchmark on stm32f103")
    assert m.uart.frame.iloc[-1].to_dict() == {
        "cycle": line.cycle, "time_us": pytest.approx(m.time_us, abs=1), "text": "Finished",
    }  # fmt: skip


def test_edges_and_pulses_are_data_frames(m):
    assert list(m.pin("PB12").edges.columns) == ["cycle", "time_us", "level"]
    assert m.pin("PB12").edges.empty
    m.uart.write_line("START=1")
    edges = m.run_until_edges(6, "PB12")
    assert edges.level.tolist() == [1, 0] * 3
    assert m.pin("PB12").edges.cycle.tolist() == edges.cycle.tolist()
    pulses = m.pin("PB12").pulses
    assert pulses.cycles.tolist() == edges.cycle.diff().dropna().astype(int).tolist()
    assert pulses.us.iloc[-1] == pytest.approx(pulses.cycles.iloc[-1] / 72)
    assert m.pin("PB12").level == 0
    assert m.edges.pin.unique().tolist() == ["PB12"]


def test_time_goes_on_only_in_run(m):
    before = m.cycles
    assert m.run_for("1ms") is m
    assert m.cycles - before == pytest.approx(72_000, abs=5)
    assert m.run_for(250).time_us - 1250 == pytest.approx(before / m.cycles * m.time_us, rel=0.2)
    assert m.clock_hz == 72_000_000


def test_a_pin_is_driven_now_at_a_cycle_and_at_a_time():
    with Machine("stm32f103", assemble(FOLLOW)) as m:
        m.run_for("100us")
        m.pin("PA0").drive(1)
        m.pin("PA0").drive(0, at=2000)
        m.pin("PA0").drive(True, at="500us")
        m.run_for("1ms")
        edges = m.pin("PB5").edges
        assert edges.level.tolist() == [1, 0, 1]
        for got, due in zip(edges.time_us, (100, 250, 500), strict=True):
            assert due < got < due + 3


def test_reset_begins_again(m):
    first = m.uart.data
    m.pin("PA0").drive(1)
    m.reset()
    assert (m.cycles, m.uart.data, m.edges.empty) == (0, b"", True)
    m.run_until_line("^Ready$")
    assert m.uart.data == first


def test_what_does_not_come_is_said_with_the_place(m):
    with pytest.raises(
        RunTimeout, match=r"send a line that matches 'Godot' within 5ms .* 'Ready'; it is at PC 0x"
    ):
        m.run_until_line("Godot", timeout="5ms")
    with pytest.raises(RunTimeout, match=r"make 2 edges of PB12 within 10 us .* it made 0;"):
        m.run_until_edges(2, "PB12", timeout=10)
    with pytest.raises(UsageError, match="not a time"):
        m.run_for("soon")
    with pytest.raises(UsageError, match="not a regular expression"):
        m.run_until_line("(")


def test_what_a_faulting_firmware_did_can_be_read():
    with Machine("stm32f103", assemble(RISE_AND_FAULT)) as m:
        with pytest.raises(FirmwareFault, match="main"):
            m.run_for("1ms")
        assert m.pin("PB12").edges.level.tolist() == [1]


def test_a_machine_that_is_closed_keeps_what_it_recorded(m):
    m.close()
    assert m.uart.lines[-1] == "Ready"
    assert "Ready" in repr(m.uart)


def test_how_it_looks(m):
    m.uart.write_line("<b>")
    m.run_for("50ms")
    assert "stm32f103 (STM32F103C8)" in repr(m)
    assert "core at 72 MHz" in m._repr_html_()
    assert "<b>" not in m.uart._repr_html_().removeprefix("<pre>")
    assert repr(m.pin("PB12")) == "<Pin PB12: 0 edges, level None>"
    assert str(m.uart) == m.uart.text


def test_an_avr_board():
    with Machine("arduino_uno", UNO_FIRMWARE, pins=["PB1"]) as m:
        m.run_until_line("^Ready$")
        m.uart.write_line("TEST=1")
        m.run_until_line("^Finished$")
        assert "[1 0 0] = 0.99993" in m.uart.text
        assert m.notes == []


def test_bad_arguments_leave_no_process():
    with pytest.raises(UsageError, match="no pin 'XY'"):
        Machine("stm32f103", FIRMWARE, pins=["XY"])
    with pytest.raises(UsageError, match="did you mean 'stm32f103'"):
        Machine("stm32f1o3")
    with pytest.raises(UsageError, match="cannot be read"):
        Machine("stm32f103", "nowhere.elf")


def test_slices_do_not_show():
    """The same firmware, cut in several ways: every edge, byte and counter is the same."""

    def outcome(slice_us: Fraction):
        results = []
        with start(load_board("stm32f103")) as machine:
            machine.load(FIRMWARE)
            bench = Bench(machine)
            bench.longest_slice_us = slice_us
            bench.listeners.append(results.append)
            bench.run(Fraction(100_000), until_line="^Ready$")
            machine.uart_send(b"START=1\n")
            bench.run(Fraction(3_050_000))
            whats = ("edges", "uart", "lines")
            return [[each for r in results for each in getattr(r, what)] for what in whats], bench.cycle

    whole = outcome(Fraction(10**7))
    assert len(whole[0][0]) == 6
    assert outcome(Fraction(1_777)) == whole
    assert outcome(Fraction(100_001, 3)) == whole


def test_importing_the_package_loads_little():
    code = "import sys, scopeless; assert not {'pandas', 'numpy'} & set(sys.modules); scopeless.Machine"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError):
        scopeless.Nothing  # noqa: B018


def test_functions_of_a_stretch(m, tmp_path):
    m.uart.write_line("TEST=1")
    before = m.cycles
    with m.trace() as t:
        line = m.run_until_line("Finished")
    assert t.functions.loc["sigmoid", "calls"] == 8
    assert t.functions.loc["sigmoid", "cycles_min"] <= t.functions.loc["sigmoid", "cycles_max"]
    calls = t.calls
    assert calls.self_cycles.sum() == pytest.approx(line.cycle - before, abs=100)
    m.run_for("1ms")
    assert len(t.calls) == len(calls)  # it has ended
    for name in ("run.pftrace", "graph.json", "graph.svg"):
        t.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    with pytest.raises(UsageError, match="no suffix of a trace"):
        t.save(tmp_path / "run.txt2")


def test_a_prompt_has_no_line_end():
    prompt = """
  poke 0x40021018, 0x4000
  poke 0x40013808, 69        // 8 MHz / 115200
  poke 0x4001380C, 0x200C
  ldr r4, =0x40013800
1: movs r5, #'>'             // the prompt, then wait for a key
  str r5, [r4, #4]
2: ldr r0, [r4]
  lsls r0, #26
  bpl 2b
  ldr r0, [r4, #4]
  b 1b
"""
    with Machine("stm32f103", assemble(prompt)) as m:
        assert m.run_until_text(">$") == ">"
        assert m.time_us < 2000
        m.uart.write("x")
        assert m.run_until_text("[>]") == ">"  # another one
        assert (m.uart.text, m.uart.lines) == (">>", [])
        with pytest.raises(RunTimeout, match=r"did not send '#' within 20ms .*: it sent b''"):
            m.run_until_text("#", timeout="20ms")
        with pytest.raises(UsageError, match="not a regular expression"):
            m.run_until_text("(")
