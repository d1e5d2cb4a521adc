"""scopeless check on real boards: what did not change passes, what got slower is caught and named."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import ROOT, scopeless
from scopeless.board import load_board
from scopeless.cli import main
from scopeless.firmware.build import firmware_for, missing_tool
from scopeless.guard.baseline import read_baseline
from scopeless.guard.config import Firmware
from scopeless.guard.measure import measure, sizes
from support.junit import check_junit

BOARD = load_board("stm32f103")
EXP = "exp(-x)"
SLOWER = "exp(-x * 1.0000000001)"
"""One multiplication more in sigmoid(); the predictions stay right."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose firmware is a file, app.elf, as any project has it."""
    shutil.copy(firmware_for(BOARD, 72, "recorded"), tmp_path / "app.elf")
    (tmp_path / "scopeless.toml").write_text('[[firmware]]\nboard = "stm32f103"\nelf = "app.elf"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Builds the firmware from a copy of its sources in which sigmoid() calls exp() as told."""
    if missing := missing_tool(BOARD):
        pytest.skip(f"{missing} is not installed")
    folder = tmp_path_factory.mktemp("slowed")
    shutil.copytree(ROOT / "firmware", folder / "firmware", ignore=shutil.ignore_patterns("prebuilt"))
    source = folder / "firmware/common/network.c"

    def make(*variables: str, exp: str) -> Path:
        text = (ROOT / "firmware/common/network.c").read_text()
        assert text.count(EXP) == 1
        source.write_text(text.replace(EXP, exp))
        out = folder / "build"
        command = ["make", "-s", "-C", source.parents[1], "BOARD=stm32f103", f"BUILD={out}", *variables]
        names = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        environment = {name: value for name, value in os.environ.items() if name not in names}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        suffix = "-nofastmath" if variables else ""
        return out / f"stm32f103-72mhz-recorded{suffix}.elf"

    return make


def sigmoid_line() -> int:
    lines = (ROOT / "firmware/common/network.c").read_text().splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if EXP in line]
    return number


def test_unchanged_firmware_passes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (project / "scopeless.toml").open("a") as file:
        file.write('[[firmware]]\nboard = "arduino_uno"\n')
    assert main(["check", "--update"]) == 0
    assert "16 figures of 2 firmware: 16 new.\n" in capsys.readouterr().out
    folder = project / "baselines"
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert written.keys() == {"app.json", "arduino_uno-16mhz-stock.json"}

    assert main(["check"]) == 0
    assert capsys.readouterr() == ("16 figures of 2 firmware: 16 as in the baseline.\n", "")
    assert main(["check", "--update", "--jobs", "1"]) == 0
    assert "Accepted: 0 of 2 baselines in baselines changed.\n" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written


