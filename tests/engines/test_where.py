"""Where a firmware is that does not do what is waited for, on every engine."""

from pathlib import Path

import pytest

from scopeless.benchmark.session import run_session
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.errors import RunTimeout
from support.arm import Program
from support.images import spoilt

ENDLESS_SLEEP = """
    ldr r0, =0x20000000
again:
    wfi
    b again
"""


def test_asleep_with_nothing_to_wake_it() -> None:
    program = Program(ENDLESS_SLEEP)
    program.machine.run(for_us=10)
    where = program.machine.where()
    assert where.startswith(f"PC {program.symbols['again'] + 2:#010x} in main (")
    assert where.endswith(" us), asleep, and nothing but an input could wake it") and ", cycle " in where


def test_asleep_until_a_tick_is_not_for_ever() -> None:
    program = Program(f"poke SYST_RVR, 9999\n poke SYST_CSR, 7\n{ENDLESS_SLEEP}\n handler systick\n bx lr")
    program.machine.run(for_us=10_000)
    assert "asleep" not in program.machine.where()


def test_a_firmware_that_does_not_answer_is_said_to_be_somewhere(tmp_path: Path) -> None:
    with start(load_board("arduino_uno")) as machine:
        machine.load(spoilt(tmp_path, "silent"))
        with pytest.raises(RunTimeout, match=r"nothing at all; it is at PC 0x0000 in \S+.*, cycle 160"):
            run_session(machine)
