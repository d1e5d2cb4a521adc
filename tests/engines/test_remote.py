"""Engines in child processes: every way in which either side can end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scopeless.board import load_board
from scopeless.engines import ENGINES, engines_for, start
from scopeless.engines.remote import RemoteMachine
from scopeless.errors import EngineCrash, RunTimeout, UsageError

UNO = load_board("arduino_uno")
FOREVER = {"host_limit_s": 3600.0, "instruction_limit": 10**18}

needs_avr_gcc = pytest.mark.skipif(shutil.which("avr-gcc") is None, reason="needs avr-gcc")

RUN_FOREVER = """
import sys
from pathlib import Path
from scopeless.board import load_board
from scopeless.engines import start

with start(load_board("arduino_uno"), host_limit_s=3600, instruction_limit=10**18) as machine:
    machine.load(Path(sys.argv[1]))
    print(machine.pid, flush=True)
    machine.run(for_us=1e15)
"""


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An AVR program that does nothing for ever."""
    elf = tmp_path_factory.mktemp("endless") / "endless.elf"
    command = ["avr-gcc", "-mmcu=atmega328p", "-nostdlib", "-x", "assembler", "-", "-o", str(elf)]
    subprocess.run(command, input=b"main: rjmp main\n", check=True)
    return elf


@pytest.fixture
def machine() -> Iterator[RemoteMachine]:
    with start(UNO) as machine:
        yield machine


def is_running(pid: int) -> bool:
    """Whether the process still runs; one that only waits for its parent to notice its end does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int, within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


def after(delay_s: float, action: Callable[[], None]) -> None:
    threading.Timer(delay_s, action).start()


def test_a_machine_answers_and_leaves_no_process(machine: RemoteMachine) -> None:
    assert machine.engine.startswith("simavr ")
    assert machine.clock_hz() == 16_000_000
    assert is_running(machine.pid)
    machine.close()
    machine.close()
    assert not Path(f"/proc/{machine.pid}").exists()  # not even a zombie
    with pytest.raises(EngineCrash, match="The simavr engine has ended; start a new one"):
        machine.clock_hz()


@pytest.mark.parametrize("engine", ["simavr", "unicorn"])
def test_an_engine_starts_without_what_is_slow_to_load(engine: str) -> None:
    code = f"import sys, scopeless.engines.child, scopeless.engines.{engine}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"scopeless.engines.{engine}" in loaded.split()
    assert not {"numpy", "pandas", "rich", "vcd", "scopeless.cli"} & set(loaded.split())


def test_errors_of_the_engine_come_back_as_they_are(machine: RemoteMachine) -> None:
    with pytest.raises(UsageError, match=r"Firmware nowhere\.elf cannot be read: no such file or directory"):
        machine.load(Path("nowhere.elf"))
    assert machine.clock_hz() == 16_000_000  # and the machine is still there


def test_a_defect_of_the_engine_shows_its_traceback(machine: RemoteMachine) -> None:
    with pytest.raises(
        EngineCrash, match=r"(?s)failed in 'run'.*please report.*File .*TypeError: "
    ) as caught:
        machine.run(for_us=None)  # type: ignore[arg-type]
    assert len(str(caught.value).splitlines()) < 10
    assert not is_running(machine.pid)


def test_malformed_pattern(machine: RemoteMachine) -> None:
    with pytest.raises(UsageError, match=r"'\(' is not a regular expression"):
        machine.run(for_us=1, until_line="(")


@needs_avr_gcc
def test_a_killed_child_is_an_engine_crash(endless: Path) -> None:
    with start(UNO, **FOREVER) as machine:  # type: ignore[arg-type]
        machine.load(endless)
        after(0.2, lambda: os.kill(machine.pid, signal.SIGSEGV))
        with pytest.raises(
            EngineCrash, match="The simavr engine's process was killed by SIGSEGV in 'run'; run again"
        ):
            machine.run(for_us=1e15)
        assert not Path(f"/proc/{machine.pid}").exists()


@needs_avr_gcc
def test_a_child_killed_between_calls(endless: Path) -> None:
    with start(UNO) as machine:
        os.kill(machine.pid, signal.SIGKILL)
        with pytest.raises(EngineCrash, match="SIGKILL in 'load'"):
            machine.load(endless)


def test_a_killed_child_is_an_error_whatever_became_of_sigpipe() -> None:
    usual = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        with start(UNO) as machine:
            os.kill(machine.pid, signal.SIGKILL)
            os.waitid(os.P_PID, machine.pid, os.WEXITED | os.WNOWAIT)
            with pytest.raises(EngineCrash, match="SIGKILL in 'reset'"):
                machine.reset()
    finally:
        signal.signal(signal.SIGPIPE, usual)


@needs_avr_gcc
def test_host_time_limit(endless: Path) -> None:
    with start(UNO, host_limit_s=0.5, instruction_limit=10**18) as machine:
        machine.load(endless)
        began = time.monotonic()
        with pytest.raises(RunTimeout, match=r"did not finish 'run' within 0\.5 s of host time"):
            machine.run(for_us=1e15)
        assert time.monotonic() - began < 2
        assert not Path(f"/proc/{machine.pid}").exists()


@needs_avr_gcc
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_parent_leaves_no_orphan(endless: Path, how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", RUN_FOREVER, endless], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.2)  # deep in the native run
        assert is_running(child)
        parent.send_signal(how)
        assert parent.wait() == -how
    assert ends(child)


@needs_avr_gcc
def test_ctrl_c_ends_both(endless: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN_FOREVER, endless],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.2)
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: both get it
        _, errors = parent.communicate(timeout=10)
    assert parent.returncode == -signal.SIGINT
    assert errors.decode().strip().endswith("KeyboardInterrupt")
    assert errors.count(b"Traceback") == 1  # the parent's
    assert ends(child)


INTERRUPTED = """
import signal, sys
from pathlib import Path
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.errors import EngineCrash

