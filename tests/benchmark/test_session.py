"""The benchmark session on the real firmware, and on firmware altered in a few bytes."""

import struct
from pathlib import Path

import pytest

from scopeless.benchmark.golden import is_correct
from scopeless.benchmark.session import MODELS, Session, run_session
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.errors import CheckFailed, RunTimeout
from scopeless.firmware.build import firmware_for

UNO = load_board("arduino_uno")


def run(elf: Path, models: tuple[str, ...] = MODELS) -> Session:
    with start(UNO) as machine:
        machine.load(elf)
        return run_session(machine, models)


def altered(tmp_path: Path, old: bytes, new: bytes) -> Path:
    """The Uno's firmware with ``old`` replaced by ``new``."""
    content = firmware_for(UNO, 16, "stock").read_bytes()
    assert len(old) == len(new) and old in content
    path = tmp_path / "altered.elf"
    path.write_bytes(content.replace(old, new))
    return path


def test_the_whole_session() -> None:
    steps: list[str] = []
    with start(UNO) as machine:
        machine.load(firmware_for(UNO, 16, "stock"))
        session = run_session(machine, MODELS, steps.append)
    assert steps == ["starting up", "testing simple1", "testing simple2", "timing simple1", "timing simple2"]
    assert list(session.models) == ["simple1", "simple2"]
    for name, model in session.models.items():
        assert is_correct(name, model.outputs, "avr")
        assert model.windows.toggle.cycles < model.windows.predict.cycles
    assert [edge.level for edge in session.edges[-24:]] == [1, 0] * 12


def test_every_line_of_both_sides_is_kept() -> None:
    messages = run(firmware_for(UNO, 16, "stock"), ("simple1",)).messages
    assert [m.text for m in messages if m.sender == "host"] == ["TEST=1", "START=1", "STOP"]
    board = [m.text for m in messages if m.sender == "board"]
    assert board[0] == "Scopeless benchmark on arduino_uno at 16 MHz, libm stock"
    assert board[1:4] == ["Ready", "Test 1", "[0 0 0] = 0.50000000"]
    assert board[-5:] == ["Finished", "Started 1", *["Run 1: [0 0 0] = 0.50000000"] * 2, "Stopped"]
    cycles = [m.cycle for m in messages if m.sender == "board"]
    assert cycles == sorted(cycles)


def test_a_run_comes_every_three_seconds_after_start() -> None:
    session = run(firmware_for(UNO, 16, "stock"), ("simple1",))
    at = {m.text: m.cycle for m in session.messages}
    seconds = [(edge.cycle - at["Started 1"]) / 16e6 for edge in (session.edges[-12], session.edges[-6])]
    assert seconds == [pytest.approx(3, abs=0.05), pytest.approx(6, abs=0.05)]


def test_two_sessions_are_equal() -> None:
    elf = firmware_for(UNO, 16, "stock")
    assert run(elf) == run(elf)


def test_firmware_that_is_not_the_benchmark_is_told_by_its_last_line(tmp_path: Path) -> None:
    elf = altered(tmp_path, b"Ready\0", b"Reddy\0")
    with pytest.raises(RunTimeout, match=r"'Ready' within 10 s.*last line it sent was 'Reddy'"):
        run(elf)


def test_firmware_that_says_nothing(tmp_path: Path) -> None:
    """A jump to itself (rjmp .-2) in place of the reset vector's jump."""
    content = firmware_for(UNO, 16, "stock").read_bytes()
    vectors = content.index(b"\x0c\x94")
    path = tmp_path / "silent.elf"
    path.write_bytes(content[:vectors] + b"\xff\xcf" + content[vectors + 2 :])
    with pytest.raises(RunTimeout, match="it sent nothing at all"):
        run(path)


def test_firmware_that_refuses_a_command(tmp_path: Path) -> None:
    elf = altered(tmp_path, b"TEST=\0", b"TOAST\0")
    with pytest.raises(CheckFailed, match="after TEST=1, the firmware answered 'Error: unknown command"):
        run(elf)


def test_firmware_that_reports_no_run(tmp_path: Path) -> None:
    elf = altered(tmp_path, b"Run 1: \0", b"Ran 1: \0")
    with pytest.raises(RunTimeout, match=r"run 1 of START=1 within 13 s .*'Ran 1:"):
        run(elf)


def test_a_network_with_a_wrong_weight_is_not_correct(tmp_path: Path) -> None:
    """simple1's first weight, 9.67299303 as a 32-bit double."""
    elf = altered(tmp_path, struct.pack("<f", 9.67299303), struct.pack("<f", 9.5))
    model = run(elf, ("simple1",)).models["simple1"]
    assert not is_correct("simple1", model.outputs, "avr")
    assert model.outputs[0] == 0.5, "inputs [0 0 0] do not meet the weight"
