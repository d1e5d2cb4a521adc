"""The benchmark session: the commands that go to a board's serial port, and what comes back.

It runs on any :class:`~scopeless.machine.Machine` and knows nothing of engines, files or scopes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scopeless.benchmark.windows import PROTOCOL, Window, Windows, pin_windows
from scopeless.errors import CheckFailed, RunTimeout
from scopeless.machine import Edge, FlowEvent, Machine, ProfileRow, RunResult, Stop, UartByte

MODELS = ("simple1", "simple2")
INPUTS = tuple((a0, a1, a2) for a0 in (0, 1) for a1 in (0, 1) for a2 in (0, 1))
"""The eight input sets, in the order of the published table."""

START_PERIOD_S = 3.0
"""A started benchmark makes one prediction every three seconds (published text, 'START=<mode>')."""
MEASURED_RUN = 2
"""Which run after START is measured. A scope shows one of a series; where there are caches the first run is
not like the others, because other commands went before it."""
PATIENCE_S = 10.0
"""Simulated time the firmware gets for an answer; the slowest, TEST=2 on a 16 MHz AVR at 9600 baud, needs
0.3 s."""

OUTPUT = re.compile(r"^\[([01]) ([01]) ([01])\] = (\S+)$")

BANNER = re.compile(r"^Scopeless benchmark on (\S+) at \d+ MHz, libm (\S+)$")


@dataclass(frozen=True)
class Message:
    """One line on the serial port: ``sender`` is ``host`` or ``board``. A host line's cycle is when it was
    queued."""

    cycle: int
    sender: str
    text: str


@dataclass(frozen=True)
class ModelRun:
    """What one model gave: its eight outputs from TEST and the windows of one START run."""

    outputs: tuple[float, ...]
    windows: Windows


@dataclass
class Session:
    """Everything seen on the board's two connections, and what it means, by model."""

    messages: list[Message] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    models: dict[str, ModelRun] = field(default_factory=dict)

    def banner(self) -> tuple[str, str] | None:
        """The board and the libm that the firmware says it was built for."""
        found = (BANNER.match(message.text) for message in self.messages if message.sender == "board")
        return next(((match[1], match[2]) for match in found if match), None)


Progress = Callable[[str], None]


def run_session(
    machine: Machine, models: Sequence[str] = MODELS, progress: Progress = lambda step: None
) -> Session:
    """Run the whole published experiment on a loaded machine: wait for it to be ready, TEST, START and STOP.

    ``progress`` is told each step. Raises :class:`RunTimeout` when the firmware does not answer within
    :data:`PATIENCE_S`, :class:`CheckFailed` when it answers something else than the benchmark would or its
    pin does not follow the protocol, and what :meth:`Machine.run` raises.
    """
    board = _Port(machine)
    progress("starting up")
    board.wait_for("^Ready$", what="its 'Ready'")
    outputs = {}
    for model in models:
        progress(f"testing {model}")
        outputs[model] = _test(board, _mode(model))
    for model in models:
        progress(f"timing {model}")
        windows = _start(board, _mode(model), machine.counter_names)
        board.session.models[model] = ModelRun(outputs[model], windows)
    return board.session


@dataclass(frozen=True)
class WindowProfile:
    """One prediction window and the instructions executed in it; its trace, where one was asked for; the
    edges that it lies between, and what was sent meanwhile.

    The window lasts from one pin write's data on the bus to the other's, the profile from instruction to
    instruction: ``pin_write_cycles`` is the difference, so that everything adds up to the window.
    """

    window: Window
    rows: tuple[ProfileRow, ...]
    events: tuple[FlowEvent, ...] = ()
    edges: tuple[Edge, ...] = ()
    uart: tuple[UartByte, ...] = ()

    @property
    def pin_write_cycles(self) -> int:
        """Cycles of the window that belong to no instruction's row."""
        return self.window.cycles - sum(row.cycles for row in self.rows)


