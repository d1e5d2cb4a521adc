"""The report from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from records import make_record
from scopeless.benchmark.record import write_record
from scopeless.cli import main
from scopeless_analysis.raster import svg_to_png


@pytest.fixture
def records(tmp_path: Path) -> Path:
    folder = tmp_path / "records"
    folder.mkdir()
    for mhz in (72, 128):
        write_record(folder / f"stm32f103-{mhz}.json", make_record(mhz * 1_000_000))
    return folder


def test_the_reports_files(records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "report"
    assert main(["analyze", "--records", str(records), "--out", str(out)]) == 0
    names = {path.name for path in out.iterdir()}
    assert {"index.html", "rows.csv", "summary.md", "fidelity.svg"} <= names
    shown = capsys.readouterr().out
    for name in ("fidelity.png", "rows.parquet"):
        assert (name in names) != (f"{name} is left out" in shown), "there, or said why not"
    assert f"The report is {out / 'index.html'}" in shown
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["analyze", "--records", str(records), "--out", str(out)]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_links_lead_to_docs_only_from_inside_the_clone(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clone" / "docs" / "findings").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "clone")
    for out in (Path("build/report"), tmp_path / "elsewhere"):
        assert main(["analyze", "--records", str(records), "--out", str(out)]) == 0
    link = 'href="../../docs/findings/published-figures.md"'
    assert link in Path("build/report/index.html").read_text()
    assert ".md" in (tmp_path / "elsewhere/index.html").read_text()
    assert "docs/findings/published-figures.md</a>" not in (tmp_path / "elsewhere/index.html").read_text()


def test_a_report_that_cannot_be_written(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["analyze", "--records", str(records), "--out", str(tmp_path / "file")]) == 2
    assert "The folder" in capsys.readouterr().err


def test_no_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--records", str(tmp_path), "--out", str(tmp_path / "report")]) == 2
    assert "make matrix" in capsys.readouterr().err


def test_without_a_renderer_there_is_no_png(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert svg_to_png(b"<svg/>") is None
