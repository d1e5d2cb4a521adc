"""`scopeless sim` from outside: report, files, exit codes, and firmware that cannot run."""

import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import on_terminal, scopeless
from scopeless.benchmark.record import read_record
from scopeless.board import load_board
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from support.images import spoilt
from support.processes import wait_until_gone, wait_until_it_handles_signals

UNO = load_board("arduino_uno")
RUNS = [("stm32f103", 72), ("stm32f103", 128), ("arduino_uno", 16)]


def uno_elf() -> Path:
    return firmware_for(UNO, 16, "stock")


@pytest.mark.parametrize(("board", "clock"), RUNS)
def test_report_and_files(board: str, clock: int, tmp_path: Path) -> None:
    """Two runs give the same bytes; the report shows what the record holds."""
    files = [tmp_path / name for name in ("1.json", "2.json", "1.vcd", "2.vcd")]
    runs = [
        scopeless("sim", board, "--clock", clock, "--json", files[n], "--vcd", files[2 + n]) for n in (0, 1)
    ]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    assert runs[0].stdout == runs[1].stdout and runs[0].stderr == ""
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[2].read_bytes() == files[3].read_bytes()
    record = read_record(files[0])
    assert (record.board, record.clock_hz) == (board, clock * 1_000_000)
    for name, model in record.models.items():
        assert model.correct
        row = next(line for line in runs[0].stdout.splitlines() if line.startswith(f"{name} "))
        assert f" {model.predict_cycles} " in row and f" {model.predict_us:.3f} " in row
    assert sorted(os.listdir(tmp_path)) == ["1.json", "1.vcd", "2.json", "2.vcd"]


@pytest.mark.parametrize("clock", [72, 128])
def test_stm32f103_outputs_match_the_published_table(clock: int, tmp_path: Path) -> None:
    scopeless("sim", "stm32f103", "--clock", clock, "--model", "simple1", "--json", tmp_path / "r.json")
    published = (0.5, 0.009664, 0.44822538, 0.00786466, 0.99993704, 0.99358931, 0.9999225, 0.99211997)
    outputs = read_record(tmp_path / "r.json").models["simple1"].outputs
    assert outputs == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize("clock", [72, 128])
def test_stm32f103_breakdown_adds_up(clock: int, tmp_path: Path) -> None:
    scopeless("sim", "stm32f103", "--clock", clock, "--json", tmp_path / "r.json")
    for model in read_record(tmp_path / "r.json").models.values():
        assert sum(model.breakdown.values()) == model.predict_cycles
        assert sum(model.toggle_breakdown.values()) == model.toggle_cycles
        assert sum(model.mix.values()) == model.instructions


def test_one_model_only(tmp_path: Path) -> None:
    result = scopeless("sim", "arduino_uno", "--model", "simple1", "--json", tmp_path / "r.json")
    assert "simple2" not in result.stdout
    assert list(read_record(tmp_path / "r.json").models) == ["simple1"]


def test_the_unos_label_is_refuted() -> None:
    findings = [line for line in scopeless("sim", "arduino_uno").stdout.splitlines() if "Finding" in line]
    assert len(findings) == 1
    match = re.match(r"Finding: The published rows say 8 MHz, .*imply ([\d.]+) to ([\d.]+) MHz", findings[0])
    assert match and 12 < float(match[1]) <= float(match[2])


def test_a_terminal_gets_tables_and_progress() -> None:
    shown = on_terminal("sim", "arduino_uno")
    assert "arduino_uno at 16 MHz" in shown and "timing simple2" in shown
    assert "─" in shown and "Finding" in shown


def test_a_picture(tmp_path: Path) -> None:
    assert scopeless("sim", "arduino_uno", "--svg", tmp_path / "p.svg").returncode == 0
    svg = (tmp_path / "p.svg").read_text()
    assert svg.startswith("<svg") and "Predictions" in svg


