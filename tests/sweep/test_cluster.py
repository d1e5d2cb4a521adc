"""The same sweep through a Dask cluster of two processes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import scopeless
from scopeless.board import load_board
from scopeless.cli import main
from scopeless.firmware.build import missing_tool
from scopeless.sweep import cluster

distributed = pytest.importorskip("distributed")
ARGUMENTS = ("stm32f103", "--wait-states", "1,2", "--float", "no,yes", "--model", "simple1")

needs_compiler = pytest.mark.skipif(
    missing_tool(load_board("stm32f103")) is not None, reason="no Arm compiler"
)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as started:
        yield started.scheduler_address


@needs_compiler
def test_a_cluster_gives_the_same_bytes(scheduler: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    assert scopeless("sweep", *ARGUMENTS, "--out", here).returncode == 0
    result = scopeless("sweep", *ARGUMENTS, "--out", there, "--scheduler", scheduler)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    names = {path.name for path in here.iterdir()}
    assert {"points.jsonl", "sweep.csv", "effects.csv", "sweep.svg"} <= names
    for name in names:
        assert (here / name).read_bytes() == (there / name).read_bytes(), name
    again = scopeless("sweep", *ARGUMENTS, "--out", here, "--scheduler", scheduler, "--resume")
    assert "4 points, simple1; 4 taken from before" in again.stdout


@needs_compiler
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("localhost", "--scheduler 'localhost' is no address of a Dask scheduler, like tcp://host:8786."),
        ("tcp://127.0.0.1:1", "No Dask scheduler answers at 'tcp://127.0.0.1:1'"),
    ],
)
def test_no_scheduler(
    address: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_S", 0.5)
    assert main(["sweep", "stm32f103", "--out", str(tmp_path), "--scheduler", address]) == 2
    assert says in capsys.readouterr().err


@needs_compiler
def test_a_scheduler_without_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_S", 2)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        address = empty.scheduler_address
        assert main(["sweep", "stm32f103", "--out", str(tmp_path), "--scheduler", address]) == 2
    assert f"The Dask scheduler at {address} has no worker; start one with" in capsys.readouterr().err


@needs_compiler
def test_without_dask_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["sweep", "stm32f103", "--out", str(tmp_path), "--scheduler", "tcp://h:1"]) == 2
    assert "pip install 'scopeless[dask]'" in capsys.readouterr().err
