"""One point's work: engines that are used again, and answers that do not tell where they were made."""

import dataclasses
import json
from contextlib import closing

import pytest

from scopeless.benchmark.record import from_data
from scopeless.benchmark.simulate import simulate
from scopeless.board import load_board
from scopeless.errors import UsageError
from scopeless.firmware.build import FIRMWARE
from scopeless.sweep.work import Machines, Task, evaluate, make_task, origin

F103 = load_board("stm32f103")
PREBUILT = FIRMWARE / "prebuilt"


def task(name: str, machines: Machines, clock_mhz: int = 72) -> Task:
    with machines.borrow(F103, None) as machine:
        here = origin(F103, machine)
    elf = (PREBUILT / name).read_bytes()
    return make_task(name, F103, elf, engine=None, clock_mhz=clock_mhz, notes=("What if.",), origin=here)


def test_an_engine_runs_one_point_after_the_other_as_a_new_one_would() -> None:
    with closing(Machines()) as machines:
        with machines.borrow(F103, None) as machine:
            first = machine.pid
        for clock_mhz in (128, 72):
            name = f"stm32f103-{clock_mhz}mhz-recorded.elf"
            answer = json.loads(evaluate(task(name, machines, clock_mhz), machines))
            alone = simulate(F103, clock_mhz, "recorded", elf=PREBUILT / name)
            expected = dataclasses.replace(alone, notes=("What if.", *alone.notes))
            assert from_data(answer["record"]) == expected
        with machines.borrow(F103, None) as machine:
            assert machine.pid == first


def test_a_firmware_that_cannot_run_is_an_answer_without_a_folders_name() -> None:
    with closing(Machines()) as machines:
        broken = task("arduino_uno-16mhz-stock.elf", machines)
        answers = {evaluate(broken, machines) for _ in range(2)}
    (answer,) = map(json.loads, answers)
    assert answer["error"].startswith("Firmware arduino_uno-16mhz-stock.elf.elf is for avr")
    assert "record" not in answer


def test_a_worker_with_another_version_is_named() -> None:
    with closing(Machines()) as machines:
        other = dataclasses.replace(task("stm32f103-72mhz-stock.elf", machines), origin="Scopeless 9.9")
        with pytest.raises(UsageError, match=r"has Scopeless .*, where Scopeless 9\.9 is needed"):
            evaluate(other, machines)


def test_a_key_depends_on_what_the_result_does() -> None:
    with closing(Machines()) as machines:
        one = task("stm32f103-72mhz-stock.elf", machines)
        assert one.key == task("stm32f103-72mhz-stock.elf", machines).key
        assert one.key != task("stm32f103-72mhz-recorded.elf", machines).key
        assert one.key != task("stm32f103-72mhz-stock.elf", machines, 128).key
