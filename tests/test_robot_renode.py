"""robot/renode/, in the keywords of Renode's test runner, on a stand-in for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from robot.api import ExecutionResult

from commands import ROOT
from scopeless.board import board_names, load_board

SUITE = ROOT / "robot" / "renode" / "benchmark.robot"
KEYWORDS = ROOT / "tests" / "support" / "renode_keywords.robot"
ARM = [name for name in board_names() if load_board(name).core != "avr"]


def run(board: str, output: Path, suite: Path = SUITE) -> subprocess.CompletedProcess[str]:
    variables = {"BOARD": board, "RENODEKEYWORDS": KEYWORDS}
    command = [sys.executable, "-m", "robot", "--outputdir", str(output), "--console", "none"]
    for name, value in variables.items():
        command += ["--variable", f"{name}:{value}"]
    path = os.pathsep.join(map(str, (ROOT / "sim", ROOT / "analysis", ROOT / "tests")))
    return subprocess.run(
        [*command, str(suite)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("board", ARM)
def test_the_suite_passes_on_the_stand_in(board: str, tmp_path: Path) -> None:
    result = run(board, tmp_path)
    total = ExecutionResult(str(tmp_path / "output.xml")).statistics.total
    assert (total.passed, total.failed) == (6, 0), result.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "test", "message"),
    [
        ("content=${command}", "${command}", "STOP Ends The Runs", "WriteToUart has no parameter 'START'"),
        ("Should Be    12", "Should Be    14", "Each Run Makes Six Edges", "12 != 14"),
        ("- 3000) < 20", "- 2000) < 20", "START Runs Every Three Seconds Of Virtual Time", "not 3 s"),
        ("[${mode}]", "[2]", "TEST Prints The Golden Predictions", "no '[0 0 0] = 0.28424670'"),
    ],
)
def test_a_wrong_suite_fails(right: str, wrong: str, test: str, message: str, tmp_path: Path) -> None:
    text = SUITE.read_text()
    assert right in text
    folder = tmp_path / "robot" / "renode"
    folder.mkdir(parents=True)
    (folder / "wrong.robot").write_text(text.replace(right, wrong))
    for name in ("renode", "sim", "firmware"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copy(SUITE.parent / "board.py", folder)
    run("stm32f103", tmp_path / "out", folder / "wrong.robot")
    tests = ExecutionResult(str(tmp_path / "out" / "output.xml")).suite.tests
    assert message in {each.name: each.message for each in tests if each.failed}[test]
