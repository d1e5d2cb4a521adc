"""What ``scopeless run`` does: the firmware goes on in slices, and in between everybody gets a turn."""

from __future__ import annotations

import argparse
import re
import select
import sys
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING

from scopeless.board import Board, load_board
from scopeless.cli import _run_report
from scopeless.cli._inside import check_inside
from scopeless.cli._run_input import InputLines
from scopeless.cli._run_inside import Inside
from scopeless.cli._stop import Stop, stop_by_signal
from scopeless.engines import start
from scopeless.errors import RunTimeout, ScopelessError, UsageError
from scopeless.files import check_writable
from scopeless.firmware.image import Image
from scopeless.machine import Machine, RunResult
from scopeless.machine import Stop as Reason
from scopeless.pins.inject import Feeder, parse_option, read_changes
from scopeless.pins.vcd_stream import VcdStream
from scopeless.ports import Port
from scopeless.ports.pty import Pty
from scopeless.ports.tcp import Tcp
from scopeless.ports.terminal import Terminal
from scopeless.run.bench import Bench
from scopeless.run.measure import Measurements
from scopeless.run.pace import SLICE_US, Pace
from scopeless.units import LONGEST_US, time_us

if TYPE_CHECKING:
    from scopeless.engines.remote import RemoteMachine
    from scopeless.gdb.server import Server

ALL = "all"
MARGIN_US = Fraction(1000)
"""How much earlier than due an injected change is handed over: more than any instruction takes."""
WAIT_S = 0.02
"""How long a wait for real time lasts without a look at the signals."""


