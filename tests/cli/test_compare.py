"""The matrix and the comparison, from the command line on real boards."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from scopeless.cli import main
from scopeless_analysis.tables import COLUMNS

BOARDS = ["stm32f103", "arduino_uno"]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matrix")
    assert main(["matrix", *BOARDS, "--out", str(folder)]) == 0
    return folder


def test_the_matrix_writes_a_record_for_every_clock(records: Path) -> None:
    assert sorted(path.name for path in records.iterdir()) == [
        "arduino_uno-16mhz-stock-first.json",
        "arduino_uno-16mhz-stock.json",
        "stm32f103-128mhz-recorded.json",
        "stm32f103-72mhz-recorded.json",
    ]


def test_the_comparison_has_a_row_for_every_recorded_figure(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "rows.csv", tmp_path / "rows.json"
    assert main(["compare", "--records", str(records), "--csv", str(files[0]), "--json", str(files[1])]) == 0
    with files[0].open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["board"], row["clock_mhz"], row["model"], row["quantity"]) for row in rows] == [
        ("stm32f103", mhz, model, quantity)
        for mhz in ("72", "128")
        for model, quantity in (("simple1", "toggle"), ("simple1", "predict"), ("simple2", "predict"))
    ] + [
        ("arduino_uno", "16", "simple1", "toggle"),
        ("arduino_uno", "16", "simple1", "predict"),
        ("arduino_uno", "16", "simple2", "predict"),
    ]
    assert all(abs(float(row["error_percent"])) < 10 for row in rows if row["board"] == "stm32f103")
    assert [row["note"] for row in json.loads(files[1].read_text())] == [row["note"] for row in rows]
    uno = [row for row in rows if row["board"] == "arduino_uno"]
    assert all(abs(float(row["error_percent"])) < 2 for row in uno), "simple1 as the first sketch had it"
    assert "rows: median error" in capsys.readouterr().out


def test_no_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--records", str(tmp_path)]) == 2
    assert "make matrix" in capsys.readouterr().err


def test_an_unknown_board(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "stm32f104"]) == 2
    assert "stm32f103" in capsys.readouterr().err
