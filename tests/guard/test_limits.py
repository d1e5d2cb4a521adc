"""The grammar of limits, and which of them holds for a figure."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeless.errors import UsageError
from scopeless.guard.limits import Limit, parse_limit, parse_limits


@pytest.mark.parametrize(
    ("text", "old", "most"),
    [
        ("0", 1000, 1000),
        ("1%", 1000, 1010),
        ("1%", 1099, 1109),
        ("0.5%", 1000, 1005),
        ("+50", 1000, 1050),
        ("50", 1000, 1050),
        ("1%|50", 1000, 1050),
        ("1%|50", 10_000, 10_100),
        ("+50|1%", 10_000, 10_100),
        ("1% | +50", 10_000, 10_100),
        ("10%", 0, 0),
    ],
)
def test_how_much_a_figure_may_grow(text: str, old: int, most: int) -> None:
    limit = parse_limit(text)
    assert limit.allows(old, most)
    assert not limit.allows(old, most + 1)


@pytest.mark.parametrize(
    "text",
    ["", " ", "-1%", "+-5", "1 %", "1,5%", ".5%", "5.%", "1.5", "1%|", "|50", "1%50", "1%||50", "0x10", "٣%"],
)
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_limit(text)
    assert str(caught.value) == f"{text!r} is not a limit; write '1%', '+50' or both as '1%|50'."


@pytest.mark.parametrize("value", [0, 50, 1.5, True, None, ["1%"]])
def test_a_limit_is_a_string(value: object) -> None:
    with pytest.raises(UsageError, match=r"is not a limit; write .*, in quotes\.$"):
        parse_limit(value)


@pytest.mark.parametrize("text", ["1%|2%", "5|+6", "1%|5|2%"])
def test_no_kind_twice(text: str) -> None:
    with pytest.raises(UsageError, match="says the same kind twice"):
        parse_limit(text)


percents = st.decimals(0, 99_999, places=3).map(lambda value: f"{value}%")
counts = st.integers(0, 10**9).map(lambda value: f"+{value}")
limits = st.one_of(percents, counts, st.tuples(percents, counts).map("|".join))
figures = st.integers(0, 10**12)


@given(limits)
def test_a_limit_reads_back_as_it_is_written(text: str) -> None:
    limit = parse_limit(text)
    assert parse_limit(str(limit)) == limit


@given(limits, figures, figures, figures)
def test_what_allows_more_allows_less(text: str, old: int, new: int, less: int) -> None:
    limit = parse_limit(text)
    if limit.allows(old, new):
        assert limit.allows(old, min(new, less))
    assert limit.allows(old, min(old, less))


@given(percents, counts, figures, figures)
def test_both_allow_what_either_allows(percent: str, count: str, old: int, new: int) -> None:
    either = parse_limit(percent).allows(old, new) or parse_limit(count).allows(old, new)
    assert parse_limit(f"{percent}|{count}").allows(old, new) == either


@given(st.one_of(st.text(), st.text(alphabet="0123456789.%+| ")))
def test_any_text_is_a_limit_or_a_clear_error(text: str) -> None:
    try:
        parse_limit(text)
    except UsageError as error:
        assert repr(text) in str(error)


TABLE = """
all = "1%"
predict = "2%"
[simple2]
predict = "3%"
[stm32f103]
all = "4%"
flash = "5%"
[stm32f103.simple1]
toggle = "6%"
"""


@pytest.mark.parametrize(
    ("board", "model", "quantity", "limit"),
    [
        ("arduino_uno", "simple1", "toggle", "1%"),
        ("arduino_uno", "", "ram", "1%"),
        ("arduino_uno", "simple1", "predict", "2%"),
        ("arduino_uno", "simple2", "predict", "3%"),
        ("arduino_uno", "simple2", "toggle", "1%"),
        ("stm32f103", "simple2", "predict", "4%"),
        ("stm32f103", "", "ram", "4%"),
        ("stm32f103", "", "flash", "5%"),
        ("stm32f103", "simple1", "toggle", "6%"),
        ("stm32f103", "simple1", "predict", "4%"),
    ],
)
def test_the_most_specific_limit_holds(board: str, model: str, quantity: str, limit: str) -> None:
    assert str(parse_limits(tomllib.loads(TABLE)).of(board, model, quantity)) == limit


def test_nothing_may_grow_where_nothing_is_said() -> None:
    assert parse_limits({}).of("stm32f103", "simple1", "predict") == Limit(None, 0)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('predikt = "1%"', "limits.predikt is no quantity (did you mean 'predict'?); quantities are toggle,"),
        ('predict = "1"\ntoggle = "%"', "limits.toggle: '%' is not a limit;"),
        ("predict = 1", "limits.predict: 1 is not a limit;"),
        ('[stm32f13]\nall = "0"', "[limits.stm32f13] names no board, model or window: There is no board"),
        ('[stm32f103.simple3]\nall = "0"', "[limits.stm32f103.simple3] is none of the models simple1,"),
        ('[simple1]\nflash = "0"', "limits.simple1.flash: flash belongs to the whole firmware;"),
        ('[stm32f103.simple1]\nram = "0"', "limits.stm32f103.simple1.ram: ram belongs to the whole firmware"),
    ],
)
def test_misuse_names_the_key(table: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_limits(tomllib.loads(table))
    assert complaint in str(caught.value)
