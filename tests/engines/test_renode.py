"""The renode engine: against a stand-in for Renode, and against Renode itself where it is installed.

The stand-in (support/renode_double.py) runs real firmware on the unicorn engine behind Renode's robot server;
these tests show that the engine drives such a server well, not that Renode accepts our platforms.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from commands import ROOT, scopeless
from scopeless.benchmark.record import ChipTiming, InstructionCounts, read_record
from scopeless.benchmark.session import INPUTS, run_session
from scopeless.benchmark.simulate import simulate
from scopeless.benchmark.windows import Window, pin_windows
from scopeless.board import board_names, load_board
from scopeless.cli import build_parser, main
from scopeless.engines import start
from scopeless.engines.renode import RenodeMachine
from scopeless.errors import CheckFailed, EngineCrash, FirmwareFault, RunTimeout, UsageError
from scopeless.firmware.build import firmware_for
from scopeless.machine import PinChange, Stop
from scopeless.renode.find import find_renode
from scopeless.renode.process import RenodeError

BOARD = load_board("stm32f103")
ARM = [name for name in board_names() if load_board(name).core != "avr"]


def has_renode() -> bool:
    try:
        find_renode()
    except UsageError:
        return False
    return True


needs_renode = pytest.mark.skipif(not has_renode(), reason="Renode not found")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Renode's temporary folders go during the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def double(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `renode` that is the stand-in, named by RENODE."""
    program = tmp_path / "renode"
    script = ROOT / "tests" / "support" / "renode_double.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("RENODE", str(tmp_path))
    return program


def firmware() -> Path:
    return firmware_for(BOARD, 72, "recorded")


def executed_or_skipped(window: Window) -> int:
    """What Renode counts: instructions that an IT block skips too (the default engine tells them apart)."""
    return window.counters["instructions"] + window.counters.get("it_skipped", 0)


def wait_until_empty(folder: Path) -> None:
    end = time.monotonic() + 10
    while any(folder.glob("scopeless-renode-*")) and time.monotonic() < end:
        time.sleep(0.05)
    assert not list(folder.glob("scopeless-renode-*"))


# What the engine does with a Renode that works


def test_the_whole_session_gives_what_the_default_engine_gives(double: Path) -> None:
    sessions = {}
    for engine in ("renode", "unicorn"):
        with start(BOARD, engine=engine) as machine:
            machine.load(firmware())
            sessions[engine] = run_session(machine)
            if engine == "renode":
                assert machine.engine == "renode 1.16.1 (virtual time)"
                assert machine.counter_names == ("instructions",)
                assert machine.clock_hz() == 72_000_000
                assert "virtual time: one for each instruction" in machine.notes()[0]
    ours, theirs = sessions["renode"], sessions["unicorn"]
    assert [m.text for m in ours.messages] == [m.text for m in theirs.messages]
    for model in ("simple1", "simple2"):
        assert len(ours.models[model].outputs) == len(INPUTS)
        assert ours.models[model].outputs == theirs.models[model].outputs
        window, wanted = ours.models[model].windows.predict, theirs.models[model].windows.predict
        assert window.instructions == executed_or_skipped(wanted)
        assert abs(window.cycles - wanted.cycles) <= 1  # the stand-in's virtual time is in whole ns


def test_the_command_labels_what_it_measured(double: Path) -> None:
    result = scopeless("sim", "stm32f103", "--engine", "renode", "--model", "simple1")
    assert result.returncode == 0, result.stderr
    assert "renode 1.16.1 (virtual time)" in result.stdout
    assert "Renode's virtual time: one for each instruction" in " ".join(result.stdout.split())


def test_the_overclock_is_told_to_renode(double: Path) -> None:
    with start(BOARD, engine="renode") as machine:
        machine.load(firmware_for(BOARD, 128, "recorded"))
        assert machine.clock_hz() == 128_000_000
        assert machine.run(for_us=1e6, until_line="^Ready$").stop is Stop.LINE


def test_a_run_ends_at_its_line_and_keeps_what_comes_after(double: Path) -> None:
    """All eight lines come within one slice; none may get lost between two waits."""
    with start(BOARD, engine="renode") as machine:
        machine.load(firmware())
        machine.run(for_us=1e6, until_line="^Ready$")
        machine.uart_send(b"TEST=1\n")
        first = machine.run(for_us=1e6, until_line="^Test 1$")
        assert (first.stop, [line.text for line in first.lines]) == (Stop.LINE, ["Test 1"])
        rest = machine.run(for_us=1e6, until_line="^Finished$")
        assert (rest.stop, len(rest.lines)) == (Stop.LINE, 9)
        assert rest.cycle == rest.lines[-1].cycle > first.cycle


