"""A window as the scope's screen shows it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from records import make_record
from scopeless.board import load_board
from scopeless_analysis.scope import find_row
from scopeless_analysis.screen import DIVISION_PX, picture, run_edges, screens, time_base_us, time_text


def test_the_time_base_is_the_captures() -> None:
    """Its cursors step by 0.04 us, a hundredth of a division."""
    assert time_base_us(16.3, find_row("stm32f103", 72, "simple1", "predict")) == 4


@pytest.mark.parametrize(
    ("window_us", "expected"), [(0.095, 0.02), (5, 1), (5.01, 2), (25, 5), (26, 10), (822 / 48, 5)]
)
def test_without_a_capture_the_window_takes_two_to_five_divisions(window_us: float, expected: float) -> None:
    assert time_base_us(window_us, None) == pytest.approx(expected)


def test_a_window_too_short_for_the_captures_time_base_gets_its_own() -> None:
    due = find_row("arduino_due", 84, "simple1", "toggle")
    assert time_base_us(8.8, due) == 10
    assert time_base_us(0.095, due) == pytest.approx(0.02)


def test_edges_and_recorded_ticks() -> None:
    """Pin writes 9 cycles apart at 72 MHz are 125 ns apart; the capture has its cursors at 0 and 512 ns."""
    toggle, predict, _ = screens(make_record(), load_board("stm32f103"))
    assert [round(us, 3) for us, _ in toggle.edges[:5]] == [0, 0.125, 0.25, 0.375, 0.5]
    assert toggle.recorded_ticks == pytest.approx((0, 0.137, 0.2635, 0.3855, 0.512))
    assert predict.edges[4][0] == 0
    assert (predict.window_us, predict.recorded_ticks) == (pytest.approx(1184 / 72), (0, 16.44))


def test_the_trace_rises_at_cursor_a_and_falls_at_cursor_b() -> None:
    predict = screens(make_record(), load_board("stm32f103"))[1]
    drawing = picture(predict)
    cursors = [node.get("d") for node in drawing if node.get("class") == "cursor"]
    b = 2 * DIVISION_PX + 1184 / 72 / 4 * DIVISION_PX
    assert cursors == [f"M{2 * DIVISION_PX} 0V192", f"M{b:.2f} 0V192"]
    trace = next(node.get("d") for node in drawing if node.get("class") == "trace")
    assert trace is not None
    assert re.search(rf"H{2 * DIVISION_PX}V48H{b:.2f}V144H320$", trace)


def test_a_record_whose_edges_are_another_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="no run of simple1 among the edges of stm32f103's record"):
        run_edges(replace(make_record(), edges=()), "simple1")


def test_times_read_as_on_an_instrument() -> None:
    assert [time_text(us) for us in (0.0953, 16.44, 5660)] == ["95.3 ns", "16.44 µs", "5.66 ms"]
