"""Sweeps with real firmware: their results, and what is left of one that was ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import ROOT, scopeless
from scopeless.benchmark.simulate import simulate
from scopeless.board import load_board
from scopeless.errors import UsageError
from scopeless.firmware.build import missing_tool
from scopeless.sweep.axes import Point, choices_of, points, select
from scopeless.sweep.run import JOURNAL, run_sweep

F103 = load_board("stm32f103")
ARGUMENTS = ("stm32f103", "--wait-states", "1,2", "--prefetch", "on,off", "--model", "simple1")

pytestmark = pytest.mark.skipif(missing_tool(F103) is not None, reason="no Arm compiler")


def some_points(**wanted: str) -> list[Point]:
    choices = choices_of(F103)
    return points(F103, choices, select(F103, choices, wanted))


def test_results_come_in_the_points_order_and_are_taken_up_again(tmp_path: Path) -> None:
    few, more = some_points(wait_states="2,1"), some_points(wait_states="0..2")
    first = run_sweep(F103, few, tmp_path)
    assert [result.point for result in first.results] == few
    assert first.reused == 0
    again = run_sweep(F103, more, tmp_path, resume=True)
    assert again.reused == 2
    assert [result.point for result in again.results] == more
    cycles = [r.record.models["simple1"].predict_cycles for r in again.results if r.record]
    assert cycles[0] < cycles[1] < cycles[2], "fewer wait states, fewer cycles"
    assert again.results[1].record == first.results[1].record
    assert again.results[2].record == simulate(F103, 72, "recorded")
    notes = [r.record.notes for r in again.results if r.record]
    assert notes[0][0] == "What if: 0 ws, set by the firmware's build."
    assert "the real chip may read wrong instructions" in notes[0][1]
    assert notes[2] == ()
    assert run_sweep(F103, more, tmp_path).reused == 0, "only when asked to"


def test_one_point_that_cannot_be_built_does_not_end_the_sweep(tmp_path: Path) -> None:
    good = some_points()[0]
    bad = Point("stm32f103", (("clock", "72"), ("opt", "9"), ("libm", "recorded")), ("opt",), False)
    result = run_sweep(F103, [good, bad], tmp_path).results
    assert result[0].record is not None and result[1].record is None
    assert "stm32f103 has no OLEVEL=9" in result[1].error
    with pytest.raises(UsageError, match="OLEVEL=9"):
        run_sweep(F103, [bad], tmp_path)


def test_a_killed_sweep_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert scopeless("sweep", *ARGUMENTS, "--out", whole).returncode == 0
    journal = killed / JOURNAL
    process = subprocess.Popen(
        [sys.executable, "-m", "scopeless", "sweep", *ARGUMENTS, "--jobs", "1", "--out", str(killed)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not journal.exists() or journal.read_bytes().count(b"\n") < 2:
        assert process.poll() is None, "it ended before it was killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "sweep.csv").exists()
    with journal.open("a") as file:
        file.write('{"key":"half a li')
    there = sum("record" in json.loads(line) for line in journal.read_text().splitlines()[:-1])
    result = scopeless("sweep", *ARGUMENTS, "--out", killed, "--resume")
    assert result.returncode == 0, result.stderr
    assert f"4 points, simple1; {there} taken from before" in result.stdout
    for path in sorted(whole.iterdir()):
        assert (killed / path.name).read_bytes() == path.read_bytes(), path.name
