"""The front door."""

import re
import subprocess
import time

from commands import ROOT
from scopeless.board import board_names


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_make_alone_says_what_there_is() -> None:
    result = make()
    assert result.returncode == 0
    for target in ("sim", "test", "firmware", "doctor", "bench", "clean"):
        assert f"\n  make {target} " in result.stdout
    assert f"Boards: {' '.join(board_names())}\n" in result.stdout


def test_sim_without_a_board_asks_for_one() -> None:
    result = make("sim")
    assert result.returncode == 2
    assert (
        f"scopeless: say which board: make sim BOARD=..., one of: {' '.join(board_names())}." in result.stderr
    )


def test_a_warm_run_goes_straight_to_work() -> None:
    """Under 3 s of wall time, set-up checks and Python's start included."""
    assert make("sim", "BOARD=stm32f103").returncode == 0
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        result = make("sim", "BOARD=stm32f103")
        seconds.append(time.monotonic() - start)
        assert (result.returncode, result.stderr) == (0, "")
    assert min(seconds) < 3


def test_a_failing_run_fails_make() -> None:
    result = make("sim", "BOARD=stm32f1o3")
    assert result.returncode == 2
    assert "scopeless: There is no board called 'stm32f1o3'; did you mean 'stm32f103'?" in result.stderr


def test_a_target_with_a_folders_name_is_never_up_to_date() -> None:
    listed = re.findall(r"^  make (\w+) ", make().stdout, re.MULTILINE)
    folders = [target for target in listed if (ROOT / target).is_dir()]
    assert {"firmware", "robot"} <= set(folders)
    for target in folders:
        rules = make("-p", "-n", target).stdout
        assert re.search(rf"^{target}:.*\n#  Phony target", rules, re.MULTILINE), target
