"""STM32F746 Discovery and Nucleo-L476RG: the real firmware at every clock."""

import pytest

from scopeless import engines
from scopeless.benchmark.golden import is_correct
from scopeless.benchmark.session import MODELS, run_session
from scopeless.board import load_board
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf

NOTES = {
    ("stm32f746", 295): [
        "The PLL's oscillator runs at 590 MHz, where RM0385 5.3.2 allows up to 432 MHz.",
        "The core clock of 295 MHz is beyond the data sheet's 216 MHz with over-drive.",
    ],
}
NAMES = ("stm32f746", "stm32l476")
CASES = [
    (name, clock, libm)
    for name in NAMES
    for b in [load_board(name)]
    for clock in b.clocks_mhz
    for libm in b.libm
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "{}-{}mhz-{}".format(*case))
def ran(request):
    """One whole session: board, clock, libm, session, clock at its end, notes."""
    name, clock, libm = request.param
    board = load_board(name)
    with engines.start(board, strict=True) as machine:
        machine.load(firmware_for(board, clock, libm))
        session = run_session(machine, MODELS)
        return board, clock, libm, session, machine.clock_hz(), machine.notes()


def test_it_predicts_what_the_network_does(ran):
    board, _, _, session, _, _ = ran
    assert all(is_correct(name, model.outputs, board.core) for name, model in session.models.items())


def test_it_runs_at_its_clock_and_says_what_is_beyond_the_data_sheet(ran):
    board, clock, libm, session, hz, notes = ran
    assert hz == clock * 1_000_000
    assert session.banner() == (board.name, libm)
    assert notes == NOTES.get((board.name, clock), [])


def test_every_cycle_of_a_window_has_its_cause(ran):
    _, _, _, session, _, _ = ran
    one, all_nodes = (session.models[name].windows for name in MODELS)
    for window in (one.toggle, one.predict, all_nodes.predict):
        assert window.breakdown and sum(window.breakdown.values()) == window.cycles


def test_the_first_run_comes_three_seconds_after_start(ran):
    _, clock, _, session, _, _ = ran
    at = {message.text: message.cycle for message in session.messages}
    seconds = (session.edges[0].cycle - at["Started 1"]) / (clock * 1e6)
    assert 2.99 < seconds < 3.01


def test_the_windows_have_the_work_of_the_recorded_binary(ran):
    """The recorded STM32F746 binary executes 457 and 20 218 instructions in the two windows, three pin writes
    of three instructions in the toggle; stock exp() leaves two comparisons a node out."""
    _, _, libm, session, _, _ = ran
    one, all_nodes = (session.models[name].windows for name in MODELS)
    assert 10 <= one.toggle.instructions <= 16
    if libm == "recorded":
        assert one.predict.instructions == pytest.approx(457, rel=0.01)
        assert all_nodes.predict.instructions == pytest.approx(20_218, rel=0.005)
    else:
        assert 60 < 457 - one.predict.instructions < 120
        assert all_nodes.predict.instructions < 18_000


@pytest.mark.parametrize("name", NAMES)
def test_the_stack_ends_where_ram_ends_and_data_begins_it(name):
    """As in the recorded linker script; on the STM32F746 these are SRAM2 and the DTCM."""
    board = load_board(name)
    symbols = Elf.open(firmware_for(board, board.clocks_mhz[0], board.libm[0])).symbols
    ram = [m for m in board.memory if m.kind == "ram" and m.base >= 0x2000_0000]
    assert symbols["_stack_top"] == max(m.base + m.size for m in ram)
    assert symbols["_data_start"] == 0x2000_0000