def test_a_run_ends_at_its_edge(double: Path) -> None:
    with start(BOARD, engine="renode") as machine:
        machine.load(firmware())
        machine.run(for_us=1e6, until_line="^Ready$")
        machine.uart_send(b"START=1\n")
        result = machine.run(for_us=4e6, until_edges=5)
        assert (result.stop, [edge.level for edge in result.edges]) == (Stop.EDGES, [1, 0, 1, 0, 1])
        assert [edge.level for edge in machine.run(for_us=1e6, until_edges=1).edges] == [0]


def test_time_goes_on_by_what_was_asked_for(double: Path) -> None:
    with start(BOARD, engine="renode") as machine:
        machine.load(firmware())
        cycles = [machine.run(for_us=us).cycle for us in (1.0, 12_345.678, 50_000.0)]
        assert cycles == [72, round(72 * 12_346.678), round(72 * 62_346.678)]
        assert machine.time_us(72_000) == 1000.0
        machine.reset()
        assert machine.run(for_us=1.0).cycle == 72


def test_without_a_profile_it_says_so(double: Path) -> None:
    with (
        start(BOARD, engine="renode") as machine,
        pytest.raises(UsageError, match="has no cycle profile"),
    ):
        machine.profile_start()


# The timing model over its execution


def test_the_chips_cycles_are_those_of_the_very_execution(double: Path, tmp_path: Path) -> None:
    """The stand-in executes what our own engine does, and writes Renode's traces of it."""
    report = tmp_path / "record.json"
    options = ("--model", "simple1", "--json", report)
    result = scopeless("sim", "stm32f103", "--engine", "renode", "--timing", *options)
    assert result.returncode == 0, result.stderr
    own = simulate(BOARD, 72, "recorded", models=["simple1"]).models["simple1"]
    record = read_record(report)
    assert record.timing_model == "renode" and record.models["simple1"].breakdown == {}
    assert record.chip is not None
    assert record.chip.timing_model == "cortex-m3 core + stm32f1 flash"
    assert record.chip.models == {"simple1": own}
    assert list(record.chip.counts) == ["toggle", "simple1"]
    assert all(counts.agree for counts in record.chip.counts.values())
    text = " ".join(result.stdout.split())
    assert "The chip's cycles of what renode executed, timing by cortex-m3 core + stm32f1 flash" in text
    executed = own.instructions + own.it_skipped  # type: ignore[operator]
    assert f"simple1 {executed} {executed} {executed} ok" in text


def test_the_timing_model_starts_again_with_a_reset(double: Path) -> None:
    with start(BOARD, engine="renode") as machine:
        machine.use_timing_model()
        assert machine.counter_names[:2] == ("instructions", "chip_cycles")
        machine.load(firmware())
        edges = []
        for _ in range(2):
            machine.run(for_us=1e6, until_line="^Ready$")
            machine.uart_send(b"START=1\n")
            edges.append(machine.run(for_us=4e6, until_edges=6).edges)
            machine.reset()
    assert edges[0] == edges[1]
    windows = pin_windows(edges[0], machine.counter_names)
    assert windows.predict.chip is not None
    assert sum(windows.predict.chip.breakdown.values()) == windows.predict.chip.cycles
    assert windows.predict.breakdown == {}


