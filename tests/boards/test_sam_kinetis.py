"""Arduino Due, Teensy 3.2 and 3.5: the real firmware at every clock."""

import pytest

from scopeless import engines
from scopeless.benchmark.golden import is_correct
from scopeless.benchmark.session import MODELS, run_session
from scopeless.board import load_board
from scopeless.firmware.build import firmware_for

OVERCLOCKS = {
    ("teensy32", 120): [
        "The PLL is set to 120 MHz, where the data sheet has 48 to 100 MHz.",
        "The core clock of 120 MHz is beyond the data sheet's 72 MHz.",
        "The bus clock of 60 MHz is beyond the data sheet's 50 MHz.",
    ],
    ("teensy32", 96): ["The core clock of 96 MHz is beyond the data sheet's 72 MHz."],
    ("teensy35", 168): [
        "The PLL is set to 168 MHz, where the data sheet has 48 to 120 MHz.",
        "The core clock of 168 MHz is beyond the data sheet's 120 MHz.",
        "The flash clock of 28 MHz is beyond the data sheet's 25 MHz.",
    ],
}
CASES = [
    (name, clock) for name in ("arduino_due", "teensy32", "teensy35") for clock in load_board(name).clocks_mhz
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}mhz")
def ran(request):
    """One whole session with the default libm: board, clock, session, clock at its end, notes."""
    name, clock = request.param
    board = load_board(name)
    with engines.start(board, strict=True) as machine:
        machine.load(firmware_for(board, clock, board.libm[0]))
        session = run_session(machine, MODELS)
        return board, clock, session, machine.clock_hz(), machine.notes()


def test_it_predicts_what_the_network_does(ran):
    board, _, session, _, _ = ran
    assert all(is_correct(name, model.outputs, board.core) for name, model in session.models.items())


def test_it_runs_at_its_clock_and_says_what_is_beyond_the_data_sheet(ran):
    board, clock, session, hz, notes = ran
    assert hz == clock * 1_000_000
    assert session.banner() == (board.name, "recorded")
    assert notes == OVERCLOCKS.get((board.name, clock), [])


def test_the_windows_are_whole(ran):
    """33 nodes in simple2, one in simple1; four stores in the toggle; every cycle has its cause."""
    _, _, session, _, _ = ran
    one, all_nodes = (session.models[name].windows for name in MODELS)
    assert 30 < all_nodes.predict.instructions / one.predict.instructions < 60
    assert one.toggle.instructions <= 8
    for window in (one.toggle, one.predict, all_nodes.predict):
        assert window.breakdown and sum(window.breakdown.values()) == window.cycles


def test_the_first_run_comes_three_seconds_after_start(ran):
    _, clock, session, _, _ = ran
    at = {message.text: message.cycle for message in session.messages}
    seconds = (session.edges[0].cycle - at["Started 1"]) / (clock * 1e6)
    assert 2.99 < seconds < 3.01


@pytest.mark.parametrize("name", ["arduino_due", "teensy32", "teensy35"])
def test_stock_exp_saves_two_comparisons_in_each_node(name):
    board = load_board(name)
    instructions = {}
    for libm in board.libm:
        with engines.start(board) as machine:
            machine.load(firmware_for(board, board.clocks_mhz[0], libm))
            window = run_session(machine, ("simple1",)).models["simple1"].windows.predict
            instructions[libm] = window.instructions
    assert 60 < instructions["recorded"] - instructions["stock"] < 120
