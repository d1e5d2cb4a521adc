"""Cycles and microseconds through clock changes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeless.timeline import Timeline

CHANGES = st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 300_000_000)), max_size=5)


def timeline(changes: list[tuple[int, int]]) -> Timeline:
    line = Timeline(8_000_000)
    cycle = 0
    for gap, hz in changes:
        cycle += gap
        line.change(cycle, hz)
    return line


def test_one_clock() -> None:
    line = Timeline(16_000_000)
    assert line.hz == 16_000_000
    assert line.time_us(40) == 2.5
    assert line.cycle_at_us(2.5) == 40
    assert line.cycle_at_us(2.51) == 41  # the first cycle that is not before


def test_a_change_keeps_the_past() -> None:
    line = Timeline(8_000_000)
    line.change(8000, 72_000_000)
    assert line.hz == 72_000_000
    assert line.time_us(4000) == 500
    assert line.time_us(8000) == 1000
    assert line.time_us(8000 + 72_000) == 2000
    assert line.cycle_at_us(1000) == 8000
    assert line.cycle_after(4000, 1500) == 8000 + 72_000


def test_two_changes_at_one_cycle_leave_the_last() -> None:
    line = timeline([(100, 72_000_000), (0, 36_000_000)])
    assert line.hz == 36_000_000
    assert line.exact_us(136) - line.exact_us(100) == 1


def test_the_past_cannot_change() -> None:
    with pytest.raises(ValueError, match="cycle 5, before the one at 10"):
        timeline([(10, 1_000_000), (-5, 2_000_000)])
    with pytest.raises(ValueError, match="0 Hz"):
        Timeline(0)


def test_a_float_means_its_decimal() -> None:
    assert Timeline(10_000_000).cycle_at_us(0.1) == 1  # though the float is a little more than a tenth


def test_a_third_of_a_microsecond_is_exact() -> None:
    line = Timeline(3_000_000)
    assert line.exact_us(1) == Fraction(1, 3)
    assert line.cycle_at_us(Fraction(1, 3)) == 1


@given(CHANGES, st.integers(0, 10**9))
def test_there_and_back(changes: list[tuple[int, int]], cycle: int) -> None:
    line = timeline(changes)
    assert line.cycle_at_us(line.exact_us(cycle)) == cycle


@given(CHANGES, st.integers(0, 10**12), st.integers(1, 10**6))
def test_the_first_cycle_at_or_after(
    changes: list[tuple[int, int]], numerator: int, denominator: int
) -> None:
    line, us = timeline(changes), Fraction(numerator, denominator)
    cycle = line.cycle_at_us(us)
    assert line.exact_us(cycle) >= us
    assert cycle == 0 or line.exact_us(cycle - 1) < us


@given(
    hz=st.lists(st.integers(1_000_000, 300_000_000), min_size=1, max_size=4),
    gaps=st.lists(st.integers(1, 10**9), min_size=4, max_size=4),
    cycle=st.integers(0, 4 * 10**9),
)
def test_a_time_rounded_to_a_nanosecond_gives_its_cycle_back(
    hz: list[int], gaps: list[int], cycle: int
) -> None:
    timeline, at = Timeline(hz[0]), 0
    for gap, clock in zip(gaps, hz[1:], strict=False):
        at += gap
        timeline.change(at, clock)
    nanoseconds = round(timeline.exact_us(cycle) * 1000)
    assert timeline.nearest_cycle(Fraction(nanoseconds, 1000)) == cycle
