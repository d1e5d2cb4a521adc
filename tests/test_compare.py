"""A record beside the recorded figures: errors, implied clocks, notes, and the label that they refute."""

import pytest

from records import make_record
from scopeless.board import load_board
from scopeless_analysis.compare import Row, compare, refuted_label


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
    assert predict.notes == ("published as 8 MHz, run at 16 MHz",)
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
