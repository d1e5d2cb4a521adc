"""The front door."""

import subprocess

from commands import ROOT


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
    assert "Boards: arduino_uno stm32f103" in result.stdout


def test_sim_without_a_board_asks_for_one() -> None:
    result = make("sim")
    assert result.returncode == 2
    assert "scopeless: say which board: make sim BOARD=..., one of: arduino_uno stm32f103." in result.stderr
