"""``scopeless run``: real firmware, real terminals, sockets and signals."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from vcd import VCDWriter
from vcdvcd import VCDVCD

from commands import ROOT, scopeless
from scopeless import Machine
from scopeless.cli import main
from support.arm import assemble
from support.images import segments_as
from support.pins import BLINK, FOLLOW, RISE_AND_FAULT

F103 = ROOT / "firmware/prebuilt/stm32f103-72mhz-recorded.elf"
UNO = ROOT / "firmware/prebuilt/arduino_uno-16mhz-stock.elf"
LIMIT_S = 30


def run(*arguments: object, send: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scopeless", "run", *map(str, arguments)],
        input=send, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def vcd_changes(path: Path) -> tuple[dict[str, list[tuple[int, str]]], int]:
    """What an independent reader finds: changes of each signal, in nanoseconds, and the last time."""
    file = VCDVCD(str(path))
    assert file.timescale["unit"] == "ns" and file.timescale["magnitude"] == 1
    changes = {name.partition(".")[2]: file[name].tv for name in file.signals}
    assert all(tv == sorted(tv, key=lambda change: change[0]) for tv in changes.values())
    return changes, file.endtime


def wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


class Running:
    """The command in the background."""

    def __init__(self, *arguments: object, **options: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scopeless", "run", *map(str, arguments)],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def said(self, pattern: str) -> str:
        """What a line on standard error says."""
        match = re.search(pattern, self.process.stderr.readline().decode())
        assert match
        return match[1]

    def children(self) -> list[int]:
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]


def test_standard_output_is_what_the_firmware_sends() -> None:
    result = run("stm32f103", F103, "--for", "30ms")
    assert result.returncode == 0
    assert result.stdout == "Scopeless benchmark on stm32f103 at 72 MHz, libm recorded\nReady\n"
    assert re.fullmatch(r"Ended after 30 ms of simulated time, at cycle \d+\.\n", result.stderr)


def test_input_line_by_line_until_the_answer() -> None:
    result = run(
        "arduino_uno", UNO, "--input", "-", "--input-after", "^(Ready|Finished)$", "--until", "^Run 1",
        "--for", "9s", send="TEST=1\nSTART=1\n",
    )  # fmt: skip
    assert result.returncode == 0
    assert "[1 0 0] = 0.99993" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Run 1: ")


def test_input_waits_for_the_receiver(tmp_path: Path) -> None:
    commands = tmp_path / "commands"
    commands.write_text("TEST=1\n")
    echo = """
  poke 0x40021018, 0x4000    // nothing for a while, then the UART
  ldr r0, =20000
1: subs r0, #1
  bne 1b
  poke 0x40013808, 69        // 8 MHz / 115200
  poke 0x4001380C, 0x200C
  ldr r4, =0x40013800
