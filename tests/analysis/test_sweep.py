"""A sweep's table, effects and picture, from results at known cycles."""

import dataclasses
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from records import make_record
from scopeless.machine import UNSAFE_FLASH
from scopeless.sweep.axes import Point
from scopeless.sweep.run import Result
from scopeless_analysis.sweep import build_sweep, sensitivities, strongest, sweep_frame

SVG = "{http://www.w3.org/2000/svg}"
MODELS = ("simple1", "simple2")


def point(wait_states: str, opt: str) -> Point:
    values = (("clock", "72"), ("wait_states", wait_states), ("opt", opt), ("libm", "recorded"))
    changed = tuple(n for n, v, own in (("wait_states", wait_states, "2"), ("opt", opt, "3")) if v != own)
    return Point("stm32f103", values, changed, not changed)


def result(wait_states: str, opt: str, cycles: int, *notes: str, correct: bool = True) -> Result:
    record = make_record(predict=cycles)
    models = {name: dataclasses.replace(model, correct=correct) for name, model in record.models.items()}
    return Result(point(wait_states, opt), record=dataclasses.replace(record, models=models, notes=notes))


@pytest.fixture
def results() -> list[Result]:
    return [
        result("2", "3", 1000),
        result("2", "s", 1100),
        result("0", "3", 500, f"Too few; {UNSAFE_FLASH}."),
        result("0", "s", 660, f"Too few; {UNSAFE_FLASH}.", correct=False),
    ]


def test_a_row_for_each_point_and_model(results: list[Result]) -> None:
    frame = sweep_frame(results, MODELS)
    assert len(frame) == 8
    assert list(frame["model"]) == ["simple1", "simple2"] * 4
    assert list(frame["wait_states"]) == [2, 2, 2, 2, 0, 0, 0, 0]
    assert list(frame["predict_cycles"][::2]) == [1000, 1100, 500, 660]
    assert frame["predict_us"][0] == pytest.approx(1000 / 72, abs=1e-6)
    assert list(frame["regular"]) == [True, True] + [False] * 6
    assert list(frame["unsafe_flash"]) == [False] * 4 + [True] * 4
    assert list(frame["correct"]) == [True] * 6 + [False] * 2
    groups = [name for name in frame if name.endswith("_cycles") and name[:3] not in ("pre", "tog")]
    assert (frame[groups].sum(axis=1) == frame["predict_cycles"]).all(), "causes add up to the window"


def test_a_point_without_a_result_keeps_its_row(results: list[Result]) -> None:
    lost = Result(point("1", "3"), error="It took a HardFault.")
    frame = sweep_frame([*results, lost], MODELS)
    row = frame.iloc[-1]
    assert (row["wait_states"], row["error"]) == (1, "It took a HardFault.")
    assert pd.isna(row["predict_us"]) and pd.isna(row["predict_cycles"]) and pd.isna(row["correct"])
    effects = sensitivities(frame, ["wait_states", "opt"])
    assert 1 not in [int(value) for value in effects[effects["axis"] == "wait_states"]["value"]]
    assert build_sweep([*results, lost], MODELS).files.keys() >= {"sweep.csv", "sweep.svg"}
    assert "sweep.svg" not in build_sweep([lost], MODELS).files


def test_effects_are_ratios_of_pairs_that_differ_in_one_axis_alone(results: list[Result]) -> None:
    effects = sensitivities(sweep_frame(results, MODELS), ["wait_states", "opt"])
    waits, opt = (
        effects[(effects["axis"] == axis) & (effects["model"] == "simple1")]
        for axis in ("wait_states", "opt")
    )
    assert (waits["value"].item(), waits["beside"].item(), waits["pairs"].item()) == ("0", "2", 2)
    assert (waits["lowest"].item(), waits["highest"].item()) == pytest.approx((0.5, 0.6))
    assert waits["median"].item() == pytest.approx(0.55)
    assert opt["median"].item() == pytest.approx((1.1 + 1.32) / 2)
    assert strongest(effects) == "wait_states"
    assert strongest(effects.iloc[:0]) is None


def test_the_picture_has_a_line_for_each_point_the_fastest_on_top(results: list[Result]) -> None:
    built = build_sweep(results, MODELS)
    assert built.varied == ["wait_states", "opt"]
    root = ET.fromstring(built.files["sweep.svg"])
    texts = [node.text for node in root.iter(f"{SVG}text")]
    lines = [text for text in texts if text and "-O" in text]
    assert lines == ["0 ws, -O3", "0 ws, -Os", "2 ws, -O3 ◂ regular", "2 ws, -Os"]
    assert {"2 ws", "0 ws", "real flash could not follow", "wrong prediction"} <= set(texts)
    dots = [node for node in root.iter(f"{SVG}circle") if node.get("fill") == "#ffffff"]
    assert len(dots) == 1 + 4, "hollow: the key, and two points of each model"
    assert len([node for node in root.iter(f"{SVG}path") if node.get("class") == "cross"]) == 1 + 2
    for node in root.iter(f"{SVG}circle"):
        assert 0 < float(node.attrib["cx"]) < float(root.attrib["width"])


def test_colours_by_another_axis_and_many_values_of_one() -> None:
    many = [result(str(wait_states), "3", 500 + 100 * wait_states) for wait_states in range(16)]
    svg = build_sweep(many, MODELS, "wait_states").files["sweep.svg"].decode()
    assert len({part[:7] for part in svg.split('fill="')[1:] if part.startswith("#")}) == 16
    assert build_sweep(many, MODELS, "opt").files["sweep.svg"] != svg.encode()


def test_the_same_results_give_the_same_bytes(results: list[Result]) -> None:
    assert build_sweep(results, MODELS).files == build_sweep(results, MODELS).files
