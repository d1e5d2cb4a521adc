"""The keywords, called as Robot Framework calls them, on real boards."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands import ROOT
from scopeless.benchmark.golden import golden_outputs
from scopeless.board import load_board
from scopeless.errors import CheckFailed, FirmwareFault, RunTimeout, UsageError
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from scopeless.robot import ScopelessLibrary
from scopeless.robot.arguments import Level, LineEnd, Model, Unit
from scopeless.robot.limits import Reference, Tolerance

MS = timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def started() -> Iterator[ScopelessLibrary]:
    library = ScopelessLibrary()
    library.start_board("stm32f103")
    yield library
    library.stop_board()


@pytest.fixture
def board(started: ScopelessLibrary) -> ScopelessLibrary:
    """An STM32F103 that is ready."""
    started.reset_board()
    started.wait_for_line("Ready")
    return started


@pytest.fixture
def measured(board: ScopelessLibrary) -> ScopelessLibrary:
    """One that has made a run of simple1."""
    board.send_line("START=1")
    board.wait_for_line_matching("^Run 1")
    return board


def test_lines_are_found_once_and_in_order(board: ScopelessLibrary) -> None:
    board.send_line("FOO")
    board.send_line("STOP", LineEnd.CRLF)
    board.run_for(200 * MS)
    assert board.wait_for_line("Error: nothing is running", MS) == "Error: nothing is running"
    where = r"it is at PC 0x\w+ in hal_wait .*, asleep, and nothing but an input could wake it\."
    with pytest.raises(RunTimeout, match=rf"'Ready' within 0.001 s of .* time; it sent nothing; {where}"):
        board.wait_for_line("Ready", MS)


def test_a_pattern_with_groups_gives_them(board: ScopelessLibrary) -> None:
    board.send_line("TEST=1")
    match = board.wait_for_line_matching(r"\[1 (.) (.)\] = 0\.99(\d)")
    assert match == ["[1 0 0] = 0.999", "0", "0", "9"]


def test_a_timeout_names_the_last_lines(board: ScopelessLibrary) -> None:
    board.send_line("HELLO")
    with pytest.raises(RunTimeout, match=r"did not send a line matching '\^Fin' .* 'Error: unknown"):
        board.wait_for_line_matching("^Fin", 100 * MS)


def test_a_malformed_pattern(board: ScopelessLibrary) -> None:
    with pytest.raises(UsageError, match="'\\(' is not a regular expression: missing \\)"):
        board.wait_for_line_matching("(")


def test_another_line_than_the_next(board: ScopelessLibrary) -> None:
    board.send_line("STOP")
    with pytest.raises(CheckFailed, match="should be 'Stopped', but the board sent 'Error: nothing"):
        board.next_line_should_be("Stopped")


def test_a_line_that_should_not_arrive(board: ScopelessLibrary) -> None:
    board.send_line("STOP")
    with pytest.raises(CheckFailed, match=r"sent 'Error: nothing is running' at 0\.0\d+ s of simulated"):
        board.line_should_not_arrive("^Error", 100 * MS)
    board.line_should_not_arrive("", 100 * MS)


def test_time_is_simulated(board: ScopelessLibrary) -> None:
    seconds, cycles = board.get_simulated_time(), board.get_cycles()
    board.run_for(timedelta(seconds=2))
    assert board.get_simulated_time() - seconds == pytest.approx(2, abs=1e-4)
    assert board.get_cycles() - cycles == pytest.approx(144_000_000, abs=7200)


def test_predictions_against_a_table_of_ones_own(board: ScopelessLibrary) -> None:
    board.send_line("TEST=1")
    with pytest.raises(CheckFailed, match="TEST=1 was not answered yet"):
        board.predictions_should_match_golden(Model.simple1)
    board.wait_for_line("Finished")
    board.predictions_should_match_golden(Model.simple1)
    golden = list(golden_outputs("simple1"))
    golden[3] += 0.01
    board.predictions_should_match_golden(Model.simple1, golden, 0.02)
    with pytest.raises(
        CheckFailed, match=r"1 of 8 outputs are wrong: \[0 1 1\] = 0\.00786466 should be 0\.017"
    ):
        board.predictions_should_match_golden(Model.simple1, golden)
    with pytest.raises(UsageError, match="has 8 outputs, not 7"):
        board.predictions_should_match_golden(Model.simple1, golden[1:])


def test_windows_against_durations(measured: ScopelessLibrary) -> None:
    cycles = measured.get_prediction_time(Unit.cycles)
    assert measured.get_prediction_time() == pytest.approx(cycles / 72)
    measured.prediction_time_should_be_within(Reference.parse(f"{cycles} cycles"), Tolerance(0, "cycles"))
    measured.prediction_time_should_be_within(Reference.parse(f"{cycles + 72} cycles"), Tolerance(1, "us"))
    with pytest.raises(
        CheckFailed,
        match=rf"prediction of simple1 on stm32f103 at 72 MHz takes {cycles} cycles .*shorter than",
    ):
        measured.prediction_time_should_be_within(
            Reference.parse(f"{cycles + 73} cycles"), Tolerance(1, "us")
        )


def test_windows_against_the_scope(measured: ScopelessLibrary) -> None:
    measured.toggle_time_should_be_within(Reference.parse("scope"))
    with pytest.raises(CheckFailed, match=r"than the recorded 0\.512 us; allowed are 0\.01 % to either side"):
        measured.toggle_time_should_be_within(Reference.parse("scope"), Tolerance(0.01, "%"))


def test_windows_against_a_baseline(measured: ScopelessLibrary, tmp_path: Path) -> None:
    """Its run was the second and after other commands, so it may differ by a few cycles."""
    kept = ROOT / "baselines" / "stm32f103-72mhz-recorded.json"
    measured.toggle_time_should_be_within(Reference.parse(str(kept)), Tolerance(2, "%"))
    measured.prediction_time_should_be_within(Reference.parse(str(kept)), Tolerance(2, "%"))
    other = tmp_path / kept.name
    other.write_text(kept.read_text().replace('"board": "stm32f103"', '"board": "stm32f746"'))
    with pytest.raises(UsageError, match="is of simple1, simple2 on stm32f746 at 72 MHz, not of simple1 on"):
        measured.prediction_time_should_be_within(Reference.parse(str(other)))
    with pytest.raises(UsageError, match="There is no baseline"):
        measured.prediction_time_should_be_within(Reference.parse("nowhere.json"))


def test_pulses_and_edges(measured: ScopelessLibrary) -> None:
    measured.edge_count_should_be(6)
    with pytest.raises(
        CheckFailed, match="PB12 changed its level 6 times since power-on, not 8 times: high at"
    ):
        measured.edge_count_should_be(8)
    prediction = Reference.parse(f"{measured.get_prediction_time(Unit.cycles)} cycles")
    measured.pulse_width_should_be(prediction, number=3)
    measured.pulse_width_should_be(prediction, number=-1)
    with pytest.raises(CheckFailed, match="Low pulse 1 of PB12 takes"):
        measured.pulse_width_should_be(prediction, level=Level.LOW)
    with pytest.raises(CheckFailed, match="There is no pulse 4: the pin had 3 complete high pulses"):
        measured.pulse_width_should_be(prediction, number=4)


def test_the_saved_dump_is_that_of_the_edges(measured: ScopelessLibrary, tmp_path: Path) -> None:
    measured.save_VCD(tmp_path / "pin.vcd")
    text = (tmp_path / "pin.vcd").read_text()
    assert "stm32f103 at 72 MHz, engine unicorn" in text
    assert len([line for line in text.splitlines() if line.startswith(("0", "1"))]) == 6


def test_a_recorded_figure_that_is_not_comparable() -> None:
    library = ScopelessLibrary()
    library.start_board("nano33ble")
    library.wait_for_line("Ready")
    library.send_line("START=1")
    library.wait_for_line_matching("^Run 1")
    with pytest.raises(
        UsageError, match="No comparable figure was recorded of the prediction of simple1 on nano"
    ):
        library.prediction_time_should_be_within(Reference.parse("scope"))
    library.stop_board()


def test_a_fault_is_told_with_the_registers(tmp_path: Path) -> None:
    """UDF #0 in place of the first instruction of console_start()."""
    firmware = Elf.open(firmware_for(load_board("stm32f103"), 72, "recorded"))
    start, data = next(
        (a, d) for a, d in firmware.segments if a <= firmware.symbols["console_start"] < a + len(d)
    )
    content = bytearray(firmware.path.read_bytes())
    at = content.index(data) + firmware.symbols["console_start"] - start
    content[at : at + 2] = b"\x00\xde"
    elf = tmp_path / "hurt.elf"
    elf.write_bytes(content)
    library = ScopelessLibrary()
    library.start_board("stm32f103", elf=elf)
    with pytest.raises(FirmwareFault, match=r"(?s)in console_start .*undefined instruction.*\n  r0 "):
        library.wait_for_line("Ready")
    library.stop_board()


def test_no_board() -> None:
    library = ScopelessLibrary()
    library.stop_board()
    with pytest.raises(UsageError, match="No board is running; use `Start Board` first"):
        library.run_for(MS)


def test_a_board_that_does_not_start_leaves_no_process(tmp_path: Path) -> None:
    before = children()
    with pytest.raises(UsageError):
        ScopelessLibrary().start_board("stm32f103", elf=tmp_path / "nowhere.elf")
    assert children() == before


def children() -> set[str]:
    """Processes that this one started and that are still there."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[1]) == os.getpid():
            found.add(entry.parent.name)
    return found
