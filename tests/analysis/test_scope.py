"""The recorded figures are carried over whole and typed."""

from importlib.resources import files

from scopeless_analysis.scope import find_row, scope_rows


def test_all_recorded_rows_are_there() -> None:
    boards = [row.board for row in scope_rows()]
    assert len(boards) == 31 and boards.count("stm32f103") == 6 and boards.count("arduino_uno") == 3


def test_the_file_tells_where_its_figures_come_from() -> None:
    text = (files("scopeless_analysis") / "data" / "scope.csv").read_text()
    assert text.startswith("# Recorded real-scope figures") and "cursor_us: the capture's own" in text


def test_a_published_figure_that_is_not_the_captures_own() -> None:
    row = find_row("stm32f103", 72, "simple1", "predict")
    assert row is not None
    assert (row.published_us, row.cursor_us, row.best_us, row.high_us) == (16.9, 16.44, 16.44, None)


def test_a_row_without_a_capture_falls_back_to_the_published_figure() -> None:
    row = find_row("stm32l476", 80, "mlp321_closed", "predict")
    assert row is not None
    assert row.cursor_us is None and row.best_us == row.published_us == 77


def test_a_toggle_is_found_whatever_model_ran() -> None:
    row = find_row("stm32f103", 128, "simple2", "toggle")
    assert row is not None and row.best_us == 0.29


def test_nothing_recorded() -> None:
    assert find_row("arduino_uno", 16, "simple1", "predict") is None