class Live:
    """One run, as the command line asks for it."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Raises :class:`UsageError` for what can be told to be wrong without an engine."""
        self._args = args
        self._board: Board = load_board(args.board)
        self._address = None if args.address is None else _address(args.address)
        self._limit_us = LONGEST_US if args.limit is None else time_us(args.limit)
        self._until = _pattern(args.until)
        self._input = InputLines.open(args.input, _pattern(args.input_after)) if args.input else None
        if args.input_after and not args.input:
            raise UsageError("--input-after says when to send the lines of --input FILE; give that too.")
        self._injected = parse_option(args.inject) if args.inject else None
        if args.json:
            check_writable(args.json)
        if args.vcd:
            check_writable(args.vcd)
        check_inside(args)
        self._keyboard = sys.stdin is not None and sys.stdin.isatty() and args.input != "-"
        interactive = self._keyboard or args.pty or args.uart_tcp is not None
        self._paced = args.speed == "real" or (args.speed is None and interactive)
        self._ports: list[Port] = []
        self._gdb: Server | None = None

    def run(self) -> int:
        """Run to the end, report, and return the exit code. Raises what ended it, if that was an error."""
        with ExitStack() as stack:
            stop = stack.enter_context(stop_by_signal(self._restore))
            machine = stack.enter_context(
                start(self._board, engine=self._args.engine, strict=self._args.strict)
            )
            image = Image.open(self._args.firmware, self._board, self._address)
            machine.load(self._args.firmware, self._address)
            if self._args.uart is not None:
                machine.use_uart(self._args.uart)
            bench = Bench(machine)
            pins = self._watch(machine)
            self._inject(machine, bench)
            measured = Measurements(pins, lines=bool(self._args.json))
            bench.listeners.append(lambda result: measured.feed(result, bench.timeline))
            inside = Inside(self._args, self._board, machine, image)
            bench.listeners.append(inside.feed)
            if self._args.vcd:
                self._record(stack, bench, machine.engine, pins)
            self._open_ports(stack)
            self._open_gdb(stack, bench, machine)
            bench.listeners.append(self._show)
            ended, error = self._go(machine, bench, stop)
            self._restore()
            _run_report.report(self._args, self._board, machine, image, bench, measured, inside, ended)
        if error is not None:
            raise error
        return stop.exit_code if stop else 0

    # What is set up

    def _watch(self, machine: Machine) -> list[str]:
        """Record the pins asked for, and give their names."""
        pins = list(dict.fromkeys(self._args.pin))
        if ALL in pins:
            pins = machine.pin_names()
        elif not pins and (self._args.vcd or self._args.trace):
            pins = [self._board.pin]
        machine.watch_pins(pins)
        return pins

    def _inject(self, machine: Machine, bench: Bench) -> None:
        if self._injected is None:
            return
        path, renamed = self._injected
        feeder = Feeder(read_changes(path, machine.pin_names(), renamed))

        def feed(until_us: Fraction) -> None:
            if changes := feeder.due(until_us + MARGIN_US):
                machine.drive(changes)

        bench.before_slice.append(feed)

    def _record(self, stack: ExitStack, bench: Bench, engine: str, pins: list[str]) -> None:
        comment = f"{self._args.firmware.name} on {self._board.name}, engine {engine}"
        vcd = VcdStream(self._args.vcd, self._board.name, pins, comment)
        stack.callback(lambda: vcd.close(bench.cycle, bench.timeline))
        bench.listeners.append(lambda result: vcd.feed(result.edges, bench.timeline))

    def _open_ports(self, stack: ExitStack) -> None:
        def add(port: Port) -> None:
            stack.callback(port.close)
            self._ports.append(port)

        if self._args.pty:
            add(pty := Pty())
            print(f"scopeless: the UART is at {pty.path}", file=sys.stderr, flush=True)
        if self._args.uart_tcp is not None:
            add(tcp := Tcp(self._args.uart_tcp))
            print(f"scopeless: the UART is at 127.0.0.1:{tcp.number}", file=sys.stderr, flush=True)
        add(Terminal(keyboard=self._keyboard))

    def _open_gdb(self, stack: ExitStack, bench: Bench, machine: RemoteMachine) -> None:
        if self._args.gdb is None:
            return
        from scopeless.gdb.server import Server
        from scopeless.ports.tcp import listen

        debugger = machine.debugger
        self._gdb = Server(listen(self._args.gdb), bench, debugger, self._board)
        stack.callback(self._gdb.close)
        print(
            f"scopeless: waiting for GDB; in it: target remote 127.0.0.1:{self._gdb.port}",
            file=sys.stderr,
            flush=True,
        )

    def _restore(self) -> None:
        for port in self._ports:
            if isinstance(port, Terminal):
                port.close()

    # What happens

    def _show(self, result: RunResult) -> None:
        if result.uart:
            data = bytes(byte.value for byte in result.uart)
            for port in self._ports:
                port.write(data)

    def _go(self, machine: Machine, bench: Bench, stop: Stop) -> tuple[str, ScopelessError | None]:
        """How it ended, in a word, and the error where it was one."""
        pace = Pace() if self._paced else None
        if pace:
            bench.longest_slice_us = SLICE_US
        if self._input:
            self._input.begin(machine)
        wanted = "|".join(f"(?:{each})" for each in (self._until, self._input and self._input.after) if each)
        try:
            while not stop:
                for port in self._ports:
                    if data := port.read():
                        machine.uart_send(data, wait=True)
                if self._gdb and not self._gdb.poll(WAIT_S if self._gdb.halted else 0):
                    return "killed", None
                result = self._slice(bench, wanted or None)
                if result is None:
                    continue
                if result.stop is Reason.LINE:
                    if self._until and re.search(self._until, result.lines[-1].text):
                        return "until", None
                    if self._input:
                        self._input.heard(machine, result.lines[-1].text)
                elif bench.now_us >= self._limit_us:
                    return "for", self._missed()
                if pace:
                    self._wait(lambda: pace.ahead_s(bench.now_us), stop)
        except ScopelessError as error:
            if self._gdb:
                self._gdb.close(lost=True)
            return "error", error
        return "signal", None

    def _slice(self, bench: Bench, until_line: str | None) -> RunResult | None:
        """A slice of the run; None while it stands still."""
        if self._gdb is None:
            return bench.slice(self._limit_us, until_line=until_line)
        return None if self._gdb.halted else self._gdb.slice(self._limit_us, until_line=until_line)

    def _missed(self) -> RunTimeout | None:
        if not self._until:
            return None
        return RunTimeout(f"No line matched {self._until!r} within {self._args.limit} of simulated time.")

    def _wait(self, ahead_s: Callable[[], float], stop: Stop) -> None:
        """Until real time has caught up, or somebody wants something."""
        while not stop and (seconds := ahead_s()) > 0:
            handles = [port for port in self._ports if port.fileno() >= 0]
            if select.select(handles, [], [], min(seconds, WAIT_S))[0]:
                return


def _address(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"--address {text!r} is not a number; write it like 0x08000000.") from None


def _pattern(text: str | None) -> str | None:
    try:
        re.compile(text or "")
    except re.error as error:
        raise UsageError(f"{text!r} is not a regular expression: {error}.") from error
    return text
