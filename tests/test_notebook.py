"""The Colab notebook: its Python cells run here on a stand-in for Renode, without Colab and its tools."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from commands import ROOT
from scopeless.benchmark.session import run_session
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.firmware.build import firmware_for
from support.renode_double import Emulation

NOTEBOOK = ROOT / "analysis" / "notebooks" / "renode_colab.ipynb"


def cells() -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def cell(text: str) -> str:
    (found,) = [source for source in cells() if text in source]
    return found


def test_every_cell_is_python_or_shell_and_has_no_output_kept() -> None:
    for source in cells():
        if not all(line.startswith("!") for line in source.splitlines()):
            compile(source, "cell", "exec")
    assert not any(each.get("outputs") for each in json.loads(NOTEBOOK.read_text())["cells"])


def test_colab_tools_are_imported_nowhere_else() -> None:
    sources = [
        path for name in ("sim", "analysis", "robot", "scripts") for path in (ROOT / name).rglob("*.py")
    ]
    assert sources
    assert not [path for path in sources if re.search(r"renode_colab_tools", path.read_text())]


@pytest.mark.parametrize("name", ["stm32f103", "teensy32"])
def test_the_run_and_its_windows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scopeless").symlink_to(ROOT)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"BOARD": name}
    exec(cell("commands = ["), names)
    emulation = Emulation()
    for command in (tmp_path / "run.resc").read_text().splitlines():
        emulation.execute(command)
    exec(cell("windows = "), names)

    board = load_board(name)
    with start(board) as machine:
        machine.load(firmware_for(board, board.clocks_mhz[0], "recorded"))
        session = run_session(machine)
    expected = [
        window.instructions + window.counters.get("it_skipped", 0)  # Renode does not tell them apart
        for model in ("simple1", "simple2")
        for window in (session.models[model].windows.toggle, session.models[model].windows.predict)
    ]
    assert names["windows"].instructions.tolist() == expected