def profile_window(
    machine: Machine, model: str, progress: Progress = lambda step: None, *, trace: bool = False
) -> WindowProfile:
    """Profile one prediction of ``model`` on a loaded machine; with ``trace``, also trace it. Raises what
    :func:`run_session` raises."""
    board = _Port(machine)
    progress("starting up")
    board.wait_for("^Ready$", what="its 'Ready'")
    progress(f"profiling {model}")
    board.send(f"START={_mode(model)}")
    for number in range(1, MEASURED_RUN):
        board.wait_for(f"^Run {_mode(model)}: ", what=f"run {number}", extra_s=START_PERIOD_S)
    patience_us = (PATIENCE_S + START_PERIOD_S) * 1e6
    edges = list(machine.run(for_us=patience_us, until_edges=len(PROTOCOL) - 1).edges)
    machine.profile_start()
    if trace:
        machine.trace_start()
    last = machine.run(for_us=patience_us, until_edges=1)
    edges += last.edges
    events = machine.trace_stop() if trace else []
    rows = machine.profile_stop()
    window = pin_windows(edges, machine.counter_names).predict
    return WindowProfile(window, tuple(rows), tuple(events), tuple(edges[-2:]), tuple(last.uart))


def _mode(model: str) -> int:
    return MODELS.index(model) + 1


def _test(board: _Port, mode: int) -> tuple[float, ...]:
    board.send(f"TEST={mode}")
    lines = board.wait_for("^Finished$", what=f"'Finished' after TEST={mode}").lines
    return read_outputs(mode, [line.text for line in lines])


def read_outputs(mode: int, lines: Sequence[str]) -> tuple[float, ...]:
    """The eight outputs in the ``lines`` that answered TEST=``mode``. Raises :class:`CheckFailed` when they
    are not there, each once and in order."""
    found = [match for line in lines if (match := OUTPUT.match(line))]
    inputs = [tuple(map(int, match.group(1, 2, 3))) for match in found]
    try:
        outputs = tuple(float(match[4]) for match in found)
    except ValueError as error:
        raise CheckFailed(f"TEST={mode} printed an output that is not a number: {error}.") from error
    if inputs != list(INPUTS):
        seen = "; ".join(lines) or "nothing"
        raise CheckFailed(f"TEST={mode} must print eight outputs, [0 0 0] to [1 1 1], but printed: {seen}.")
    return outputs


def _start(board: _Port, mode: int, counter_names: Sequence[str]) -> Windows:
    board.send(f"START={mode}")
    for number in range(1, MEASURED_RUN + 1):
        run = board.wait_for(f"^Run {mode}: ", what=f"run {number} of START={mode}", extra_s=START_PERIOD_S)
    board.send("STOP")
    board.wait_for("^Stopped$", what="'Stopped' after STOP")
    return pin_windows(run.edges, counter_names)


class _Port:
    """The serial port of a machine with a record of all that went over it, and of the pin meanwhile."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._cycle = 0
        self.session = Session()

    def send(self, command: str) -> None:
        self.session.messages.append(Message(self._cycle, "host", command))
        self._machine.uart_send(f"{command}\n".encode())

    def wait_for(self, pattern: str, *, what: str, extra_s: float = 0.0) -> RunResult:
        limit_s = PATIENCE_S + extra_s
        result = self._machine.run(for_us=limit_s * 1e6, until_line=f"(?:{pattern})|^Error: ")
        self._cycle = result.cycle
        self.session.edges += result.edges
        self.session.messages += [Message(line.cycle, "board", line.text) for line in result.lines]
        received = [message.text for message in self.session.messages if message.sender == "board"]
        if result.stop is not Stop.LINE:
            last = f"the last line it sent was {received[-1]!r}" if received else "it sent nothing at all"
            raise RunTimeout(
                f"The firmware did not send {what} within {limit_s:g} s of simulated time; {last}; "
                f"it is at {self._machine.where()}; check that "
                "it is the benchmark firmware and fits the board."
            )
        if not re.search(pattern, received[-1]):
            raise CheckFailed(f"Waiting for {what}, the firmware answered {received[-1]!r}.")
        return result