with start(load_board("arduino_uno"), host_limit_s=3600, instruction_limit=10**18) as machine:
    machine.load(Path(sys.argv[1]))
    print(machine.pid, flush=True)
    try:
        machine.run(for_us=1e15)
    except KeyboardInterrupt:
        print("interrupted", Path(f"/proc/{machine.pid}").exists())
    try:
        machine.run(for_us=1)
    except EngineCrash as error:
        print(error)
"""


@needs_avr_gcc
def test_an_interrupted_machine_is_gone(endless: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, endless], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        time.sleep(0.2)
        parent.send_signal(signal.SIGINT)
        output, _ = parent.communicate(timeout=10)
    first, second = output.decode().splitlines()
    assert first == "interrupted False"
    assert "has ended" in second


def test_what_an_engine_prints_disturbs_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise, proof = tmp_path / "sitecustomize.py", tmp_path / "proof"
    noise.write_text(f"import os\nos.write(1, b'noise')\nos.write(2, b'noise')\nopen({str(proof)!r}, 'w')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        with start(UNO) as machine:
            assert machine.clock_hz() == 16_000_000
    assert proof.exists()
    assert capfd.readouterr() == ("", "")


def test_engine_names() -> None:
    assert engines_for(UNO) == ["simavr"]
    with pytest.raises(UsageError, match="'simaver' is not an engine; engines for arduino_uno: simavr"):
        start(UNO, engine="simaver")
    with pytest.raises(
        UsageError,
        match="'unicorn' cannot run arduino_uno, whose core is avr; engines for arduino_uno: simavr",
    ):
        start(UNO, engine="unicorn")
    with pytest.raises(UsageError, match="engines for arduino_uno: none"):
        start(replace(UNO, core="xtensa"))


def test_every_engine_has_its_module() -> None:
    package = Path(sys.modules["scopeless.engines"].__path__[0])
    assert all((package / f"{name}.py").exists() for name in ENGINES)