def test_a_wrong_prediction_is_shown_recorded_and_exit_code_1(tmp_path: Path) -> None:
    content = uno_elf().read_bytes()
    good, bad = struct.pack("<f", 9.67299303), struct.pack("<f", 9.5)
    elf = tmp_path / "wrong.elf"
    elf.write_bytes(content.replace(good, bad))
    result = scopeless("sim", "arduino_uno", "--elf", elf, "--json", tmp_path / "r.json")
    assert result.returncode == 1
    assert result.stderr.startswith("scopeless: simple1 did not predict what the trained network does")
    assert "WRONG" in result.stdout
    record = read_record(tmp_path / "r.json")
    assert [model.correct for model in record.models.values()] == [False, True]


def test_firmware_for_something_else_is_noted_and_recorded_as_what_it_is(tmp_path: Path) -> None:
    elf = firmware_for(load_board("stm32f103"), 128, "stock")
    result = scopeless("sim", "stm32f103", "--elf", elf, "--json", tmp_path / "r.json")
    assert "Note: The firmware set the core clock to 128 MHz, not to 72 MHz." in result.stdout
    record = read_record(tmp_path / "r.json")
    assert (record.clock_hz, record.libm) == (128_000_000, "stock")


def test_firmware_that_names_another_board_is_noted(tmp_path: Path) -> None:
    elf = tmp_path / "other.elf"
    elf.write_bytes(uno_elf().read_bytes().replace(b"on arduino_uno at", b"on arduino_duo at"))
    result = scopeless("sim", "arduino_uno", "--elf", elf)
    assert "Note: The firmware says that it was built for arduino_duo." in result.stdout


@pytest.mark.parametrize(
    ("kind", "code", "complaint"),
    [
        ("missing", 2, "missing.elf"),
        ("truncated", 2, "truncated.elf"),
        ("text", 2, "text.elf"),
        ("arm", 2, "stm32f103-72mhz-stock.elf"),
        ("silent", 1, "it sent nothing at all"),
        ("faulting", 1, "no valid instruction"),
    ],
)
def test_firmware_that_cannot_run_is_one_clear_sentence(
    tmp_path: Path, kind: str, code: int, complaint: str
) -> None:
    result = scopeless("sim", "arduino_uno", "--elf", spoilt(tmp_path, kind), "--json", tmp_path / "r.json")
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    sentence = result.stderr.splitlines()[0]
    assert sentence.startswith("scopeless: ") and complaint in sentence and "Traceback" not in result.stderr
    assert not (tmp_path / "r.json").exists()


def test_a_cortex_m_fault_prints_registers_and_place(tmp_path: Path) -> None:
    """An undefined instruction (UDF #0) in place of the reset handler's first."""
    path = firmware_for(load_board("stm32f103"), 72, "recorded")
    content = path.read_bytes()
    address, flash = Elf.open(path).segments[0]
    reset = struct.unpack_from("<I", flash, 4)[0] & ~1
    offset = content.index(flash) + reset - address
    elf = tmp_path / "fault.elf"
    elf.write_bytes(content[:offset] + b"\x00\xde" + content[offset + 2 :])
    result = scopeless("sim", "stm32f103", "--elf", elf)
    assert (result.returncode, result.stdout) == (1, "")
    sentence, *detail = result.stderr.splitlines()
    assert sentence.startswith("scopeless: ") and f"{reset:#010x}" in sentence
    assert any("r0" in line.lower() for line in detail), "registers"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_file_and_no_process(tmp_path: Path, number: int) -> None:
    """Ended at many moments: a record is whole or not there, and the engine's process goes too."""
    for moment in range(12):
        target = tmp_path / "r.json"
        target.unlink(missing_ok=True)
        mark = f"{tmp_path}/{moment}"
        process = subprocess.Popen(
            [sys.executable, "-m", "scopeless", "sim", "arduino_uno", "--json", str(target)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "SCOPELESS_TEST_MARK": mark},
        )
        wait_until_it_handles_signals(process.pid)
        time.sleep(0.03 * moment)
        process.send_signal(number)
        stderr = process.communicate(timeout=30)[1]
        # -number: killed, or ended so late that Python had already given its handlers back.
        ends = (-number,) if number == signal.SIGKILL else (128 + number, -number)
        assert process.returncode in (*ends, 0)
        assert stderr == b""
        if target.exists():
            json.loads(target.read_text())
        assert set(os.listdir(tmp_path)) <= {"r.json"}
        wait_until_gone(mark)