def test_a_recorder_and_a_trace_that_differ_are_an_error(
    double: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", "forgetful")
    result = scopeless("sim", "stm32f103", "--engine", "renode", "--timing", "--model", "simple1")
    assert result.returncode == 1
    assert "The edge of PB12 to 1 is not in Renode's trace of it; please report it" in result.stderr


def test_a_renode_that_cannot_trace_says_so(double: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", "untraceable")
    result = scopeless("sim", "stm32f103", "--engine", "renode", "--timing", "--model", "simple1")
    assert result.returncode == 1
    assert "ExecutionTracer is already running" in result.stderr


def test_other_engines_have_no_other_timing() -> None:
    result = scopeless("sim", "stm32f103", "--timing")
    assert result.returncode == 2
    assert "--timing is for --engine renode; other engines' cycles are the chip's already." in result.stderr


def test_executions_that_differ_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    record = simulate(BOARD, 72, "recorded", models=["simple1"])
    counts = {"toggle": InstructionCounts(14, 14, 14), "simple1": InstructionCounts(513, 513, 512)}
    chip = ChipTiming("some model", record.models, counts)
    monkeypatch.setattr("scopeless.benchmark.simulate.simulate", lambda *_, **__: replace(record, chip=chip))
    args = build_parser().parse_args(["sim", "stm32f103", "--engine", "renode", "--timing"])
    with pytest.raises(CheckFailed, match="do not execute the same in simple1; see the table of instr"):
        args.run(args)


# What it does with one that does not


def test_without_renode_one_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    result = scopeless(
        "sim", "stm32f103", "--engine", "renode", PATH="/nonexistent", HOME=str(tmp_path), RENODE=""
    )
    if "was not found" not in result.stderr and has_renode():
        pytest.skip("Renode is in one of its usual places")
    assert result.returncode == 2
    assert result.stderr == (
        "scopeless: The engine 'renode' needs Renode, which was not found; unpack "
        "renode-1.16.1.linux-portable-dotnet.tar.gz from "
        "https://github.com/renode/renode/releases/tag/v1.16.1 and set RENODE to its folder.\n"
    )


def test_avr_boards_have_no_renode() -> None:
    with pytest.raises(UsageError, match="'renode' cannot run arduino_uno, whose core is avr"):
        start(load_board("arduino_uno"), engine="renode")


def test_a_wrong_place_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RENODE", str(tmp_path))
    with pytest.raises(UsageError, match=r"RENODE is '.*', where there is no Renode; unpack"):
        find_renode()


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("old", "is Renode 1.15.3, but 1.16 or newer is needed; unpack"),
        ("stranger", "does not seem to be Renode: asked for its version, it said 'I am a teapot'"),
    ],
)
def test_a_wrong_program_is_refused(
    double: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, message: str
) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", behaviour)
    with pytest.raises(UsageError, match=message):
        start(BOARD, engine="renode")


