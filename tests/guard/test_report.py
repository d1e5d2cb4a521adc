"""What a check writes for people and for other programs."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from costs import FUNCTIONS, ORIGIN, make_cost
from scopeless.errors import FirmwareFault
from scopeless.guard.compare import compare
from scopeless.guard.config import Firmware
from scopeless.guard.limits import Limits
from scopeless.guard.report import (
    Outcome,
    to_bencher,
    to_github_benchmark,
    to_json,
    to_junit,
    to_markdown,
)
from support.junit import check_junit

SLOWER = FUNCTIONS | {"sigmoid": {"network.c:24": 696}}
FAULT = (Firmware("sensor", "arduino_uno", 16, "stock"), FirmwareFault("A <bad> fault at \x00 & more."))


@pytest.fixture
def outcome() -> Outcome:
    """One firmware that got slower, one unchanged, one that cannot run."""
    changed = replace(ORIGIN, elf_sha256="2" * 64)
    slower = compare(make_cost("node", 1596, functions=SLOWER, origin=changed), make_cost("node"), Limits())
    return Outcome([slower, compare(make_cost(), make_cost(), Limits())], [FAULT])


def test_junit(outcome: Outcome) -> None:
    root = check_junit(to_junit(outcome))
    assert [suite.get("name") for suite in root] == ["node", "app", "sensor"]
    (failure,) = root.iterfind("testsuite/testcase/failure")
    assert failure.get("message") == "simple1 predict grew from 1184 to 1596 cycles (+412), limit 0"
    assert failure.text == "sigmoid +412 cycles, network.c:24\n"
    (error,) = root.iterfind("testsuite/testcase/error")
    assert (error.get("type"), error.get("message")) == ("FirmwareFault", "A <bad> fault at ? & more.")


def test_junit_takes_the_time_of_the_source(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert check_junit(to_junit(outcome))[0].get("timestamp") == "2023-11-14T22:13:20"


def test_markdown(outcome: Outcome) -> None:
    assert to_markdown(outcome).splitlines() == [
        "### :x: Scopeless check",
        "",
        "10 figures of 2 firmware: 1 beyond the limit, 9 as in the baseline, 1 firmware not measured.",
        "",
        "- sensor was not measured: A \\<bad\\> fault at \x00 & more.",
        "",
        "| firmware | figure | baseline | now | change | % | limit |  |",
        "|---|---|--:|--:|--:|--:|--:|---|",
        "| node | simple1 predict | 1184 | 1596 | +412 | +34.80 | 0 | REGRESSION |",
        "",
        "What grew:",
        "",
        "- node simple1, with as many instructions as before: sigmoid +412 cycles, network.c:24",
    ]


def test_markdown_when_all_is_well() -> None:
    text = to_markdown(Outcome([compare(make_cost(), make_cost(), Limits())]))
    assert (
        text == "### :white_check_mark: Scopeless check\n\n5 figures of 1 firmware: 5 as in the baseline.\n"
    )


def test_a_cause_stands_before_the_numbers() -> None:
    slower = compare(make_cost("node", 1596), make_cost("node"), Limits())
    lines = to_markdown(Outcome([slower])).splitlines()
    assert lines[4] == (
        "- **The firmware file is the same to the byte: Scopeless itself counts differently (node).**"
    )
    (failure,) = check_junit(to_junit(Outcome([slower]))).iterfind("testsuite/testcase/failure")
    assert (failure.text or "").startswith("The firmware file is the same to the byte")


def test_json(outcome: Outcome) -> None:
    data = json.loads(to_json(outcome))
    assert (data["schema"], data["regressions"]) == (1, 1)
    node = data["firmware"][0]
    assert node["growth"] == {
        "simple1": [
            {"name": "sigmoid", "amount": 412, "unit": "cycles", "lines": {"network.c:24": 412}},
        ]
    }
    assert node["figures"][1] == {
        "model": "simple1",
        "quantity": "predict",
        "unit": "cycles",
        "old": 1184,
        "new": 1596,
        "delta": 412,
        "percent": 34.7973,
        "limit": "0",
        "verdict": "regression",
    }
    assert data["failures"] == [{"name": "sensor", "message": "A <bad> fault at \x00 & more."}]


def test_github_benchmark(outcome: Outcome) -> None:
    """name, unit and value are what the action demands of each entry; names must not repeat."""
    data = json.loads(to_github_benchmark(outcome))
    assert data[1] == {"name": "node simple1 predict", "unit": "cycles", "value": 1596, "extra": "limit 0"}
    assert len({entry["name"] for entry in data}) == len(data) == 10


def test_bencher(outcome: Outcome) -> None:
    """Benchmark -> measure -> value (bencher.dev/docs/reference/bencher-metric-format)."""
    data = json.loads(to_bencher(outcome))
    assert data["node simple1"] == {
        "toggle-cycles": {"value": 36},
        "predict-cycles": {"value": 1596},
        "instructions": {"value": 444},
    }
    assert data["app"] == {"flash-bytes": {"value": 10_000}, "ram-bytes": {"value": 3_000}}
    assert all(re.fullmatch(r"[a-z-]{1,64}", measure) for benchmark in data.values() for measure in benchmark)
