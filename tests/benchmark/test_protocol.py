"""The serial and pin protocol (docs/firmware.md), spoken with the real firmware on the real engines."""

import re
from collections.abc import Iterator
from itertools import product

import pytest

from scopeless import engines
from scopeless.benchmark.golden import golden_outputs
from scopeless.board import load_board
from scopeless.engines.remote import RemoteMachine
from scopeless.firmware.build import firmware_for

MS = 1_000.0
SECOND = 1_000_000.0

UNKNOWN = "Error: unknown command, use TEST=1|2, START=1|2 or STOP"
MODE = "Error: unknown mode, use 1 or 2"
NOTHING = "Error: nothing is running"
RUNNING = "Error: already running, STOP first"
TOO_LONG = "Error: line too long"

TOLERANCE = {"stm32f103": 1e-8, "arduino_uno": 2e-7}
"""Of a printed prediction: half of the last decimal and the arithmetic of 64- and 32-bit doubles."""


class Console:
    """A user at the serial port who sends text and reads the lines that come back."""

    def __init__(self, machine: RemoteMachine) -> None:
        self.machine = machine
        self.edges: list[int] = []

    def lines(self, for_us: float, until: str | None = None) -> list[str]:
        result = self.machine.run(for_us=for_us, until_line=until)
        self.edges += [edge.level for edge in result.edges]
        return [line.text for line in result.lines]

    def ask(self, text: bytes, for_us: float = 150 * MS, until: str | None = None) -> list[str]:
        self.machine.uart_send(text)
        return self.lines(for_us, until)


@pytest.fixture(params=["stm32f103", "arduino_uno"])
def board(request):
    return load_board(request.param)


@pytest.fixture
def console(board) -> Iterator[Console]:
    """A board that has just said that it is ready."""
    with engines.start(board) as machine:
        machine.load(firmware_for(board, board.clocks_mhz[0], board.libm[0]))
        console = Console(machine)
        clock, libm = board.clocks_mhz[0], board.libm[0]
        banner = f"Scopeless benchmark on {board.name} at {clock} MHz, libm {libm}"
        assert console.lines(SECOND, until="Ready") == [banner, "Ready"]
        yield console


@pytest.mark.parametrize("mode", [1, 2])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_test_prints_all_eight_predictions(console, board, mode, line_end):
    first, *predictions, last = console.ask(b"TEST=%d" % mode + line_end, SECOND, until="Finished")
    assert (first, last) == (f"Test {mode}", "Finished")
    expected = zip(product((0, 1), repeat=3), golden_outputs(f"simple{mode}"), strict=True)
    for line, (inputs, value) in zip(predictions, expected, strict=True):
        match = re.fullmatch(r"\[(\d) (\d) (\d)\] = (0\.\d{8})", line)
        assert match, line
        assert [int(bit) for bit in match.groups()[:3]] == list(inputs)
        assert float(match[4]) == pytest.approx(value, abs=TOLERANCE[board.name])
    assert console.edges == []


@pytest.mark.parametrize(("mode", "prediction"), [(1, "0.5000000"), (2, "0.284246")])
def test_start_runs_every_three_seconds_until_stop(console, mode, prediction):
    assert console.ask(b"START=%d\n" % mode, until="Started") == [f"Started {mode}"]
    assert console.lines(2.99 * SECOND) == []
    for _ in range(2):
        (line,) = console.lines(3.01 * SECOND, until="Run")
        assert line.startswith(f"Run {mode}: [0 0 0] = {prediction}")
    assert console.edges == [1, 0] * 6
    assert console.ask(b"STOP\n") == ["Stopped"]
    assert console.lines(7 * SECOND) == []
    assert console.edges == [1, 0] * 6


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"HELLO\n", UNKNOWN),
        (b"test=1\n", UNKNOWN),
        (b" TEST=1\n", UNKNOWN),
        (b"STOPS\n", UNKNOWN),
        (b"TEST\n", UNKNOWN),
        (b"\0\xff\r\x01\n", UNKNOWN),
        (b"TEST=\n", MODE),
        (b"TEST=3\n", MODE),
        (b"TEST=12\r\n", MODE),
        (b"START=0\n", MODE),
        (b"STOP\n", NOTHING),
        (b"x" * 33 + b"\n", TOO_LONG),
        (b"TEST=1" * 40 + b"\n", TOO_LONG),
    ],
)
def test_a_bad_line_gives_one_error_line_and_changes_nothing(console, sent, answer):
    assert console.ask(sent, 400 * MS) == [answer]
    assert console.ask(b"STOP\n") == [NOTHING]
    assert console.edges == []


def test_the_longest_line_is_still_read_as_a_command(console):
    assert console.ask(b"x" * 32 + b"\n") == [UNKNOWN]


def test_empty_lines_are_ignored(console):
    assert console.ask(b"\n\r\n\n") == []


def test_commands_sent_at_once_are_answered_in_order(console):
    assert console.ask(b"STOP\r\nFOO\nSTART=1\nSTOP\n", 300 * MS) == [
        NOTHING,
        UNKNOWN,
        "Started 1",
        "Stopped",
    ]


def test_start_while_running_leaves_the_run_alone(console):
    console.ask(b"START=1\n", until="Started")
    console.lines(2 * SECOND)
    assert console.ask(b"START=2\n") == [RUNNING]
    (line,) = console.lines(1.1 * SECOND, until="Run")
    assert line.startswith("Run 1: ")


def test_test_while_running_answers_and_the_runs_go_on(console):
    console.ask(b"START=1\n", until="Started")
    assert console.ask(b"TEST=2\n", SECOND, until="Finished")[-1] == "Finished"
    assert console.edges == []
    assert console.lines(3.01 * SECOND, until="Run")[0].startswith("Run 1: ")


def test_a_new_start_begins_a_new_period(console):
    console.ask(b"START=1\n", until="Started")
    console.lines(2 * SECOND)
    console.ask(b"STOP\n", until="Stopped")
    console.ask(b"START=2\n", until="Started")
    assert console.lines(2.99 * SECOND) == []
    assert console.lines(50 * MS, until="Run")[0].startswith("Run 2: ")


def test_the_prediction_lies_inside_its_window(console, board):
    """No part of the work may have been moved past the pin: simple2 computes 33 nodes, simple1 one."""
    lengths = {}
    for mode in (1, 2):
        console.ask(b"START=%d\n" % mode, until="Started")
        edges = console.machine.run(for_us=4 * SECOND, until_line="Run").edges
        assert [edge.level for edge in edges] == [1, 0, 1, 0, 1, 0]
        lengths[mode] = edges[5].cycle - edges[4].cycle
        toggle = edges[4].cycle - edges[0].cycle
        assert lengths[mode] > 5 * toggle
        console.ask(b"STOP\n", until="Stopped")
    assert lengths[2] > 30 * lengths[1]
