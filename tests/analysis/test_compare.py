"""A record beside the recorded figures: errors, implied clocks, notes, and the label that they refute."""

from dataclasses import replace

import pytest

from records import make_record
from scopeless.board import load_board
from scopeless_analysis.compare import Row, compare, compare_all, refuted_label, summarize


def rows_of(board: str, clock_mhz: int, write: int, predict: int) -> list[Row]:
    record = make_record(clock_mhz * 1_000_000, board, write, predict)
    return compare(record, load_board(board))


def test_a_toggle_row_and_one_row_per_model() -> None:
    rows = rows_of("stm32f103", 72, 9, 1184)
    assert [(row.model, row.quantity) for row in rows] == [
        ("simple1", "toggle"),
        ("simple1", "predict"),
        ("simple2", "predict"),
    ]


def test_the_error_is_against_the_cursor_where_there_is_one() -> None:
    predict = rows_of("stm32f103", 72, 9, 1184)[1]
    assert (predict.published_us, predict.cursor_us, predict.emulated_us) == (16.9, 16.44, 16.444444)
    assert predict.error_percent == pytest.approx(100 * (16.444444 / 16.44 - 1), abs=1e-3)
    assert predict.basis == "predicted"
    assert predict.notes == ("the published figure is +0.46 us off the capture's own cursors",)


def test_instructions_only_takes_one_cycle_each() -> None:
    predict = rows_of("stm32f103", 72, 9, 1184)[1]
    assert (predict.instructions, predict.instructions_only_us) == (592, 8.222222)


def test_the_implied_clock_is_cycles_per_recorded_time() -> None:
    assert rows_of("stm32f103", 72, 9, 1184)[1].implied_mhz == round(1184 / 16.44, 3)


def test_a_label_close_to_the_implied_clock_stands() -> None:
    assert refuted_label(rows_of("stm32f103", 72, 9, 1184)[:2]) is None


def test_the_unos_label_is_refuted() -> None:
    """268 and 1948 cycles in 15.5 and 114.4 us are 17 MHz, whatever the publication says."""
    toggle, predict, _ = rows_of("arduino_uno", 16, 67, 1948)
    assert predict.notes == (
        "published as 8 MHz, run at 16 MHz",
        "recorded with the first sketch, where part of the work left the window: "
        "docs/findings/uno-simple1.md",
    )
    assert predict.error_percent == pytest.approx(100 * (121.75 / 114.4 - 1), abs=1e-3)
    assert refuted_label([toggle, predict]) == (
        "The published rows say 8 MHz, but the recorded times imply 17.0 to 17.3 MHz "
        "(emulated cycles / recorded time)."
    )


def test_one_row_that_fits_the_label_keeps_it() -> None:
    fits = rows_of("arduino_uno", 16, 31, 1948)[:2]
    assert refuted_label(fits) is None


def test_a_clock_nobody_recorded_has_times_but_no_errors() -> None:
    rows = rows_of("stm32f103", 48, 9, 1184)
    assert {(row.published_us, row.error_percent, row.implied_mhz, row.basis) for row in rows} == {
        (None, None, None, "")
    }
    assert refuted_label(rows) is None


def test_another_gpio_path_compares_predictions_without_their_pin_write() -> None:
    toggle, simple1, _ = rows_of("arduino_due", 84, 2, 1500)
    assert (toggle.basis, toggle.error_percent) == ("not comparable", None)
    assert simple1.emulated_cycles == 1500 - 2
    recorded_us = 18.9 - 8.8 / 4
    assert simple1.error_percent == pytest.approx(100 * (1498 / 84 / recorded_us - 1), abs=1e-2)


def test_a_row_that_something_was_fitted_to_says_so() -> None:
    board = replace(load_board("stm32f103"), fitted=("simple2",))
    rows = compare(make_record(72_000_000, "stm32f103", 9, 1184), board)
    assert [row.basis for row in rows] == ["predicted", "predicted", "fitted"]


def test_recorded_figures_without_a_counterpart_stay_in_the_table() -> None:
    rows = compare_all([make_record(80_000_000, "stm32l476", 9, 1184)], load_board)
    assert [(row.model, row.basis, row.emulated_us) for row in rows] == [
        ("mlp321_closed", "not comparable", None),
        ("mlp321_open", "not comparable", None),
    ]


def test_the_summary_counts_what_is_outside_the_target() -> None:
    rows = rows_of("stm32f103", 72, 9, 1184)
    predicted = summarize(rows, "predicted")
    fitted = summarize(rows, "fitted")
    assert predicted is not None and fitted is not None
    errors = sorted(abs(row.error_percent or 0) for row in rows[:2])
    assert (predicted.rows, predicted.median_percent, predicted.worst_percent) == (
        2,
        sum(errors) / 2,
        errors[1],
    )
    assert [row.model for row in fitted.outside] == ["simple2"]
    assert summarize([], "predicted") is None
