"""The unicorn engine with the benchmark firmware, and its limits."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from scopeless import engines
from scopeless.board import load_board
from scopeless.engines.unicorn import UnicornMachine
from scopeless.errors import FirmwareFault, RunTimeout, UsageError
from support.arm import Program, assemble, board_with

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
FIRMWARE = PREBUILT / "stm32f103-72mhz-recorded.elf"

# The outputs in the published text's table, simple1.
PUBLISHED = {
    "[0 0 0]": 0.5, "[0 0 1]": 0.009664, "[0 1 0]": 0.448225, "[0 1 1]": 0.007865,
    "[1 0 0]": 0.999937, "[1 0 1]": 0.993589, "[1 1 0]": 0.999923, "[1 1 1]": 0.992120,
}  # fmt: skip


@pytest.fixture
def machine():
    machine = UnicornMachine(load_board("stm32f103"))
    machine.load(FIRMWARE)
    machine.run(for_us=1e6, until_line="^Ready$")
    yield machine
    machine.close()


def test_the_firmware_starts_at_72_mhz_without_notes(machine):
    assert machine.clock_hz() == 72_000_000
    assert machine.notes() == []


def test_test_1_prints_the_published_outputs(machine):
    machine.uart_send(b"TEST=1\r\n")
    result = machine.run(for_us=1e6, until_line="^Finished$")
    outputs = dict(line.text.split(" = ") for line in result.lines if " = " in line.text)
    assert {inputs: float(value) for inputs, value in outputs.items()} == pytest.approx(PUBLISHED, abs=1e-6)


def test_start_1_makes_the_pin_s_six_edges_three_seconds_later(machine):
    sent_at = machine.run(for_us=1).cycle
    machine.uart_send(b"START=1\n")
    result = machine.run(for_us=4e6, until_line="^Run 1")
    assert [(edge.pin, edge.level) for edge in result.edges] == [("PB12", 1), ("PB12", 0)] * 3
    seconds = (machine.time_us(result.edges[0].cycle) - machine.time_us(sent_at)) / 1e6
    assert seconds == pytest.approx(3, abs=0.02)


def test_idle_time_is_slept_through(machine):
    before = machine.core.timing.counters[0]
    began = time.perf_counter()
    machine.run(for_us=60e6)
    assert machine.core.timing.counters[0] - before < 100_000
    assert time.perf_counter() - began < 5


def test_two_runs_give_the_same_edges_lines_and_counters():
    def once():
        machine = UnicornMachine(load_board("stm32f103"))
        machine.load(FIRMWARE)
        machine.run(for_us=1e6, until_line="^Ready$")
        machine.uart_send(b"START=1\n")
        return machine.run(for_us=7e6)

    assert once() == once()


def test_reset_gives_the_same_machine_again(machine):
    machine.reset()
    first = machine.run(for_us=1e6, until_line="^Ready$")
    machine.uart_send(b"TEST=1\n")
    machine.run(for_us=2e5)
    machine.reset()
    assert machine.run(for_us=1e6, until_line="^Ready$") == first


def test_the_budget_ends_a_run():
    program = Program("b .")
    result = program.machine.run(for_us=12.5)
    # A branch every other cycle: the run ends with the instruction in which the budget does.
    assert result.stop == "cycles" and result.cycle in (100, 101)
    assert program.machine.run(for_us=12.5).cycle == result.cycle + 100


def test_the_instruction_limit_is_a_sentence_that_says_where():
    machine = UnicornMachine(load_board("stm32f103"), instruction_limit=10_000)
    machine.load(assemble("loop: b loop\n"))
    with pytest.raises(
        RunTimeout, match=r"executed 10000 instructions .* in main \(.*\), cycle \d+ \(.* us\)"
    ):
        machine.run(for_us=1e9)


def test_waiting_for_a_line_that_never_comes_ends_with_the_budget():
    program = Program("wfi\n b .")
    assert program.machine.run(for_us=10e6, until_line="never").stop == "cycles"


def test_creation_and_loading_are_quick():
    began = time.perf_counter()
    UnicornMachine(load_board("stm32f103")).load(FIRMWARE)
    assert time.perf_counter() - began < 0.3


def test_firmware_for_the_other_board_is_refused():
    machine = UnicornMachine(load_board("stm32f103"))
    with pytest.raises(UsageError, match="is for avr, but the board needs arm"):
        machine.load(PREBUILT / "arduino_uno-16mhz-stock.elf")
    with pytest.raises(UsageError, match="No firmware is loaded"):
        machine.run(for_us=1)


def linked_at(address: int, tmp_path: Path) -> Path:
    if shutil.which("arm-none-eabi-as") is None:
        pytest.skip("the ARM assembler is not installed")
    (tmp_path / "x.s").write_text(".thumb\n.global _start\n_start: b _start\n")
    subprocess.run(["arm-none-eabi-as", "-o", tmp_path / "x.o", tmp_path / "x.s"], check=True)
    elf = tmp_path / "x.elf"
    subprocess.run(
        ["arm-none-eabi-ld", "-n", f"-Ttext={address:#x}", "-o", elf, tmp_path / "x.o"],
        check=True,
        capture_output=True,
    )
    return elf


def test_a_segment_outside_the_memories_is_refused_with_its_address(tmp_path):
    machine = UnicornMachine(load_board("stm32f103"))
    with pytest.raises(
        UsageError, match=r"bytes at 0x08020000, where the board has no memory \(flash 0x00000000-"
    ):
        machine.load(linked_at(0x0802_0000, tmp_path))


def test_a_file_without_vectors_is_refused(tmp_path):
    machine = UnicornMachine(load_board("stm32f103"))
    with pytest.raises(UsageError, match="has no vector table at 0x00000000"):
        machine.load(linked_at(0x0800_1000, tmp_path))


def test_an_unknown_bus_in_the_board_file_is_named():
    board = load_board("stm32f103")
    with pytest.raises(UsageError, match="names the unknown bus 'warp'; known: none, flash,"):
        UnicornMachine(board_with(timing={**board.timing, "buses": {"warp": [0x4000_0000, 0x400]}}))


def test_wfe_ends_with_the_next_event_of_the_chip():
    program = Program(
        """
          poke SYST_RVR, 799
          poke SYST_CVR, 0
          poke SYST_CSR, 7
          ldr r4, =values
        1: wfe
          ldr r0, [r4]
          adds r0, #1
          str r0, [r4]
          b 1b
        handler systick
          bx lr
        """
    )
    program.run(1050)
    assert 10 <= program.value() <= 22


def test_wfi_wakes_with_primask_set_and_the_interrupt_waits():
    program = Program(
        """
          push {r4, lr}
          cpsid i
          poke SYST_RVR, 799
          poke SYST_CVR, 0
          poke SYST_CSR, 7
          wfi.w
          log 'w'
          cpsie i
          log 'm'
          pop {r4, pc}
        handler systick
          log 't'
          bx lr
        """
    )
    program.run(150)
    assert program.log == "wtm"


def test_through_the_child_process():
    with engines.start(load_board("stm32f103")) as machine:
        assert machine.engine.startswith("unicorn 2.")
        machine.load(FIRMWARE)
        assert machine.run(for_us=1e6, until_line="^Ready$").stop == "line"
        machine.load(assemble("udf #0\n"))
        with pytest.raises(FirmwareFault, match="undefined instruction") as caught:
            machine.run(for_us=1e6)
        assert "Stacked frame" in caught.value.detail
