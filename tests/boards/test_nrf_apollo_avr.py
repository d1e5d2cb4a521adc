"""Nano 33 BLE, SparkFun Edge and the AVR boards: the whole experiment with their own firmware."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from scopeless import engines
from scopeless.benchmark.golden import golden_outputs
from scopeless.benchmark.session import Session, run_session
from scopeless.benchmark.windows import Windows
from scopeless.board import load_board
from scopeless.firmware.build import FIRMWARE, firmware_for, missing_tool
from scopeless_analysis.scope import find_row

SECOND = 1_000_000.0
VARIANTS = [
    (name, clock, libm)
    for name in ("nano33ble", "sparkfun_edge", "arduino_leonardo")
    for clock in load_board(name).clocks_mhz
    for libm in load_board(name).libm
]


@cache
def session_of(name: str, clock_mhz: int, libm: str) -> tuple[Session, int, list[str]]:
    """The session of one firmware, its clock in Hz and the notes; unmodelled peripherals end it."""
    board = load_board(name)
    with engines.start(board, strict=True) as machine:
        machine.load(firmware_for(board, clock_mhz, libm))
        return run_session(machine), machine.clock_hz(), machine.notes()


@pytest.fixture(params=VARIANTS, ids=lambda v: f"{v[0]}-{v[1]}-{v[2]}")
def run(request):
    return (*request.param, *session_of(*request.param))


def test_predictions_are_the_golden_ones(run):
    name, *_, session, _, _ = run
    tolerance = 2e-7 if load_board(name).core == "avr" else 6e-9
    for model in ("simple1", "simple2"):
        assert session.models[model].outputs == pytest.approx(golden_outputs(model), abs=tolerance)


def test_the_firmware_sets_the_clock_it_names_and_nothing_is_to_be_noted(run):
    _, clock_mhz, _, _, hz, notes = run
    assert hz == clock_mhz * 1_000_000
    assert notes == []


def test_windows_are_free_of_interrupts_and_sleep(run):
    name, *_, session, _, _ = run
    avr = load_board(name).core == "avr"
    for model in session.models.values():
        for window in (model.windows.toggle, model.windows.predict):
            assert window.counters["interrupts" if avr else "exception"] == 0
            assert window.counters["cycles_sleep" if avr else "sleep"] == 0


def test_a_prediction_is_within_its_window(run):
    session = run[3]
    simple1, simple2 = (session.models[model].windows.predict.cycles for model in ("simple1", "simple2"))
    assert 30 < simple2 / simple1 < 46  # 33 nodes, most with longer arguments than [0 0 0]
    assert session.models["simple1"].windows.toggle.cycles < simple1 / 5


@pytest.mark.parametrize("name", ["nano33ble", "sparkfun_edge", "arduino_leonardo"])
def test_runs_come_every_three_seconds(name):
    board = load_board(name)
    with engines.start(board) as machine:
        machine.load(firmware_for(board, board.clocks_mhz[0], board.libm[0]))
        machine.run(for_us=SECOND, until_line="Ready")
        machine.uart_send(b"START=1\r\n")
        starts = []
        for _ in range(2):
            edges = machine.run(for_us=4 * SECOND, until_edges=6).edges
            starts.append(machine.time_us(edges[0].cycle))
        assert starts[1] - starts[0] == pytest.approx(3 * SECOND, abs=200)


@pytest.mark.parametrize("libm", ["recorded", "stock"])
def test_burst_mode_takes_the_same_instructions_in_half_the_time(libm):
    """The cache holds the whole window, so that the flash, which does not get faster, hardly counts."""
    slow, fast = (
        session_of("sparkfun_edge", clock, libm)[0].models["simple2"].windows.predict for clock in (48, 96)
    )
    assert fast.instructions == slow.instructions
    assert slow.cycles <= fast.cycles < 1.01 * slow.cycles


# The Arduino boards and their recorded rows


def windows(name: str, elf: Path) -> Windows:
    board = load_board(name)
    with engines.start(board) as machine:
        machine.load(elf)
        return run_session(machine, ["simple1"]).models["simple1"].windows


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Builds a variation of an Arduino board's firmware."""
    missing = missing_tool(load_board("arduino_uno"))
    if missing:
        pytest.skip(f"{missing} is not installed")
    folder = tmp_path_factory.mktemp("avr")
    shutil.copytree(FIRMWARE, folder / "firmware")

    def make(name: str, *variation: str) -> Path:
        build_folder = folder / "-".join((name, *variation))
        subprocess.run(
            ["make", "-s", "-C", folder / "firmware", f"BOARD={name}", f"BUILD={build_folder}", *variation],
            check=True, env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        (elf,) = build_folder.glob("*.elf")
        return elf

    return make


@pytest.mark.parametrize(("name", "label"), [("arduino_uno", 8), ("arduino_leonardo", 16)])
def test_the_pin_toggles_as_recorded(name, label):
    board = load_board(name)
    row = find_row(name, label, "simple1", "toggle")
    toggle = windows(name, firmware_for(board, 16, "stock")).toggle.cycles / 16
    assert toggle == pytest.approx(row.best_us, abs=row.resolution_us + 1 / 16)


@pytest.mark.parametrize(("name", "label"), [("arduino_uno", 8), ("arduino_leonardo", 16)])
def test_the_first_sketch_explains_the_recorded_simple1(name, label, build):
    """docs/findings/uno-simple1.md: the division is done after the pin has gone low."""
    first = windows(name, build(name, "SKETCH=first"))
    for quantity, window in (("toggle", first.toggle), ("predict", first.predict)):
        row = find_row(name, label, "simple1", quantity)
        assert window.cycles / 16 == pytest.approx(row.best_us, rel=0.0075), quantity
    both = windows(name, firmware_for(load_board(name), 16, "stock"))
    assert both.predict.cycles > 1.3 * first.predict.cycles


def test_the_division_of_the_first_sketch_follows_the_last_pin_write(build):
    listing = subprocess.run(
        ["avr-objdump", "-d", build("arduino_uno", "SKETCH=first")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    calls = [line.rsplit("<", 1)[1] for line in listing.splitlines() if "\tcall\t" in line and "<" in line]
    last_write = max(n for n, call in enumerate(calls) if call.startswith("digitalWrite"))
    window = [n for n in range(last_write) if calls[n].startswith("digitalWrite")][-1]
    assert [call.split(">")[0] for call in calls[window + 1 : last_write]] == [
        *("__mulsf3", "__addsf3") * 3,
        "exp",
    ]
    assert "__divsf3>" in calls[last_write:][:6]
