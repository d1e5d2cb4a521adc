"""``scopeless sweep`` as it is typed."""

from pathlib import Path

import pandas as pd
import pytest

from commands import on_terminal
from scopeless.board import load_board
from scopeless.cli import main
from scopeless.firmware.build import missing_tool

pytestmark = pytest.mark.skipif(missing_tool(load_board("stm32f103")) is not None, reason="no Arm compiler")


def test_a_sweep_prints_both_ends_and_writes_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--wait-states", "0,2", "--opt", "3,s", "--model", "simple1", "--top", "1"]
    assert main(["sweep", "stm32f103", *arguments, "--out", str(tmp_path / "deep" / "out")]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "STM32F103C8T6 'Blue Pill': 4 points, simple1"
    assert "simple1, the fastest and the slowest" in shown
    ends = [
        line.split() for line in shown if line[:1].isdigit() and "points" not in line and "rows" not in line
    ]
    assert [end[:3] for end in ends] == [["1", "0", "3"], ["4", "2", "s"]]
    assert ends[0][-2:] == ["UNSAFE", "FLASH"]
    assert any(line.startswith("opt s ") for line in shown)
    assert any(
        line.startswith("2 of 4 rows set fewer wait states than the manual asks for") for line in shown
    )
    frame = pd.read_csv(tmp_path / "deep" / "out" / "sweep.csv")
    regular = frame[frame["regular"]]
    assert (regular["predict_cycles"].item(), regular["opt"].item()) == (1175, "3")
    assert frame["notes"].str.contains("What if: 0 ws").sum() == 2
    assert (frame["flash_bytes"] > 0).all()


def test_a_board_without_the_axis(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "stm32f103", "--cache", "off"]) == 2
    assert "stm32f103 has no --cache to set; it has --clock, --wait-states," in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--jobs", "0"], "--jobs must be at least 1, not 0."),
        (["--top", "0"], "--top must be at least 1, not 0."),
        (["--colour", "cache"], "stm32f103 has no axis cache; choose one of: clock, wait_states,"),
        (["--engine", "simavr"], "'simavr' cannot run stm32f103"),
    ],
)
def test_misuse(arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "stm32f103", "--out", str(tmp_path), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    shown = on_terminal("sweep", "stm32f103", "--wait-states", "1,2", "--out", tmp_path)
    assert "2 points of stm32f103" in shown
    assert "2 of 2 done, stm32f103-72mhz-recorded" in shown
