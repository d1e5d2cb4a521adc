"""The worked projects in examples/: each builds, checks and tests itself from its own folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands import ROOT
from scopeless.board import load_board
from scopeless.firmware.build import missing_tool
from scopeless.firmware.elf import Elf

EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/scopeless.toml"))


def in_folder(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_from_its_own_folder(name: str, tmp_path: Path) -> None:
    if missing := missing_tool(load_board("stm32f103")):
        pytest.skip(f"{missing} is not installed")
    folder = tmp_path / name
    shutil.copytree(ROOT / "examples" / name, folder, ignore=shutil.ignore_patterns("build"))
    assert in_folder(folder, "make", "-s").returncode == 0
    (baseline,) = [p for p in (folder / "baselines").iterdir() if p.name != "pytest.json"]
    compiler = Elf.open(folder / "build" / f"{baseline.stem}.elf").compiler
    update = compiler != json.loads(baseline.read_text())["origin"]["compiler"]
    if update:  # another compiler gives other figures: then those of this one are accepted first
        in_folder(folder, sys.executable, "-m", "scopeless", "check", "--update")
        in_folder(folder, sys.executable, "-m", "pytest", "--scopeless-update")
    check = in_folder(folder, sys.executable, "-m", "scopeless", "check")
    assert check.returncode == 0, check.stdout + check.stderr
    tests = in_folder(folder, sys.executable, "-m", "pytest")
    assert tests.returncode == 0, tests.stdout