def test_a_slower_sigmoid_is_caught_named_and_can_be_accepted(
    project: Path, build: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--update"]) == 0
    fast = (project / "app.elf").read_bytes()
    old = read_baseline(project / "baselines", "app").models["simple2"].predict
    shutil.copy(build(exp=SLOWER), project / "app.elf")
    capsys.readouterr()

    assert main(["check", "--junit", "junit.xml", "--json", "check.json", "--markdown", "check.md"]) == 3
    output = capsys.readouterr()
    sigmoid = rf"sigmoid \+\d+ cycles, network\.c:{sigmoid_line()}\b"
    assert re.search(rf"^app simple1: .*{sigmoid}", output.out, re.MULTILINE)
    assert re.search(rf"^app simple2: .*{sigmoid}", output.out, re.MULTILINE)
    assert re.search(
        rf"^app +simple2 predict +{old} +\d+ +\+\d+ +\+\d+\.\d\d +0 +REGRESSION$", output.out, re.M
    )
    assert "The compiler" not in output.out and "as many instructions" not in output.out
    assert re.search(r"^app flash: .*sigmoid \+\d+ bytes, network\.c:\d+", output.out, re.MULTILINE)
    assert re.fullmatch(
        r"scopeless: \d figures grew beyond their limits, see above; "
        r"if that is meant, accept it with `scopeless check --update`\.\n",
        output.err,
    )
    failures = {case.get("name"): failure.text for case, failure in _failures(project / "junit.xml")}
    assert re.search(f"^{sigmoid}$", failures["simple2 predict"] or "", re.MULTILINE)
    data = json.loads((project / "check.json").read_text())
    assert data["firmware"][0]["firmware_changed"] is True
    assert data["regressions"] == len(failures)
    assert f"network.c:{sigmoid_line()}" in (project / "check.md").read_text()

    assert main(["check", "--update"]) == 0
    assert main(["check"]) == 0
    (project / "app.elf").write_bytes(fast)
    capsys.readouterr()
    assert main(["check"]) == 0
    improved = capsys.readouterr().out
    assert "simple2 predict" in improved and " improved\n" in improved and "REGRESSION" not in improved
    assert improved.endswith("Keep the improvement: accept it with `scopeless check --update`.\n")


def _failures(path: Path) -> list[tuple[ET.Element, ET.Element]]:
    root = check_junit(path.read_text())
    return [(case, case[0]) for case in root.iterfind("testsuite/testcase") if len(case)]


def test_growth_within_the_limit_passes(
    project: Path, build: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--update"]) == 0
    with (project / "scopeless.toml").open("a") as file:
        file.write('[limits.stm32f103]\nall = "10%"\n')
    shutil.copy(build(exp=SLOWER), project / "app.elf")
    assert main(["check"]) == 0
    shown = capsys.readouterr().out
    assert "10%  within limit\n" in shown and "REGRESSION" not in shown


def test_other_flags_are_named_before_a_number(
    project: Path, build: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--update"]) == 0
    capsys.readouterr()
    shutil.copy(build("FASTMATH=0", exp=EXP), project / "app.elf")
    main(["check", "--verbose"])
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "The compiler's flags changed: now without -ffast-math (app)."


def test_every_cycle_of_a_prediction_has_its_line() -> None:
    """On a machine without caches, profile and session see the same prediction."""
    cost = measure(Firmware("app", "stm32f103", 72, "recorded"))
    for model in cost.models.values():
        assert sum(sum(lines.values()) for lines in model.functions.values()) == model.predict
    assert {"dot", "sigmoid"} <= cost.models["simple1"].functions.keys()


@pytest.mark.parametrize(("name", "tool"), [("stm32f103", "arm-none-eabi-size"), ("arduino_uno", "avr-size")])
def test_sizes_are_those_of_binutils(name: str, tool: str) -> None:
    """text + data is flash, data + bss is RAM (size --format=berkeley)."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    board = load_board(name)
    elf = firmware_for(board, board.clocks_mhz[0], board.libm[0])
    printed = subprocess.run([tool, elf], capture_output=True, text=True, check=True).stdout.splitlines()
    text, data, bss = map(int, printed[1].split()[:3])
    assert sizes(elf) == (text + data, data + bss)


@pytest.mark.parametrize(
    ("toml", "arguments", "complaint"),
    [
        (None, [], "There is no scopeless.toml; write one (docs/ci.md), or guard every board with"),
        (None, ["--config", "ci.toml"], "There is no ci.toml; write one"),
        ("", [], "There is no baseline baselines/app.json; accept what is measured now with `scopeless"),
        ("", ["stm32f13"], "No guarded firmware or its board is called 'stm32f13' (did you mean"),
        ("", ["--jobs", "0"], "--jobs must be at least 1, not 0."),
        ("", ["--junit", "no/j.xml"], "no/j.xml cannot be written: there is no folder no;"),
        ("clock = 128", ["--update"], "app: the firmware sets its clock to 72 MHz, not 128 MHz; correct"),
        ('libm = "stock"', ["--update"], "app: the firmware says that its libm is recorded, not stock;"),
        ('[limits]\nall = "little"', [], "scopeless.toml: limits.all: 'little' is not a limit; write"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(
    project: Path, toml: str | None, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if toml is None:
        (project / "scopeless.toml").unlink()
    else:
        with (project / "scopeless.toml").open("a") as file:
            file.write(toml)
    assert main(["check", *arguments]) == 2
    message = capsys.readouterr().err
    assert message.startswith("scopeless: ") and message.count("\n") == 1
    assert complaint in message
    assert not (project / "baselines").exists()


def test_a_missing_elf(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app.elf").unlink()
    assert main(["check", "--update"]) == 2
    assert "app: Firmware app.elf cannot be read: no such file or directory" in capsys.readouterr().err


def test_wrong_predictions_fail_the_check_and_are_not_accepted(
    project: Path, build: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(build(exp="exp(-x * 1.5)"), project / "app.elf")
    assert main(["check", "--update", "--junit", "junit.xml"]) == 1
    assert capsys.readouterr().err == (
        "scopeless: app: simple1 and simple2 did not predict what the trained network does.\n"
    )
    ((_, error),) = _failures(project / "junit.xml")
    assert (error.tag, error.get("type")) == ("error", "CheckFailed")
    assert not (project / "baselines").exists()


def test_firmware_of_another_board(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = load_board("sparkfun_edge")
    shutil.copy(firmware_for(other, other.clocks_mhz[0], other.libm[0]), project / "app.elf")
    assert main(["check", "--update"]) == 2
    assert "scopeless: app: Firmware app.elf has no vector table at" in capsys.readouterr().err


def test_update_repairs_a_broken_baseline(project: Path) -> None:
    (project / "baselines").mkdir()
    (project / "baselines/app.json").write_text("<<<<<<< HEAD\n")
    assert main(["check"]) == 2
    assert main(["check", "--update"]) == 0
    assert main(["check"]) == 0


def test_killed_at_any_moment_of_an_update_the_baseline_is_whole(project: Path) -> None:
    """The whole command, killed at random moments; then the writing alone, which is a small part of it."""
    began = time.monotonic()
    assert scopeless("check", "--update").returncode == 0
    duration = time.monotonic() - began
    path = project / "baselines/app.json"
    new = path.read_bytes()
    old = new.replace(b'"flash": ', b'"flash": 1')
    seed = random.Random(5)
    command = [sys.executable, "-m", "scopeless"]
    for _ in range(6):
        path.write_bytes(old)
        _kill_after(seed.uniform(0.5, 1.1) * duration, [*command, "check", "--update"])
        assert path.read_bytes() in (old, new)

    names = ("app", "second", "third")
    twice = (
        "import dataclasses, pathlib, scopeless.guard.baseline as b\n"
        "folder = pathlib.Path('baselines'); new = b.read_baseline(folder, 'app')\n"
        f"new = [dataclasses.replace(new, name=name) for name in {names}]\n"
        "old = [dataclasses.replace(one, flash=1) for one in new]\n"
        "while True:\n"
        "    for one in old + new: b.write_baseline(folder, one)\n"
    )
    path.write_bytes(new)
    for name in names:
        (project / f"baselines/{name}.json").write_bytes(new.replace(b'"app"', f'"{name}"'.encode()))
    for _ in range(15):
        _kill_after(seed.uniform(0.2, 0.5), [sys.executable, "-c", twice])
        for name in names:
            assert read_baseline(project / "baselines", name).flash in (1, json.loads(new)["flash"])
    assert {file.name for file in (project / "baselines").iterdir()} == {f"{name}.json" for name in names}


def _kill_after(seconds: float, command: list[str]) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
