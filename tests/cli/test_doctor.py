"""The doctor finds what is here, and says what brings what is not."""

import os
import subprocess
import sys
from pathlib import Path

from commands import ROOT, scopeless
from scopeless.board import board_names
from scopeless.tools import TOOLS, install_command, version_of


def test_everything_that_tests_need_is_here() -> None:
    result = scopeless("doctor")
    assert result.returncode == 0, result.stdout
    assert "missing" not in result.stdout.replace("install with", "").split("Boards")[0]
    assert result.stdout.count("can run") == len(board_names())


def test_without_tools_it_names_the_one_command_that_brings_them(tmp_path: Path) -> None:
    result = scopeless("doctor", PATH=str(tmp_path), SIMAVR_INCLUDE="")
    line = next(
        line for line in result.stdout.splitlines() if line.startswith("This installs what is missing:")
    )
    assert "apt-get install -y --no-install-recommends gcc " in line
    assert " gcc-arm-none-eabi " in line and " gcc-avr " in line


def test_it_runs_before_anything_is_installed() -> None:
    """Without site-packages: no rich, no unicorn, no pyelftools, and nothing of ours but the sources."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'sim'}:{ROOT / 'analysis'}"}
    command = [sys.executable, "-S", "-m", "scopeless", "doctor"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert result.returncode == 2, result.stderr
    assert "cannot run: unicorn, elftools missing" in result.stdout
    assert "This sets up what is missing:  make setup" in result.stdout


def test_versions_are_read_off_the_first_line() -> None:
    assert version_of("echo", "gcc (Debian 12.2.0-14) 12.2.1 20220819") == "12.2.1"
    assert version_of("echo", "no number") == "no number"
    assert version_of("false") is None
    assert version_of("there-is-no-such-program") is None


def test_the_command_to_type() -> None:
    assert install_command(["gcc", "make"], sudo=True) == (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends gcc make"
    )


def test_set_up_goes_on_when_nothing_is_missing() -> None:
    result = run_set_up(os.environ["PATH"])
    assert (result.returncode, result.stderr) == (0, "")


def test_set_up_without_apt_and_compiler_says_what_cannot_run(tmp_path: Path) -> None:
    result = run_set_up(str(tmp_path))
    assert result.returncode == 2
    assert "there is no apt-get to install them" in result.stderr
    assert "nothing runs without C compiler, C library: install by hand" in result.stderr


def test_set_up_without_apt_and_cross_compilers_goes_on_with_prebuilt_firmware(tmp_path: Path) -> None:
    for name in ("gcc", "make", "as", "ld"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    result = run_set_up(str(tmp_path))
    assert result.returncode == 0
    assert "Cortex-M boards run from prebuilt firmware" in result.stderr


def run_set_up(path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "install_packages.py"],
        capture_output=True,
        text=True,
        env={"PATH": path},
        check=False,
        timeout=60,
    )


def test_every_tool_has_a_package_and_a_known_need() -> None:
    assert all(tool.package for tool in TOOLS)
    assert {tool.need for tool in TOOLS} == {"setup", "build", "avr", "extra"}
