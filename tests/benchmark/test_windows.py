"""Edges of the pin protocol become two windows; anything else is refused."""

import pytest

from scopeless.benchmark.windows import pin_windows, single_write_prediction_cycles, text_prediction_cycles
from scopeless.errors import CheckFailed
from scopeless.machine import Edge

NAMES = ("instructions", "it_skipped", "mix_alu", "mix_load", "issue", "branch")
CYCLES = (1000, 1010, 1020, 1030, 1040, 2190)


def edges(levels: str = "101010", pin: str = "PB12") -> list[Edge]:
    """Edges at CYCLES, each counter growing at its own rate; a third of the cycles are issue."""
    return [
        Edge(cycle, pin, int(level), (cycle // 2, 7, cycle, 2 * cycle, cycle // 3, cycle - cycle // 3))
        for cycle, level in zip(CYCLES, levels, strict=False)
    ]


def test_toggle_lasts_to_the_third_rising_edge_and_predict_to_its_falling_edge() -> None:
    windows = pin_windows(edges(), NAMES)
    assert windows.toggle.cycles == 40
    assert windows.predict.cycles == 1150


def test_counters_are_the_increase_over_the_window() -> None:
    predict = pin_windows(edges(), NAMES).predict
    assert predict.instructions == 2190 // 2 - 1040 // 2
    assert predict.mix == {"alu": 1150, "load": 2300}
    assert predict.breakdown == {"issue": 384, "branch": 766}


def test_causes_that_do_not_account_for_every_cycle_are_no_breakdown() -> None:
    asleep = [Edge(edge.cycle, edge.pin, edge.level, (5, edge.cycle // 2)) for edge in edges()]
    assert pin_windows(asleep, ("interrupts", "cycles_sleep")).predict.breakdown == {}


def test_an_engine_without_counters_gives_windows_without_them() -> None:
    bare = [Edge(edge.cycle, edge.pin, edge.level) for edge in edges()]
    toggle = pin_windows(bare, ()).toggle
    assert (toggle.cycles, toggle.instructions, toggle.mix, toggle.breakdown) == (40, None, {}, {})


@pytest.mark.parametrize("levels", ["", "10101", "010101", "101011"])
def test_other_edges_are_refused_with_what_was_seen(levels: str) -> None:
    with pytest.raises(CheckFailed, match="six edges") as failure:
        pin_windows(edges(levels), NAMES)
    assert ("PB12=1 at cycle 1000" in str(failure.value)) == levels.startswith("1")


def test_edges_of_two_pins_are_refused() -> None:
    with pytest.raises(CheckFailed, match="PB13=0 at cycle 1010"):
        pin_windows([edges()[0], *edges(pin="PB13")[1:]], NAMES)


def test_more_edges_than_six_are_counted_not_listed() -> None:
    with pytest.raises(CheckFailed, match="and 4 more"):
        pin_windows(edges() + edges(), NAMES)


def test_the_two_corrections() -> None:
    """The toggle window holds four pin writes, the prediction's window one: Tt/4 is that one, Tt/2 is two."""
    write, prediction = 10, 1140
    toggle, predict = 4 * write, prediction + write
    assert single_write_prediction_cycles(toggle, predict) == prediction
    assert text_prediction_cycles(toggle, predict) == prediction - write
