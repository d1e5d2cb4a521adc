"""A file is whole at any moment: old, or new, never half."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scopeless.errors import UsageError
from scopeless.files import write_atomically


def test_writes_text_and_bytes_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "µs\n")
    write_atomically(tmp_path / "b", b"\x00\x01")
    assert (tmp_path / "a").read_bytes() == "µs\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\x00\x01"
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_atomically(tmp_path / "file", "x")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_file_system_without_unnamed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    write_atomically(tmp_path / "file", "x")
    assert (tmp_path / "file").read_text() == "x"
    assert os.listdir(tmp_path) == ["file"]


def test_follows_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_atomically(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "x"


def test_a_pipe_is_written_directly(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE)
    write_atomically(tmp_path / "pipe", "through")
    assert reader.communicate(timeout=10)[0] == b"through"


@pytest.mark.parametrize("name", ["missing/file", "."])
def test_an_impossible_place_is_a_usage_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"folder"):
        write_atomically(tmp_path / name, "x")
    assert os.listdir(tmp_path) == []


def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    """A process rewrites one file with 1 MB of 'a', then of 'b', and so on; it is killed at many moments."""
    target = tmp_path / "file"
    writer = (
        "import sys, itertools, pathlib; from scopeless.files import write_atomically\n"
        "for byte in itertools.cycle('ab'): write_atomically(pathlib.Path(sys.argv[1]), byte * 1_000_000)"
    )
    seen = set()
    for delay in range(20):
        process = subprocess.Popen([sys.executable, "-c", writer, str(target)])
        while not target.exists():
            time.sleep(0.001)
        time.sleep(0.05 + delay * 0.0013)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in tmp_path.iterdir():  # a name that it had no time to remove holds a whole file, too
            content = path.read_bytes()
            assert len(content) == 1_000_000 and len(set(content)) == 1
        seen.add(target.read_bytes()[:1])
    assert seen == {b"a", b"b"}
