"""The keywords. Each is a public method of :class:`ScopelessLibrary`; its docstring is its documentation in
docs/robot-library.html and therefore in Robot Framework's own markup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

from scopeless import __version__
from scopeless.benchmark.record import microseconds
from scopeless.benchmark.session import read_outputs
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.errors import CheckFailed, UsageError
from scopeless.firmware.build import firmware_for
from scopeless.machine import Edge
from scopeless.pins.vcd import write_vcd
from scopeless.robot import checks
from scopeless.robot.arguments import Level, LineEnd, Model, Shown, Unit
from scopeless.robot.limits import Reference, Tolerance
from scopeless.robot.running import RunningBoard
from scopeless.robot.waveform import waveform_svg

PATIENCE = timedelta(seconds=10)
LIMIT = Tolerance(10, "%")
EXACT = Tolerance(0, "cycles")


@dataclass(frozen=True)
class PinTrace:
    """What a Value Change Dump shows, see :class:`scopeless.pins.vcd.Trace`."""

    board: str
    engine: str
    clock_hz: int
    edges: tuple[Edge, ...]


class ScopelessLibrary(RunningBoard):
    """Acceptance tests of firmware on an emulated microcontroller board: its serial port, the edges of its
    pin, and how long its code takes in cycles of the real core.

    = Boards and time =

    `Start Board` makes a board and powers it on; one board runs at a time, in a process of its own, and it
    ends with the suite. *All times are simulated*: a board stands still between keywords, and
    `Run For    3 s` takes three seconds of the firmware's time and a moment of yours. Durations are Robot
    Framework's time strings (``3 s``, ``150 ms``, ``20 us``).

    = The serial port =

    Keywords that wait look at each line once: waiting begins behind the line that the last one found, so
    that no line is found twice and none is missed. A line comes without its line end.

    = The pin =

    Every edge of the board's benchmark pin is recorded with its cycle. The benchmark firmware drives
    the pin high, low, high, low, high, makes one prediction, and drives it low:
    | level   1 __   1 __   1 __________
    |         |  |_|  |_|  |           |___
    |         |--- toggle -|- predict -|
    `Toggle Time Should Be Within` and `Prediction Time Should Be Within` measure the latest such run: the
    edges between the latest ``Run`` line and the line before it.

    = Example =

    | *** Settings ***
    | Library           scopeless.robot
    |
    | *** Test Cases ***
    | Prediction Is Right And Fast Enough
    |     Start Board    stm32f103    clock=72
    |     Wait For Line    Ready
    |     Send Line    TEST=1
    |     Wait For Line    Finished
    |     Predictions Should Match Golden    simple1
    |     Send Line    START=1
    |     Wait For Line Matching    ^Run 1:    timeout=3.1 s
    |     Prediction Time Should Be Within    scope    10 %
    |     Log Waveform
    """

    ROBOT_LIBRARY_SCOPE = "SUITE"
    ROBOT_LIBRARY_VERSION = __version__
    ROBOT_LISTENER_API_VERSION = 3
    ROBOT_LIBRARY_CONVERTERS: ClassVar = {Reference: Reference.parse, Tolerance: Tolerance.parse}

    def __init__(self) -> None:
        super().__init__()
        self.ROBOT_LIBRARY_LISTENER = self

    # --- the board ---

    def start_board(
        self,
        name: str,
        clock: int | None = None,
        engine: str | None = None,
        elf: Path | None = None,
        libm: str | None = None,
        sketch: str = "",
        strict: bool = False,
    ) -> str:
        """Starts a board with firmware on it; ends the board that this suite started before.

        - ``name``: one of the names that ``scopeless boards`` lists.
        - ``clock``: core clock in MHz, one of the board's; default: its first.
        - ``engine``: what executes the firmware; default: the board's.
        - ``elf``: firmware of your own; without it the benchmark's for this board is built or taken
          prebuilt. ``clock``, ``libm`` and ``sketch`` choose among the benchmark's builds and mean
          nothing with it.
        - ``libm``: ``recorded`` or ``stock``, see docs/firmware.md; default: the board's first.
        - ``sketch``: a build structured like one of the recorded sketches, where the board has one.
        - ``strict``: whether the use of a peripheral that is not modelled is an error.

        Returns name and version of the engine.

        Examples:
        | Start Board    stm32f103
        | Start Board    stm32f746    clock=295
        | Start Board    arduino_uno    elf=${CURDIR}/mine.elf    strict=True
        """
        self.stop_board()
        self._board = load_board(name)
        mhz = self._board.check_clock(clock)
        if elf is None:
            elf = firmware_for(self._board, mhz, self._board.check_libm(libm), sketch)
        machine = start(self._board, engine=engine, strict=strict)
        try:
            machine.load(elf)
        except BaseException:
            machine.close()
            raise
        self._machine = machine
        return str(machine.engine)

    def reset_board(self) -> None:
        """Switches the board off and on: memory as loaded, cycle 0, no lines, no edges.

        Faster than starting it again.

        Example:
        | Test Setup    Reset Board
        """
        self._running.reset()
        self._forget()

    def stop_board(self) -> None:
        """Ends the board. Not needed at the end of a suite, and no error where none runs.

        Example:
        | Stop Board
        """
        if self._machine is not None:
            self._machine.close()
        self._machine = None
        self._forget()

    def run_for(self, duration: timedelta) -> None:
        """Lets the board run for ``duration`` of simulated time.

        Examples:
        | Run For    150 ms
        | Run For    3 seconds
        """
        self._run(duration)

    def get_cycles(self) -> int:
        """Returns the cycles of the core clock since power-on.

        Example:
        | ${cycles} =    Get Cycles
        """
        return self._cycle

    def get_simulated_time(self) -> float:
        """Returns the simulated time since power-on in seconds, through every change of the clock.

        Example:
        | ${seconds} =    Get Simulated Time
        """
        return self._running.time_us(self._cycle) / 1e6

    # --- the serial port ---

    def send_line(self, text: str, line_end: LineEnd = LineEnd.LF) -> None:
        """Sends ``text`` (ASCII; Python's escapes such as ``\\\\x00`` for other bytes) and a line end. The
        bytes arrive one after the other at the line's baud rate while the board runs.

        Examples:
        | Send Line    TEST=1
        | Send Line    TEST=1    line_end=CRLF
        """
        try:
            data = text.encode("latin-1")
        except UnicodeEncodeError as error:
            raise UsageError(f"{text!r} cannot be sent: a byte goes up to \\xff ({error.reason}).") from error
        self._running.uart_send(data + line_end.value)

    def wait_for_line(self, text: str, timeout: timedelta = PATIENCE) -> str:
        """Runs the board until it sends exactly the line ``text``; other lines are passed over.

        Fails when the line does not arrive within ``timeout`` of simulated time. Returns the line.

        Examples:
        | Wait For Line    Ready
        | Wait For Line    Finished    timeout=300 ms
        """
        return self._wait(f"^{re.escape(text)}$", timeout, repr(text)).string

    def wait_for_line_matching(self, pattern: str, timeout: timedelta = PATIENCE) -> str | list[str]:
        """Runs the board until it sends a line in which the regular expression ``pattern`` is found; other
        lines are passed over.

        Fails when no such line arrives within ``timeout`` of simulated time. Returns what the pattern
        matched; with groups in the pattern a list of that and the groups, like ``Should Match Regexp``.

        Examples:
        | Wait For Line Matching    ^Run 1:    timeout=3.1 s
        | ${match}    ${output} =    Wait For Line Matching    ^Run 1: .* = (.*)$
        """
        match = self._wait(pattern, timeout, f"a line matching {pattern!r}")
        return [match[0], *match.groups("")] if match.re.groups else match[0]

    def next_line_should_be(self, text: str, timeout: timedelta = PATIENCE) -> None:
        """Runs the board until it sends a line, and fails when that is not ``text`` or none arrives within
        ``timeout``.

        Example:
        | Send Line    HELLO
        | Next Line Should Be    Error: unknown command, use TEST=1|2, START=1|2 or STOP
        """
        line = self._wait("", timeout, repr(text)).string
        if line != text:
            raise CheckFailed(f"The next line should be {text!r}, but the board sent {line!r}.")

    def line_should_not_arrive(self, pattern: str, duration: timedelta) -> None:
        """Runs the board for ``duration`` and fails when it sends a line in which the regular expression
        ``pattern`` is found; an empty pattern is found in every line.

        Examples:
        | Line Should Not Arrive    ^Error    150 ms
        | Line Should Not Arrive    ${EMPTY}    7 s
        """
        compiled = checks.regular_expression(pattern)
        self._run(duration)
        unread = self._lines[self._read :]
        self._read = len(self._lines)
        for line in unread:
            if compiled.search(line.text):
                at_s = self._running.time_us(line.cycle) / 1e6
                raise CheckFailed(f"The board sent {line.text!r} at {at_s:.6f} s of simulated time.")

    def get_lines(self) -> list[str]:
        """Returns all lines since power-on.

        Example:
        | @{lines} =    Get Lines
        """
        return [line.text for line in self._lines]

    # --- predictions ---

    def predictions_should_match_golden(
        self, model: Model, golden: list[float] | None = None, tolerance: float | None = None
    ) -> None:
        """Checks the eight predictions of the latest answer to ``TEST=1`` (``simple1``) or ``TEST=2``
        (``simple2``).

        - ``model``: the network that was tested.
        - ``golden``: eight outputs of a network of your own, inputs [0 0 0] to [1 1 1]; default: what
          the published networks give in double precision.
        - ``tolerance``: largest absolute difference; default: 1e-6, on AVR, whose doubles have 32 bits,
          1e-6 of the value.

        Examples:
        | Predictions Should Match Golden    simple1
        | Predictions Should Match Golden    simple2    golden=${MINE}    tolerance=0.001
        """
        mode = model.value
        texts = [line.text for line in self._lines]
        starts = [number for number, text in enumerate(texts) if text == f"Test {mode}"]
        if not starts or "Finished" not in texts[starts[-1] :]:
            raise CheckFailed(f"TEST={mode} was not answered yet: send it and wait for 'Finished' first.")
        answer = texts[starts[-1] + 1 :]
        outputs = read_outputs(mode, answer[: answer.index("Finished")])
        checks.check_outputs(model.name, outputs, self._board, golden, tolerance)

    # --- the pin ---

    def edge_count_should_be(self, count: int) -> None:
        """Checks how often the benchmark pin has changed its level since power-on.

        Example:
        | Edge Count Should Be    6
        """
        if len(self._edges) != count:
            raise CheckFailed(
                f"{self._board.pin} changed its level {len(self._edges)} times since power-on, not {count} "
                f"times: {checks.list_edges(self._edges)}."
            )

    def pulse_width_should_be(
        self, width: Reference, tolerance: Tolerance = EXACT, level: Level = Level.HIGH, number: int = 1
    ) -> None:
        """Checks one pulse of the benchmark pin.

        - ``width``: a duration, such as ``9 cycles`` or ``0.137 us``.
        - ``tolerance``: how far off it may be, to either side.
        - ``level``: of which level the pulses are counted, ``HIGH`` or ``LOW``.
        - ``number``: 1 is the first complete pulse of that level since power-on, -1 the latest.

        Examples:
        | Pulse Width Should Be    9 cycles
        | Pulse Width Should Be    16.4 us    5 %    level=HIGH    number=-1
        """
        if width.quantity is None:
            raise UsageError("A pulse is compared with a duration; write a number and its unit.")
        cycles = checks.pulse(self._edges, level.value, number)
        hz = self._running.clock_hz()
        what = f"{level.name.lower()} pulse {number} of {self._board.pin}"
        checks.check_within(cycles, width.quantity.cycles(hz), tolerance, hz, what, str(width.quantity))

    def toggle_time_should_be_within(self, reference: Reference, tolerance: Tolerance = LIMIT) -> None:
        """Checks the toggle time of the latest run: from its first to its third rising edge, two full
        toggles.

        - ``reference``: a duration; ``scope`` for the figure that an oscilloscope recorded on the real
          board at this clock; or a baseline (``*.json``, see docs/ci.md).
        - ``tolerance``: how far off the toggle time may be, to either side.

        Fails when the pin did not follow the protocol. Returns nothing; see `Get Toggle Time`.

        Examples:
        | Toggle Time Should Be Within    scope
        | Toggle Time Should Be Within    37 cycles    0 cycles
        | Toggle Time Should Be Within    baselines/stm32f103-72mhz-recorded.json    1 %
        """
        self._check_window("toggle", reference, tolerance)

    def prediction_time_should_be_within(self, reference: Reference, tolerance: Tolerance = LIMIT) -> None:
        """Checks the prediction time of the latest run: from its third rising edge to the falling edge
        behind it.

        Arguments as for `Toggle Time Should Be Within`. Where the recorded firmware reached its pin in
        another way than ours, ``scope`` compares both predictions without their one pin write
        (docs/compare.md).

        Examples:
        | Prediction Time Should Be Within    scope    10 %
        | Prediction Time Should Be Within    16.44 us    0.5 us
        """
        self._check_window("predict", reference, tolerance)

    def get_toggle_time(self, unit: Unit = Unit.us) -> float:
        """Returns the toggle time of the latest run, in microseconds or in cycles.

        Example:
        | ${cycles} =    Get Toggle Time    cycles
        """
        return self._in(unit, self._windows()[1].toggle.cycles)

    def get_prediction_time(self, unit: Unit = Unit.us) -> float:
        """Returns the prediction time of the latest run, in microseconds or in cycles.

        Example:
        | ${us} =    Get Prediction Time
        """
        return self._in(unit, self._windows()[1].predict.cycles)

    def save_VCD(self, path: Path) -> None:
        """Writes all edges since power-on as a Value Change Dump, for GTKWave, PulseView and the like. The
        same run gives the same bytes.

        Example:
        | Save VCD    ${OUTPUT DIR}/pin.vcd
        """
        trace = PinTrace(self._board.name, self._running.engine, self._running.clock_hz(), tuple(self._edges))
        write_vcd(path, trace)

    def log_waveform(self, edges: Shown = Shown.run) -> None:
        """Puts the pin's waveform into Robot Framework's log as a picture: of the latest run, once whole
        and once its toggles alone, or of ``all`` edges since power-on.

        Examples:
        | Log Waveform
        | Log Waveform    all
        """
        from robot.api import logger

        hz = self._running.clock_hz()
        title = f"{self._board.title} at {hz / 1e6:g} MHz"
        shown = self._edges
        if edges is Shown.run:
            shown, model = self._latest_run()
            title += f", {model}"
        if not shown:
            raise CheckFailed(f"{self._board.pin} has not changed its level, so there is nothing to show.")
        pictures = [waveform_svg(shown, hz, title)]
        if edges is Shown.run:
            pictures.append(waveform_svg(shown[:-1] or shown, hz, f"{title}: toggles"))
        logger.info("<br>".join(pictures), html=True)

    # --- behind the keywords; Robot Framework takes no method with an underscore for a keyword ---

    def _close(self) -> None:
        """Robot Framework calls this when the suite ends, whatever happened in it."""
        self.stop_board()

    def _in(self, unit: Unit, cycles: int) -> float:
        return cycles if unit is Unit.cycles else microseconds(cycles, self._running.clock_hz())

    def _check_window(
        self, quantity: Literal["toggle", "predict"], reference: Reference, tolerance: Tolerance
    ) -> None:
        model, windows = self._windows()
        hz = self._running.clock_hz()
        checks.check_window(self._board, hz, model, quantity, windows, reference, tolerance)
