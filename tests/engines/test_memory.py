"""What a machine took is free again when it is made anew or closed."""

import gc
from pathlib import Path

import pytest

from reliability import resident_mb
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.engines.unicorn import UnicornMachine
from support.arm import assemble

MACHINE_MB = 120  # address space of one machine: Unicorn's translated code and the timing core's tables
NOPS = 25_000
FILLED_MB = 8  # by their states and steps in the timing core's tables: some 500 bytes each, and more


@pytest.fixture
def no_collector():
    gc.disable()
    yield
    gc.enable()


def address_space_mb() -> float:
    """Of this process: proc(5), in pages of 4 KiB."""
    return int(Path("/proc/self/statm").read_text().split()[0]) / 256


def test_a_machine_is_freed_without_the_garbage_collector(no_collector):
    machine = UnicornMachine(load_board("stm32f103"))
    before_mb = address_space_mb()
    for _ in range(3):
        machine.reset()
    assert address_space_mb() < before_mb + MACHINE_MB / 2
    machine.close()
    assert address_space_mb() < before_mb - MACHINE_MB / 2


def test_machines_that_nobody_closed_are_freed_with_the_last_reference():
    UnicornMachine(load_board("stm32f103"))
    gc.collect()
    before_mb = address_space_mb()
    for _ in range(4):
        UnicornMachine(load_board("stm32f103"))
        gc.collect()
    assert address_space_mb() < before_mb + MACHINE_MB / 2


def test_dozens_of_machines_leave_a_process_that_can_fork():
    """Linux refuses where memory that lies together, as these do, exceeds what the host has."""
    before_mb = address_space_mb()
    machines = [UnicornMachine(load_board("stm32f103")) for _ in range(12)]
    assert address_space_mb() < before_mb + 12 * 1.5 * MACHINE_MB
    for machine in machines:
        machine.close()


def test_a_reset_gives_back_what_the_firmware_before_it_took():
    path = assemble(f".rept {NOPS}\n nop\n .endr\n b .\n")
    with start(load_board("stm32f103")) as machine:
        machine.load(path)
        machine.run(for_us=1)
        first_mb = resident_mb(machine.pid)
        machine.run(for_us=10_000)
        assert resident_mb(machine.pid) > first_mb + FILLED_MB
        machine.reset()
        assert resident_mb(machine.pid) < first_mb + FILLED_MB / 2
