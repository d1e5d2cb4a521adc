"""The result record: what is in it, that it survives a round trip, and what is said about a wrong one."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import make_record
from scopeless.benchmark.record import Record, from_data, read_record, to_json, write_record
from scopeless.errors import UsageError


def as_data(record: Record) -> dict[str, Any]:
    data = json.loads(to_json(record))
    assert isinstance(data, dict)
    return data


def test_windows_are_in_cycles_and_microseconds() -> None:
    model = make_record().models["simple1"]
    assert (model.toggle_cycles, model.toggle_us) == (36, 0.5)
    assert (model.predict_cycles, model.predict_us) == (1184, 16.444444)
    assert sum(model.breakdown.values()) == 1184
    assert (model.instructions, model.mix) == (592, {"alu": 296})


def test_outputs_are_checked_against_the_trained_network() -> None:
    model = make_record().models["simple1"]
    assert model.correct and 0 < model.max_error < 5.1e-9


def test_the_timing_model_is_named() -> None:
    assert make_record().timing_model == "cortex-m3 core + stm32f1 flash"


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = make_record()
    write_record(tmp_path / "r.json", record)
    assert read_record(tmp_path / "r.json") == record
    assert to_json(read_record(tmp_path / "r.json")) == to_json(record)


@given(st.integers(1, 500_000_000), st.integers(1, 10**6), st.integers(1, 10**9))
def test_any_record_survives_the_round_trip(clock_hz: int, write: int, predict: int) -> None:
    record = make_record(clock_hz, write=write, predict=predict)
    assert from_data(json.loads(to_json(record))) == record


def test_one_line_for_each_edge_and_uart_line() -> None:
    lines = to_json(make_record()).splitlines()
    assert '    {"cycle": 216000000, "pin": "PB12", "level": 1},' in lines
    assert '    {"cycle": 900, "sender": "board", "text": "Test 1"}' in lines


def test_keys_it_does_not_know_are_ignored() -> None:
    record = make_record()
    assert from_data({**as_data(record), "later": 1}) == record


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"schema": 2}, "its schema is 2, this Scopeless reads 1"),
        ({"board": 7}, "board must be a string, not 7"),
        ({"clock_hz": True}, "clock_hz must be a whole number, not true"),
        ({"clock_hz": 0}, "clock_hz must be positive, not 0"),
        ({"edges": {}}, r"edges must be a list, not \{\}"),
        ({"edges": [{"cycle": 1, "pin": "PB12"}]}, r"edges\[0\].level is missing"),
        ({"models": []}, "models must be an object"),
    ],
)
def test_a_wrong_record_is_refused_by_key(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        from_data({**as_data(make_record()), **change})


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("outputs", [0.5], r"models\.simple1\.outputs must have 8 entries, not 1"),
        ("outputs", ["x"] * 8, r"models\.simple1\.outputs\[0\] must be a number"),
        ("predict_cycles", 0, r"models\.simple1 has a window without cycles"),
        ("mix", {"alu": 1.5}, r"models\.simple1\.mix\.alu must be a whole number, not 1.5"),
        ("correct", 1, r"models\.simple1\.correct must be true or false"),
    ],
)
def test_a_wrong_model_is_refused_by_key(key: str, value: object, complaint: str) -> None:
    data = as_data(make_record())
    data["models"]["simple1"][key] = value
    with pytest.raises(UsageError, match=complaint):
        from_data(data)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "no 'schema'"),
        (b"{}", "no 'schema'"),
    ],
)
def test_a_file_that_is_no_record(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=f"r.json is not a .*result record.*{complaint}"):
        read_record(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"r\.json cannot be read: No such file"):
        read_record(tmp_path / "r.json")
