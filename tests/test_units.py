"""Simulated time as people write it."""

from fractions import Fraction

import pytest

from scopeless.errors import UsageError
from scopeless.units import show_us, time_us


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("10ms", 10_000),
        ("500us", 500),
        ("500 \N{MICRO SIGN}s", 500),
        ("1.5s", 1_500_000),
        (" .5 us ", Fraction(1, 2)),
        ("3ns", Fraction(3, 1000)),
        ("2min", 120_000_000),
        ("1000h", 3_600_000_000_000),
        ("0s", 0),
        (12, 12),
        (0.1, Fraction(1, 10)),
    ],
)
def test_times(text, us):
    assert time_us(text) == us


@pytest.mark.parametrize(
    "text", ["10", "ms", "10 parsecs", "-1s", "1e3s", "1001h", "", "9" * 40 + "s", -1, float("nan")]
)
def test_what_is_no_time(text):
    with pytest.raises(UsageError):
        time_us(text)


@pytest.mark.parametrize(
    ("us", "text"),
    [(0, "0 s"), (0.5, "500 ns"), (2, "2 us"), (12_500, "12.5 ms"), (3e6, "3 s"), (7.2e9, "7200 s")],
)
def test_times_are_shown_in_the_unit_that_fits(us, text):
    assert show_us(us) == text
