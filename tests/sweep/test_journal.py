"""Results on disk, whatever happens to the process that writes them."""

from pathlib import Path

import pytest

from scopeless.errors import UsageError
from scopeless.sweep.journal import Journal

A, B, C = ('{"key":"a","n":1}', '{"key":"b","n":2}', '{"key":"c","n":3}')


def test_lines_are_there_for_the_next_one(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        assert journal.lines == {}
        journal.append(A)
        journal.append(B)
    with Journal(tmp_path / "j") as journal:
        assert journal.lines == {"a": A, "b": B}


@pytest.mark.parametrize("half", [B[:5], B, '{"key":"µ'.encode()[:-1].decode(errors="ignore")])
def test_half_a_line_is_taken_away_and_does_not_spoil_the_next(tmp_path: Path, half: str) -> None:
    path = tmp_path / "j"
    path.write_text(f"{A}\n{half}")
    with Journal(path) as journal:
        assert journal.lines == {"a": A}
        journal.append(C)
    assert path.read_text() == f"{A}\n{C}\n"


def test_what_is_no_result_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"key": 1}\n[]\n\xff\xfe\n\n' + A.encode() + b"\n")
    with Journal(path) as journal:
        assert journal.lines == {"a": A}


def test_finish_leaves_the_sweeps_order_then_what_was_there_of_others(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text(f"{C}\n{A}\n")
    with Journal(path) as journal:
        journal.append(B)
        journal.finish([A, B])
    assert path.read_text() == f"{A}\n{B}\n{C}\n"


def test_two_sweeps_cannot_write_to_one_folder(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"), pytest.raises(UsageError, match=r"^Another sweep is writing to "):
        Journal(tmp_path / "j")
    with Journal(tmp_path / "j"):
        pass


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "j").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        Journal(tmp_path / "j")
