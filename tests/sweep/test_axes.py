"""What a board can be swept over, and the points that lists of values make."""

import pytest

from scopeless.benchmark.simulate import simulate
from scopeless.board import Board, board_names, load_board
from scopeless.errors import UsageError
from scopeless.firmware.build import build_firmware, missing_tool
from scopeless.sweep.axes import Point, choices_of, points, select

F103 = load_board("stm32f103")


def sweep(board: Board = F103, **wanted: str) -> list[Point]:
    choices = choices_of(board)
    return points(board, choices, select(board, choices, wanted))


def values(axis: str, wanted: str, board: str = "stm32f103") -> list[str | None]:
    return [point.value(axis) for point in sweep(load_board(board), **{axis: wanted})]


def test_without_a_list_there_is_one_point_the_boards_regular_build() -> None:
    (point,) = sweep()
    assert point.regular and point.changed == () and point.notes() == ()
    assert point.stem == "stm32f103-72mhz-recorded"
    assert point.variables == {"CLOCK": "72", "LIBM": "recorded"}


def test_lists_ranges_and_all() -> None:
    assert values("clock", "72,128") == ["72", "128"]
    assert values("clock", "64..88") == ["64", "72", "80", "88"]
    assert values("wait_states", "2, 0..1,2") == ["2", "0", "1"]
    assert sorted(map(str, values("opt", "all"))) == ["0", "1", "2", "3", "s"]
    assert values("cache", "all", "stm32f746") == ["on", "off", "code", "data"]
    assert values("cache", "all", "nano33ble") == ["on", "off"]


def test_points_are_all_combinations_the_last_axis_changing_fastest() -> None:
    stems = [point.stem for point in sweep(wait_states="2,0", float="no,yes")]
    regular = "stm32f103-72mhz-recorded"
    assert stems == [regular, f"{regular}-single", f"{regular}-0ws", f"{regular}-0ws-single"]


@pytest.mark.parametrize("axis", ["wait_states", "cache", "prefetch"])
def test_an_axis_that_the_board_does_not_have(axis: str) -> None:
    option = "--" + axis.replace("_", "-")
    with pytest.raises(UsageError, match=f"^arduino_uno has no {option} to set; it has --clock, --opt, "):
        sweep(load_board("arduino_uno"), **{axis: "1"})


@pytest.mark.parametrize(
    ("axis", "wanted", "wrong"),
    [
        ("clock", "72,73", "73"),
        ("wait_states", "0..9", "0..9"),
        ("wait_states", "2..1", "2..1"),
        ("opt", "2,", "''"),
        ("prefetch", "yes", "yes"),
    ],
)
def test_a_value_that_the_board_does_not_have(axis: str, wanted: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=r"^stm32f103 has no --.* choose from: ") as error:
        sweep(**{axis: wanted})
    assert f" {wrong}; choose" in str(error.value)


def test_a_point_says_what_was_set_otherwise() -> None:
    (point,) = sweep(clock="96", wait_states="0", float="yes", libm="recorded")
    assert point.notes() == (
        "What if: 96 MHz, 0 ws, float, set by the firmware's build.",
        "Floats go through expf() of the installed C library, whatever the libm.",
    )
    (own,) = sweep(clock="128", libm="stock")
    assert not own.regular and own.notes() == (), "another clock or libm of the board's own is no what-if"


@pytest.mark.parametrize("name", board_names())
def test_the_firmware_sets_what_the_point_says(name: str) -> None:
    """Everything at once, set by real firmware on the board, which still predicts as it should."""
    board = load_board(name)
    if missing := missing_tool(board):
        pytest.skip(f"{missing} is not installed")
    choices = choices_of(board)
    other = {axis: there[-1] for axis, there in choices.items() if len(there) > 1}
    (point,) = points(board, choices, select(board, choices, other))
    elf = build_firmware(board, point.stem, point.variables)
    record = simulate(board, point.clock_mhz, board.libm[0], models=("simple1",), elf=elf)
    assert record.clock_mhz == point.clock_mhz
    assert record.wrong == []
    regular = simulate(board, board.clocks_mhz[0], board.libm[0], models=("simple1",))
    assert record.models["simple1"].predict_cycles != regular.models["simple1"].predict_cycles