2: ldr r0, [r4]
  lsls r0, #26
  bpl 2b
  ldr r0, [r4, #4]
  str r0, [r4, #4]
  b 2b
"""
    result = run("stm32f103", assemble(echo), "--input", commands, "--until", "TEST=1", "--for", "1s")
    assert (result.returncode, result.stdout) == (0, "TEST=1\n")


def test_a_line_that_does_not_come_is_exit_code_1() -> None:
    result = run("stm32f103", F103, "--for", "20ms", "--until", "Godot")
    assert result.returncode == 1
    assert "scopeless: No line matched 'Godot' within 20ms of simulated time." in result.stderr


def test_hex_and_bin(tmp_path: Path) -> None:
    expected = run("stm32f103", F103, "--for", "30ms")
    for arguments in (
        [segments_as(F103, tmp_path, "hex")],
        [segments_as(F103, tmp_path, "bin"), "--address", "0x08000000"],
    ):
        result = run("stm32f103", *arguments, "--for", "30ms")
        assert (result.stdout, result.stderr) == (expected.stdout, expected.stderr)


def test_pins_functions_and_the_json_result(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    result = run(
        "stm32f103", F103, "--input", "-", "--input-after", "Ready", "--until", "^Run 1", "--for", "9s",
        "--pin", "PB12", "--pin", "PA5", "--function", "sigmoid", "--json", path, send="START=1\n",
    )  # fmt: skip
    assert result.returncode == 0
    with Machine("stm32f103", F103) as m:
        m.run_until_line("Ready")
        m.uart.write_line("START=1")
        m.run_until_line("^Run 1")
        high = sorted(m.pin("PB12").pulses.query("level == 1").cycles)
    data = json.loads(path.read_text())
    assert data["pins"]["PB12"]["high"]["cycles"] == {
        "number": 3, "min": high[0], "median": high[1], "max": high[2],
    }  # fmt: skip
    assert data["pins"]["PA5"] == {"edges": 0}
    assert data["functions"]["sigmoid"]["inclusive"]["number"] == 1
    assert (data["ended"], data["clock_hz"]) == ("until", 72_000_000)
    assert data["uart"]["first_lines"][1]["text"] == "Ready"
    row = next(line.split() for line in result.stderr.splitlines() if line.startswith("PB12  high"))
    assert row[2:6] == ["3", *map(str, high)]
    assert "No pulse: PA5." in result.stderr
    assert re.search(r"^sigmoid +1 ", result.stderr, re.MULTILINE)


def test_looking_inside(tmp_path: Path) -> None:
    graph, trace, page = (tmp_path / name for name in ("graph.folded", "run.pftrace", "page.html"))
    result = run(
        "stm32f103", F103, "--for", "20ms", "--flamegraph", graph, "--trace", trace, "--annotate", page,
        "--function", "all",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    cycles = int(re.search(r"at cycle (\d+)", result.stderr)[1])
    assert sum(int(line.rsplit(" ", 1)[1]) for line in graph.read_text().splitlines()) == cycles
    assert b"hal_init" in trace.read_bytes()
    assert "console.c" in page.read_text()
    assert re.search(r"^hal_init +1 ", result.stderr, re.MULTILINE)


def test_a_vcd_says_what_the_edges_say(tmp_path: Path) -> None:
    path = tmp_path / "pins.vcd"
    assert run("stm32f103", assemble(BLINK), "--for", "5ms", "--vcd", path, "--pin", "all").returncode == 0
    changes, end = vcd_changes(path)
    with Machine("stm32f103", assemble(BLINK)) as m:
        edges = m.run_for("5ms").pin("PB12").edges
    expected = [(cycle * 125, str(level)) for cycle, level in zip(edges.cycle, edges.level, strict=True)]
    assert changes["PB12"] == [(0, "x"), *expected]  # 8 MHz
    assert 5_000_000 <= end < 5_002_000
    assert len(changes) > 30
    assert changes["PA0"] == [(0, "x")]


def test_a_vcd_is_dated_in_the_c_locale_and_reproducible(tmp_path: Path) -> None:
    texts = []
    for name in ("a.vcd", "b.vcd"):
        scopeless(
            "run", "stm32f103", assemble(BLINK), "--for", "1ms", "--vcd", tmp_path / name,
            SOURCE_DATE_EPOCH="86400", LC_ALL="de_DE.UTF-8",
        )  # fmt: skip
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    assert "$date Fri Jan  2 00:00:00 1970 $end" in texts[0]


def write_pulses(path: Path, signal_name: str, changes: list[tuple[int, int]]) -> None:
    """A VCD in nanoseconds, as a logic analyser would write it."""
    with path.open("w") as file, VCDWriter(file, timescale="1 ns") as writer:
        wire = writer.register_var("capture", signal_name, "wire", size=1)
        for at, level in changes:
            writer.change(wire, at, level)


@pytest.mark.parametrize(("name", "option"), [("PA0", ""), ("D0", ",D0=PA0")])
def test_injected_pulses_arrive_at_their_cycle(name: str, option: str, tmp_path: Path) -> None:
    # 8 MHz: a cycle is 125 ns.
    changes = [(100_000, 1), (150_125, 0), (1_000_250, 1), (4_000_000, 0)]
    write_pulses(tmp_path / "in.vcd", name, changes)
    result = run(
        "stm32f103", assemble(FOLLOW), "--for", "5ms", "--vcd", tmp_path / "out.vcd", "--pin", "PB5",
        "--inject", f"{tmp_path / 'in.vcd'}{option}",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    with Machine("stm32f103", assemble(FOLLOW)) as m:
        for at, level in changes:
            m.pin("PA0").drive(level, at=at // 125)
        edges = m.run_for("5ms").pin("PB5").edges
    assert edges.level.tolist() == [1, 0, 1, 0]
    seen = vcd_changes(tmp_path / "out.vcd")[0]["PB5"]
    assert seen == [
        (0, "x"),
        *((cycle * 125, str(level)) for cycle, level in zip(edges.cycle, edges.level, strict=True)),
    ]


@pytest.mark.parametrize(
    ("content", "option", "words"),
    [
        ("$var wire 1 ! clk $end $enddefinitions $end", "", "there is no pin 'clk'"),
        ("$var wire 8 ! PA0 $end $enddefinitions $end", "", "has 8 bits"),
        ("$var wire 1 ! PA0 $end $enddefinitions $end", ",D1=PA0", "has no signal 'D1'; known: PA0."),
        ("$var wire 1 ! PA0 $end $enddefinitions $end #5 1! #4 0!", "", "its time goes back"),
        ("$enddefinitions $end", "", "has no signals"),
        ("\x7fELF and so on", "", "is not a VCD"),
        ("", "=PA0", "cannot be read"),
        ("", ",PA0", "is not of the form SIGNAL=PIN"),
    ],
)
def test_what_cannot_be_injected(
    content: str, option: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.vcd"
    path.write_text(content)
    assert main(["run", "stm32f103", str(F103), "--for", "1ms", "--inject", f"{path}{option}"]) == 2
    assert words in capsys.readouterr().err


def test_a_fault_leaves_a_complete_vcd_and_exit_code_1(tmp_path: Path) -> None:
    path, result_path = tmp_path / "pins.vcd", tmp_path / "r.json"
    result = run("stm32f103", assemble(RISE_AND_FAULT), "--vcd", path, "--json", result_path)
    assert result.returncode == 1
    assert "scopeless: The firmware took a HardFault at" in result.stderr
    changes, end = vcd_changes(path)
    assert [level for _, level in changes["PB12"]] == ["x", "1"]
    assert end >= changes["PB12"][-1][0]
    assert json.loads(result_path.read_text())["ended"] == "error"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_complete_files_and_no_process(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    path, result_path = tmp_path / "pins.vcd", tmp_path / "r.json"
    with Running(
        "stm32f103", assemble(BLINK), "--vcd", path, "--pin", "PB12", "--json", result_path
    ) as running:
        wait_for(lambda: path.exists() and path.stat().st_size > 10_000)  # it grows while the firmware runs
        children = running.children()
        assert children
        running.process.send_signal(number)
        _, errors = running.process.communicate(timeout=LIMIT_S)
    assert running.process.returncode == code
    assert b"Interrupted after" in errors and b"PB12" in errors
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    changes, end = vcd_changes(path)
    data = json.loads(result_path.read_text())
    assert len(changes["PB12"]) == data["pins"]["PB12"]["edges"] + 1
    assert end == data["cycle"] * 125
    assert data["ended"] == "signal"


def test_a_reader_that_goes_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "pins.vcd"
    with Running("stm32f103", F103, "--vcd", path, "--input", "/dev/null") as running:
        running.process.stdout.close()
        assert running.process.wait(LIMIT_S) == 128 + signal.SIGPIPE
    vcd_changes(path)


def test_over_tcp() -> None:
    with Running("stm32f103", F103, "--uart-tcp", "0", "--speed", "max", "--until", "Finished") as running:
        number = int(running.said(r"the UART is at 127\.0\.0\.1:(\d+)"))
        with socket.create_connection(("127.0.0.1", number), timeout=0.3) as client:
            shown = b""
            while b"Finished" not in shown:
                try:
                    shown += client.recv(4096)
                except TimeoutError:  # what came before "Ready" was overrun, as on the board
                    client.sendall(b"TEST=1\n")
        assert b"[1 0 0] = 0.99993" in shown
        assert running.process.wait(LIMIT_S) == 0
    with Running("stm32f103", F103, "--uart-tcp", "0", "--for", "1h") as running:
        number = running.said(r"the UART is at 127\.0\.0\.1:(\d+)")
        other = run("stm32f103", F103, "--uart-tcp", number, "--for", "1ms")
        assert other.returncode == 2
        assert f"TCP port {number} cannot be opened: address already in use" in other.stderr


def test_over_a_pseudo_terminal() -> None:
    with Running("stm32f103", F103, "--pty", "--speed", "max", "--until", "Finished") as running:
        handle = os.open(running.said(r"the UART is at (/dev/\S+)"), os.O_RDWR | os.O_NOCTTY)
        shown = b""
        while b"Ready" not in shown:
            assert select.select([handle], [], [], LIMIT_S)[0]
            shown += os.read(handle, 4096)
        os.write(handle, b"TEST=1\n")
        while b"Finished" not in shown:
            assert select.select([handle], [], [], LIMIT_S)[0]
            shown += os.read(handle, 4096)
        os.close(handle)
        assert running.process.wait(LIMIT_S) == 0
    assert b"[1 0 0] = 0.99993" in shown
    assert b"TEST=1\n" not in shown  # no echo


def test_at_a_terminal_keys_go_to_the_firmware_and_ctrl_c_ends() -> None:
    ours, theirs = os.openpty()
    before = termios.tcgetattr(theirs)
    setting = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
    command = (
        "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "from scopeless.cli import main; sys.exit(main())"
    )
    process = subprocess.Popen([sys.executable, "-c", command, "run", "stm32f103", F103], **setting)
    shown = b""

    def until(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            assert select.select([ours], [], [], LIMIT_S)[0], shown
            shown += os.read(ours, 4096)

    until(b"Ready")
    os.write(ours, b"TEST=1\n")
    until(b"Finished")
    os.write(ours, b"\x03")
    until(b"Interrupted after")
    assert process.wait(LIMIT_S) == 130
    assert termios.tcgetattr(theirs) == before
    os.close(ours), os.close(theirs)
    assert b"TEST=1" not in shown


def test_real_time_is_kept() -> None:
    began = time.monotonic()
    assert run("stm32f103", F103, "--for", "300ms", "--speed", "real").returncode == 0
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--for", "soon"], "'soon' is not a time; write it like 10ms"),
        (["--until", "("], "'(' is not a regular expression"),
        (["--pin", "PB99"], "no pin 'PB99'; did you mean 'PB9'?"),
        (["--function", "sigmoit"], "no function 'sigmoit'; did you mean 'sigmoid'?"),
        (["--uart", "usart7"], "no UART 'usart7'; its UARTs: usart1"),
        (["--uart-tcp", "70000"], "TCP port 70000 cannot be opened"),
        (["--address", "here"], "--address 'here' is not a number"),
        (["--address", "0x08000000"], "leave the address out"),
        (["--input", "/nowhere"], "/nowhere cannot be read: no such file or directory."),
        (["--input-after", "x"], "give that too"),
        (["--vcd", "/nowhere/a.vcd"], "there is no folder /nowhere"),
        (["--json", "/"], "/ is a folder"),
    ],
)
def test_misuse(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "stm32f103", str(F103), "--for", "1ms", *arguments]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""


def test_a_recording_injected_again_arrives_on_its_cycles(tmp_path: Path) -> None:
    run("stm32f103", assemble(BLINK), "--for", "2ms", "--vcd", tmp_path / "blink.vcd")
    with Machine("stm32f103", assemble(BLINK)) as m:
        blinks = m.run_for("2ms").pin("PB12").edges
    run(
        "stm32f103", assemble(FOLLOW), "--for", "3ms", "--inject", f"{tmp_path / 'blink.vcd'},PB12=PA0",
        "--vcd", tmp_path / "out.vcd", "--pin", "PB5",
    )  # fmt: skip
    with Machine("stm32f103", assemble(FOLLOW)) as m:
        for cycle, level in zip(blinks.cycle, blinks.level, strict=True):
            m.pin("PA0").drive(level, at=int(cycle))
        follows = m.run_for("3ms").pin("PB5").edges
    assert len(follows) == len(blinks) > 20
    seen = vcd_changes(tmp_path / "out.vcd")[0]["PB5"]
    assert [at for at, _ in seen[1:]] == [cycle * 125 for cycle in follows.cycle]
