"""Sessions of the real GDB."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from commands import ROOT
from support.gdb import AVR_GDB, GDB, gdb, need_gdb, served

sys.path.insert(0, str(ROOT / "scripts"))

from gdb_session import PAGE, SECTION, commands
from gdb_session import session as documented

PREBUILT = ROOT / "firmware" / "prebuilt"
FIRMWARE = PREBUILT / "stm32f103-72mhz-recorded.elf"
TO_THE_PROMPT = ("tbreak console_step", "continue")
INTO_SIGMOID = (*TO_THE_PROMPT, "monitor send TEST=1", "break sigmoid", "continue")


def session(*commands, board="stm32f103", firmware=FIRMWARE, options=(), program=GDB):
    """What GDB printed, then what the run printed after it was detached and has ended."""
    with served(board, firmware, *options) as running:
        shown = gdb(firmware, running.port, [*commands, "detach" if options else "kill"], program)
        return shown, *running.end()


def test_break_in_sigmoid_read_x_step_count_continue_and_detach():
    shown, code, out, _ = session(
        *INTO_SIGMOID,
        "print x",
        "monitor cycles",
        "stepi",
        "monitor cycles",
        "continue",
        "print x",
        "backtrace 2",
        options=("--until", "^Finished$"),
    )
    assert "Breakpoint 2, sigmoid (x=0) at common/network.c:24" in shown
    assert "$1 = 0" in shown
    first, second = re.findall(r"^cycle (\d+): (\d+) cycles and (\d+) instructions", shown, re.MULTILINE)
    assert int(second[0]) - int(first[0]) == int(second[1]) > 0
    assert second[2] == "1"
    assert re.search(r"\$2 = -4\.6", shown)
    assert re.search(r"#1 .* in test_simple1", shown)
    assert code == 0
    assert out.splitlines()[-3:] == ["[1 1 0] = 0.99992250", "[1 1 1] = 0.99211997", "Finished"]


def test_a_watchpoint_shows_the_old_and_the_new_value():
    shown, *_ = session(*INTO_SIGMOID, "delete", "watch *(unsigned *)($sp - 8)", "continue")
    old, new = re.search(r"Old value = (\d+)\nNew value = (\d+)", shown).groups()
    assert old != new


def test_lines_calls_and_registers():
    shown, *_ = session(
        *INTO_SIGMOID,
        "delete",
        "finish",
        "next",
        "step",
        "info registers xpsr msp control",
        "print $sp == $msp",
    )
    assert "Value returned is $1 = 0.5" in shown
    assert "test_simple1 () at common/benchmark.c:" in shown
    assert re.search(r"^xpsr +0x", shown, re.MULTILINE)
    assert "$2 = 1" in shown


def test_the_debugger_calls_a_function_of_the_firmware():
    shown, *_ = session(*TO_THE_PROMPT, "print sigmoid(0.0)")
    assert "$1 = 0.5" in shown


def test_load_programs_the_flash():
    shown, *_ = session("load", "compare-sections", *TO_THE_PROMPT)
    assert "Transfer rate" in shown
    assert "MIS-MATCHED" not in shown
    assert "Temporary breakpoint 1, console_step" in shown


def test_a_core_with_fpu_shows_its_registers():
    firmware = PREBUILT / "stm32l476-80mhz-recorded.elf"
    shown, *_ = session(
        "print $d0", "print $fpscr", "set $d1 = 1.5", "print $d1", board="stm32l476", firmware=firmware
    )
    assert "$3 = 1.5" in shown


def test_the_session_in_the_documentation_is_what_gdb_shows():
    need_gdb()
    version = subprocess.run([GDB, "--version"], capture_output=True, text=True, check=True).stdout
    if " 13." not in version.splitlines()[0]:
        pytest.skip(f"the page was written with GDB 13, this is {version.splitlines()[0]}")
    section = SECTION.search(PAGE.read_text(encoding="utf-8"))
    assert documented(commands(section[0])) == section[0], "type `python scripts/gdb_session.py`"


def test_the_same_session_on_an_avr():
    shown, code, out, _ = session(
        *INTO_SIGMOID,
        "print x",
        "monitor cycles",
        "stepi",
        "monitor cycles",
        "backtrace 2",
        "delete",
        "rwatch weights[0]",
        "continue",
        "info registers SREG pc",
        "delete",
        board="arduino_uno",
        firmware=PREBUILT / "arduino_uno-16mhz-stock.elf",
        options=("--until", "^Finished$"),
        program=AVR_GDB,
    )
    assert "Breakpoint 2, sigmoid (x=0) at common/network.c:24" in shown
    assert "$1 = 0" in shown
    assert re.search(r"^cycle \d+: 1 cycles and 1 instructions", shown, re.MULTILINE)
    assert re.search(r"#1 .* in test_simple1", shown)
    assert "Hardware read watchpoint 3: weights[0]" in shown
    assert re.search(r"Value = -?\d+\.\d+", shown)
    assert code == 0
    assert out.splitlines()[-1] == "Finished"
