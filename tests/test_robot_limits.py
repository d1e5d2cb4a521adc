"""Durations, tolerances and references as they are written in a suite."""

from pathlib import Path

import pytest

from scopeless.robot.limits import Quantity, Reference, Tolerance


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("9 cycles", 9),
        ("1 cycle", 1),
        ("3.75cycles", 3.75),
        ("0.5 us", 36),
        ("16 ms", 1_152_000),
        ("2 s", 144_000_000),
        ("125 ns", 9),
        ("10 %", 20),
    ],
)
def test_a_quantity_in_cycles_of_72_mhz(text: str, cycles: float) -> None:
    assert Quantity.parse(text).cycles(72_000_000, whole=200) == pytest.approx(cycles)


@pytest.mark.parametrize("text", ["", "9", "us", "9 minutes", "-1 us", "1e3 cycles", "1.2.3 us"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="a number and its unit"):
        Tolerance.parse(text)


def test_the_three_kinds_of_reference() -> None:
    assert Reference.parse("scope") == Reference()
    assert Reference.parse("16.44 us") == Reference(quantity=Quantity(16.44, "us"))
    assert Reference.parse("baselines/a b.json") == Reference(baseline=Path("baselines/a b.json"))


def test_a_percentage_is_no_reference() -> None:
    with pytest.raises(ValueError, match="a tolerance, not a duration"):
        Reference.parse("10 %")