def test_a_renode_that_does_not_start_shows_its_log(
    double: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", "mute")
    with pytest.raises(EngineCrash, match="ended with status 7 in 'starting'") as caught:
        start(BOARD, engine="renode")
    assert "Could not start the HTTP server" in caught.value.detail  # type: ignore[attr-defined]
    wait_until_empty(temporary)


def test_a_crash_shows_the_log_and_leaves_nothing(
    double: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", "crash")
    result = scopeless("sim", "stm32f103", "--engine", "renode")
    assert result.returncode == 1
    assert "Renode 1.16.1 was killed by SIGSEGV in 'ExecuteCommand emulation RunFor" in result.stderr
    assert result.stderr.rstrip().endswith("System.NullReferenceException: something is null")
    wait_until_empty(temporary)


def test_a_refused_command_is_an_error_in_renodes_words(double: Path) -> None:
    machine = RenodeMachine(BOARD)
    try:
        with pytest.raises(RenodeError, match=r"refused 'ExecuteCommand frobnicate': .*No such command"):
            machine.renode.command("frobnicate")
        with pytest.raises(RenodeError, match=r"refused 'Juggle': .*not found"):
            machine.renode.keyword("Juggle")
    finally:
        machine.close()


def test_a_renode_that_hangs_is_ended_by_the_time_limit(
    double: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", "hang")
    with start(BOARD, engine="renode", host_limit_s=8.0) as machine:
        machine.load(firmware())
        with pytest.raises(RunTimeout, match="did not finish 'run' within 8 s"):
            machine.run(for_us=1e6)
    wait_until_empty(temporary)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_renode_ends_with_the_program(
    double: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", "hang")
    command = [sys.executable, "-m", "scopeless", "sim", "stm32f103", "--engine", "renode"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + 20
    while not list(temporary.glob("scopeless-renode-*/uart-*.csv")) and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(process.pid, number)
    process.wait(10)
    wait_until_empty(temporary)


def test_an_endless_program_is_stopped(double: Path) -> None:
    with start(BOARD, engine="renode", instruction_limit=2_000_000) as machine:
        machine.load(firmware())
        with pytest.raises(RunTimeout, match=r"may have executed 2000000 instructions .* at PC 0x080"):
            machine.run(for_us=1e6)


def test_what_the_platform_lacks_is_a_note_or_strictly_an_error(
    double: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENODE_DOUBLE", "lacking")
    with start(BOARD, engine="renode") as machine:
        machine.load(firmware())
        machine.run(for_us=100.0)
        assert "ReadDoubleWord from non existing peripheral at 0x40013000" in machine.notes()[-1]
    with start(BOARD, engine="renode", strict=True) as machine:
        machine.load(firmware())
        with pytest.raises(FirmwareFault, match="uses what the platform lacks"):
            machine.run(for_us=100.0)


def test_a_fault_is_named(double: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renode goes on in the firmware's fault handler."""
    monkeypatch.setenv("RENODE_DOUBLE", "stuck")
    with start(BOARD, engine="renode") as machine:
        machine.load(firmware())
        with pytest.raises(FirmwareFault, match=r"took a fault.* in unexpected_exception"):
            machine.run(for_us=1000.0, until_line="^Ready, but never this$")


def test_firmware_of_another_kind_is_refused(double: Path) -> None:
    with (
        start(BOARD, engine="renode") as machine,
        pytest.raises(UsageError, match="arduino_uno"),
    ):
        machine.load(firmware_for(load_board("arduino_uno"), 16, "stock"))


# Renode itself


@pytest.mark.renode
@needs_renode
@pytest.mark.parametrize("name", ARM)
def test_renode_runs_the_session(name: str) -> None:
    board = load_board(name)
    elf = firmware_for(board, board.clocks_mhz[0], board.libm[0])
    windows = {}
    for engine in ("renode", "unicorn"):
        with start(board, engine=engine) as machine:
            machine.load(elf)
            session = run_session(machine)
        windows[engine] = {m: executed_or_skipped(run.windows.predict) for m, run in session.models.items()}
    assert windows["renode"] == windows["unicorn"]


@pytest.mark.renode
@needs_renode
@pytest.mark.parametrize("name", ARM)
def test_the_timing_model_follows_renode(name: str) -> None:
    """Every instruction of the session; the edge recorder, the trace and our own engine count the same."""
    board = load_board(name)
    record = simulate(board, board.clocks_mhz[0], board.libm[0], engine="renode", timing=True)
    assert record.chip is not None
    assert {window: (c.recorder, c.trace) for window, c in record.chip.counts.items()} == {
        window: (c.own_engine, c.own_engine) for window, c in record.chip.counts.items()
    }
    for model in record.chip.models.values():
        assert sum(model.breakdown.values()) == model.predict_cycles
    assert not [note for note in record.notes if "trace lacks" in note]


@pytest.mark.renode
@needs_renode
def test_renodes_counts_are_exact() -> None:
    """With blocks of one instruction no counter can lag behind; the watchpoints must give the same."""
    counts = []
    for block_size in (0x7FF, 1):
        machine = RenodeMachine(BOARD)
        try:
            machine.load(firmware())
            machine.renode.command(f"sysbus.cpu MaximumBlockSize {block_size}")
            machine.run(for_us=1e6, until_line="^Ready$")
            machine.uart_send(b"START=1\n")
            edges = machine.run(for_us=4e6, until_edges=6).edges
            counts.append([edge.counters[0] - edges[0].counters[0] for edge in edges])
        finally:
            machine.close()
    assert counts[0] == counts[1]


@pytest.mark.renode
@needs_renode
def test_renode_gives_the_same_twice() -> None:
    edges = []
    for _ in range(2):
        with start(BOARD, engine="renode") as machine:
            machine.load(firmware())
            edges.append(run_session(machine, ["simple1"]).edges)
    assert edges[0] == edges[1]


# Any firmware


def test_bytes_come_with_the_lines(double: Path) -> None:
    with start(BOARD, engine="renode") as machine:
        machine.load(firmware())
        result = machine.run(for_us=1e6, until_line="^Ready$")
        text = bytes(byte.value for byte in result.uart).decode()
        assert text.splitlines() == [line.text for line in result.lines]
        ends = [byte.cycle for byte in result.uart if byte.value == ord("\n")]
        assert ends == [line.cycle for line in result.lines]


def test_what_it_cannot_do_for_any_firmware_it_says(double: Path) -> None:
    with start(BOARD, engine="renode") as machine:
        assert machine.pin_names() == [BOARD.pin]
        machine.watch_pins([BOARD.pin])
        machine.use_uart(BOARD.uart)
        for what, call in (
            ("records PB12 of stm32f103 only", lambda: machine.watch_pins(["PA1"])),
            ("has usart1 of stm32f103 only", lambda: machine.use_uart("usart2")),
            ("cannot drive input pins", lambda: machine.drive([PinChange("PA0", 1)])),
            ("takes ELF files only", lambda: machine.load(firmware(), 0x0800_0000)),
        ):
            with pytest.raises(UsageError, match=what):
                call()


def test_the_command_runs_firmware_under_it(double: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--engine", "renode", "--until", "^Ready$", "--for", "1s", "--pin", "PB12"]
    assert main(["run", BOARD.name, str(firmware()), *arguments]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1] == "Ready"
    assert "No pulse: PB12." in shown.err
