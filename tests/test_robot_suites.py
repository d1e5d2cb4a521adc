"""The suites in robot/ on real boards: green with the benchmark, and red for the right reason with firmware
that was broken on purpose."""

import math
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from robot.api import ExecutionResult

from commands import ROOT
from scopeless.board import load_board
from scopeless.firmware.build import MAKE_VARIABLES, missing_tool

needs_compiler = pytest.mark.skipif(
    missing_tool(load_board("stm32f103")) is not None, reason="no arm-none-eabi-gcc with newlib"
)


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """robot/run.py, as `make robot` starts it."""
    return python(ROOT / "robot" / "run.py", *arguments, **environment)


def python(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def failures(output: Path) -> dict[str, str]:
    """Message by name of each test that failed."""
    suite = ExecutionResult(str(output)).suite
    return {
        f"{child.name}: {test.name}": test.message
        for child in suite.suites
        for test in child.tests
        if test.failed
    }


def test_the_suites_pass_on_two_boards_and_leave_log_and_xunit(tmp_path: Path) -> None:
    result = run("stm32f103", "arduino_uno", "--output", tmp_path)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    assert re.search(r"stm32f103 +28 passed +0 failed +0 skipped", result.stdout)
    assert re.search(r"arduino_uno +28 passed +0 failed +0 skipped", result.stdout)
    assert len(ElementTree.parse(tmp_path / "xunit.xml").findall(".//testcase")) == 2 * 28
    assert (tmp_path / "log.html").stat().st_size > 10_000
    assert "&lt;svg" in (tmp_path / "output.xml").read_text(), "waveforms are in the log"


BROKEN = {
    "wrong weight": ("common/weights.h", "9.67299303", "9.5"),
    "toggle": (
        "common/benchmark.c",
        "static inline void toggle_twice(void)\n{\n",
        "static inline void toggle_twice(void)\n{\n    hal_pin_high();\n    hal_pin_low();\n",
    ),
    "slower loop": (
        "common/network.c",
        "        sum += v[i] * u[i];\n",
        "    {\n        sum += v[i] * u[i];\n        for (volatile int k = 0; k < 6; k++);\n    }\n",
    ),
}


def failures_of_broken(tmp_path: Path, what: str) -> dict[str, str]:
    """Build the stm32f103's firmware with one place changed, and run the suites on it."""
    file, old, new = BROKEN[what]
    sources = tmp_path / "firmware"
    shutil.copytree(ROOT / "firmware", sources, ignore=shutil.ignore_patterns("prebuilt"))
    text = (sources / file).read_text()
    assert text.count(old) == 1
    (sources / file).write_text(text.replace(old, new))
    subprocess.run(
        ["make", "-s", "-C", sources, "BOARD=stm32f103", "CLOCK=72", f"BUILD={tmp_path}/build"],
        env={name: value for name, value in os.environ.items() if name not in MAKE_VARIABLES},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    elf = tmp_path / "build" / "stm32f103-72mhz-recorded.elf"
    result = run("stm32f103", "--clock", 72, "--elf", elf, "--output", tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    found = failures(tmp_path / "stm32f103" / "output.xml")
    for name, message in found.items():
        assert f"FAILED {name}\n    {message}" in result.stdout
    return found


@needs_compiler
def test_a_wrong_weight_fails_the_predictions(tmp_path: Path) -> None:
    found = failures_of_broken(tmp_path, "wrong weight")
    message = found["Predictions: Simple1 Predicts The Golden Table"]
    assert (
        "simple1 on stm32f103 does not predict the golden table: its weights, inputs or arithmetic" in message
    )
    assert "differ; 4 of 8 outputs are wrong" in message
    # The first weight is 9.5 in place of 9.67, the third one -4.63.
    for inputs, weighted in (("1 0 0", 9.5), ("1 0 1", 9.5 - 4.62963669)):
        assert f"[{inputs}] = {1 / (1 + math.exp(-weighted)):.8f} should be " in message
    assert "Predictions: Simple2 Predicts The Golden Table" not in found
    assert not any(name.startswith(("Timing", "Determinism", "Faults")) for name in found)


@needs_compiler
def test_one_toggle_too_many_fails_the_pin_protocol(tmp_path: Path) -> None:
    found = failures_of_broken(tmp_path, "toggle")
    assert found["Protocol: Each Run Makes Six Edges"].startswith(
        "CheckFailed: PB12 changed its level 16 times since power-on, not 12 times: high at cycle "
    )
    message = found["Timing: The Toggle Takes As Long As Recorded"]
    assert "must give six edges of one pin, high low high low high low, but gave PB12=1 at cycle " in message
    assert not any(name.startswith(("Predictions", "Determinism", "Faults")) for name in found)


@needs_compiler
def test_a_slower_loop_fails_the_timing(tmp_path: Path) -> None:
    found = failures_of_broken(tmp_path, "slower loop")
    assert set(found) == {
        "Timing: Simple1 Takes As Long As Recorded",
        "Timing: Simple2 Takes As Long As Recorded",
    }
    message = found["Timing: Simple2 Takes As Long As Recorded"]
    match = re.fullmatch(
        r"CheckFailed: The prediction of simple2 on stm32f103 at 72 MHz takes \d+ cycles \(\d+\.\d+ us\), "
        r"(\d+\.\d)% longer than the recorded 700 us; allowed are 10 % to either side\.",
        message,
    )
    assert match, message
    assert 15 < float(match[1]) < 25


def test_a_board_ends_with_its_suite(tmp_path: Path) -> None:
    (tmp_path / "a.robot").write_text(
        "*** Settings ***\nLibrary    scopeless.robot\n\n*** Test Cases ***\nIt Fails\n"
        "    Start Board    arduino_uno\n    Wait For Line    Ready\n    Fail    on purpose\n"
    )
    (tmp_path / "b.robot").write_text(
        "*** Settings ***\nLibrary    children.py\n\n*** Test Cases ***\nNo Engine Is Left\n"
        "    ${left} =    Children\n    Should Be Empty    ${left}\n"
    )
    (tmp_path / "children.py").write_text(
        "import os\nfrom pathlib import Path\n\n\ndef children():\n"
        "    threads = Path(f'/proc/{os.getpid()}/task').glob('*/children')\n"
        "    return ' '.join(thread.read_text() for thread in threads).split()\n"
    )
    result = python("-m", "robot", "--outputdir", tmp_path, tmp_path)
    found = ExecutionResult(str(tmp_path / "output.xml")).suite.suites
    messages = [test.message for suite in found for test in suite.tests]
    assert messages == ["on purpose", ""], result.stdout


def test_the_suites_pass_on_the_version_that_renode_pins(tmp_path: Path) -> None:
    folder = tmp_path / "robotframework"
    fetched = python("-m", "pip", "install", "-q", "--no-deps", "--target", folder, "robotframework==6.1.1")
    if fetched.returncode:
        pytest.skip("Robot Framework 6.1.1 cannot be fetched")
    result = run(
        "arduino_uno", "--output", tmp_path, PYTHONPATH=f"{folder}:{os.environ.get('PYTHONPATH', '')}"
    )
    assert "28 passed    0 failed" in result.stdout
    assert "Robot Framework 6.1.1;" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ardino_uno"], "There is no board called 'ardino_uno'; did you mean 'arduino_uno'?"),
        (["arduino_uno", "--engine", "unicorn"], "'unicorn' cannot run arduino_uno; its engines: simavr."),
        (["--engine", "gem5"], "There is no engine called 'gem5' that can run a board."),
        (
            ["stm32f103", "--clock", "8"],
            "stm32f103 does not run at 8 MHz; choose one of its clocks: 72, 128.",
        ),
        (["--elf", "x.elf"], "Firmware of your own fits one board; say which."),
        (["--frob"], "unrecognized arguments: --frob; see 'robot/run.py --help'."),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"scopeless: {message}\n")


def test_an_engine_that_is_not_installed_is_said_once(tmp_path: Path) -> None:
    nowhere = str(tmp_path)
    result = run("stm32f103", "--engine", "renode", RENODE=nowhere, PATH=nowhere, HOME=nowhere)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("scopeless: ") and result.stderr.count("\n") == 1
    assert "enode" in result.stderr


def test_the_keyword_documentation_is_up_to_date(tmp_path: Path) -> None:
    """The code in the page is Robot Framework's and changes with its version; all else stays the same."""
    program = "import sys; sys.path.insert(0, sys.argv[1]); import libdoc; sys.stdout.write(libdoc.page())"
    made = python("-c", program, ROOT / "robot").stdout
    kept = (ROOT / "docs" / "robot-library.html").read_text()
    if library_version(made) == library_version(kept):
        assert made == kept, "renew it with robot/libdoc.py"
    assert str(ROOT) not in kept


def library_version(page: str) -> str:
    """The version of Robot Framework that made ``page``."""
    match = re.search(r'content="Robot Framework ([^"]*)"', page)
    assert match
    return match[1]


def test_the_example_in_the_documentation_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "robot.md").read_text()
    example = re.search(r"^```robotframework\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert example
    (tmp_path / "mine.robot").write_text(example[1])
    result = python("-m", "robot", "--outputdir", tmp_path, tmp_path / "mine.robot")
    assert "2 tests, 2 passed, 0 failed" in result.stdout, result.stdout
