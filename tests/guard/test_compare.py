"""Which figures changed, what else changed, and which lines grew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costs import FUNCTIONS, ORIGIN, SYMBOLS, make_cost
from scopeless.guard.compare import Verdict, compare, grown, grown_lines, other_causes
from scopeless.guard.limits import Limits, parse_limits


def test_unchanged() -> None:
    comparison = compare(make_cost(), make_cost(), Limits())
    assert [figure.name for figure in comparison.figures] == [
        "simple1 toggle",
        "simple1 predict",
        "simple1 instructions",
        "flash",
        "ram",
    ]
    assert {figure.verdict for figure in comparison.figures} == {Verdict.SAME}
    assert (comparison.causes, comparison.growth) == ((), {})


@pytest.mark.parametrize(
    ("predict", "limit", "verdict"),
    [
        (1185, "0", Verdict.REGRESSION),
        (1183, "0", Verdict.IMPROVED),
        (1195, "1%", Verdict.ALLOWED),
        (1196, "1%", Verdict.REGRESSION),
        (1234, "1%|50", Verdict.ALLOWED),
    ],
)
def test_a_changed_figure(predict: int, limit: str, verdict: Verdict) -> None:
    limits = parse_limits({"stm32f103": {"simple1": {"predict": limit}}})
    comparison = compare(make_cost(predict=predict), make_cost(predict=1184), limits)
    (figure,) = [figure for figure in comparison.figures if figure.verdict is not Verdict.SAME]
    assert (figure.name, figure.old, figure.new) == ("simple1 predict", 1184, predict)
    assert (figure.delta, figure.verdict) == (predict - 1184, verdict)


def test_sizes_are_figures_too() -> None:
    comparison = compare(make_cost(flash=10_004, ram=2_996), make_cost(), Limits())
    assert [(f.name, f.delta) for f in comparison.of(Verdict.REGRESSION)] == [("flash", 4)]
    assert [(f.name, f.delta) for f in comparison.of(Verdict.IMPROVED)] == [("ram", -4)]


def test_without_a_baseline_all_is_new() -> None:
    comparison = compare(make_cost(), None, Limits())
    assert {figure.verdict for figure in comparison.figures} == {Verdict.NEW}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"compiler": "GCC 13.1"}, "The compiler changed from GCC 12.2.1 to GCC 13.1."),
        ({"compiler": ""}, "The compiler changed from GCC 12.2.1 to unknown."),
        ({"engine": "unicorn 3"}, "The engine changed from unicorn 2.1.4 to unicorn 3."),
        ({"timing_model": "x"}, "The timing model changed from cortex-m3 core + stm32f1 flash to x."),
        ({"scopeless": "0.2.0"}, "Scopeless changed from 0.1.0 to 0.2.0."),
        ({"board_sha256": "2" * 64}, "The board file changed."),
        (
            {"flags": ("GNU C11 12.2.1 -mthumb -O3", "GNU AS 2.39")},
            "The compiler's flags changed: now without -O2 and with -O3.",
        ),
        (
            {"flags": (*ORIGIN.flags, "GNU C11 12.2.1 -O2")},
            "The compiler's flags changed for some files.",
        ),
    ],
)
def test_what_else_changed_is_named(change: dict[str, str], cause: str) -> None:
    now = make_cost(predict=2000, origin=replace(ORIGIN, **change))
    assert compare(now, make_cost(), Limits()).causes == (cause,)


def test_the_same_firmware_with_other_figures_is_not_to_blame() -> None:
    (cause,) = other_causes(ORIGIN, ORIGIN, changed=True)
    assert cause == "The firmware file is the same to the byte: Scopeless itself counts differently."
    assert other_causes(ORIGIN, ORIGIN, changed=False) == ()
    assert other_causes(ORIGIN, replace(ORIGIN, elf_sha256="2" * 64), changed=True) == ()


def test_growth_names_function_and_line() -> None:
    (growth,) = grown(FUNCTIONS, FUNCTIONS | {"sigmoid": {"network.c:24": 696}}, "cycles")
    assert str(growth) == "sigmoid +412 cycles, network.c:24"


def test_growth_of_flash_names_function_and_object() -> None:
    flash = SYMBOLS["flash"] | {"sigmoid": {"network.c:25": 56}, "table": {"no source": 8}}
    now = make_cost(flash=10_024, symbols=SYMBOLS | {"flash": flash})
    comparison = compare(now, make_cost(), Limits())
    (figure,) = comparison.of(Verdict.REGRESSION)
    assert [str(row) for row in comparison.growth_of(figure)] == [
        "sigmoid +16 bytes, network.c:25",
        "table +8 bytes",
    ]


def test_growth_is_sorted_and_a_new_function_counts_whole() -> None:
    now = FUNCTIONS | {"sigmoid": {"network.c:24": 285}, "__muldf3": {"no source": 40}}
    assert [str(row) for row in grown(FUNCTIONS, now, "cycles")] == [
        "__muldf3 +40 cycles",
        "sigmoid +1 cycles, network.c:24",
    ]


def test_several_lines_each_have_their_part() -> None:
    (growth,) = grown(FUNCTIONS, {"dot": {"network.c:16": 310, "network.c:17": 625}}, "cycles")
    assert str(growth) == "dot +35 cycles, network.c:17 +25, network.c:16 +10"


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({10: 5, 11: 50, 12: 7}, {20: 5, 21: 50, 22: 7}, {}),
        ({10: 5, 11: 50, 12: 7}, {20: 5, 21: 70, 22: 7}, {21: 20}),
        ({10: 5, 11: 50, 12: 7}, {10: 5, 11: 30, 12: 50, 13: 7}, {11: 30}),
        ({10: 5, 11: 50, 12: 7}, {10: 5, 11: 7}, {}),
        ({10: 8, 11: 8}, {11: 8}, {}),
        ({}, {9: 3, 10: 2}, {9: 3, 10: 2}),
    ],
    ids=["moved", "moved and grown", "a line inserted", "a line removed", "same number", "new"],
)
def test_lines_are_found_again_after_an_edit(
    old: dict[int, int], new: dict[int, int], changes: dict[int, int]
) -> None:
    def places(lines: dict[int, int]) -> dict[str, int]:
        return {f"a.c:{number}": cycles for number, cycles in lines.items()}

    assert dict(grown_lines(places(old), places(new))) == places(changes)


lines = st.dictionaries(st.integers(1, 40), st.integers(1, 200), max_size=8).map(
    lambda found: {f"a.c:{number}": cycles for number, cycles in sorted(found.items())}
)


@given(lines, lines)
def test_the_lines_that_grew_account_for_the_growth(old: dict[str, int], new: dict[str, int]) -> None:
    grew = dict(grown_lines(old, new))
    assert sum(grew.values()) >= sum(new.values()) - sum(old.values())
    assert all(0 < cycles <= new[place] for place, cycles in grew.items())


@given(lines, st.integers(1, 1000))
def test_a_function_that_only_moved_did_not_grow(found: dict[str, int], by: int) -> None:
    moved = {f"a.c:{int(place[4:]) + by}": cycles for place, cycles in found.items()}
    assert grown_lines(found, moved) == ()
