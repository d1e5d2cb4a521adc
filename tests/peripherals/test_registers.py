"""Peripheral blocks as such: models, narrow accesses, what no model claims."""

from dataclasses import replace

import pytest

from scopeless.board import PeripheralSpec, board_names, load_board
from scopeless.engines.unicorn import UnicornMachine
from scopeless.errors import FirmwareFault, UsageError
from support.arm import Program, board_with, run

TOUCH = """
  poke 0x40007000, 0x12345678     // PWR, unmodelled by name
  peek r1, 0x40007000
  ldr r2, =values
  str r1, [r2]
  poke 0x40007004, 1
  pokeb 0x40007001, 0xAA
  ldr r0, =0x40007000
  ldrh r1, [r0]
  str r1, [r2, #4]
  peek r1, 0x40019404             // nothing that the manual knows
  str r1, [r2, #8]
  bx lr
"""


def test_an_unmodelled_peripheral_is_a_register_file_noted_once_per_block():
    program = run(TOUCH)
    assert program.values(3) == [0x1234_5678, 0xAA78, 0]
    first, second = program.machine.notes()
    assert first.startswith(
        "The unmodelled PWR behaves like plain registers (first used by a write to PWR + 0x00 (0x40007000) "
        "at PC 0x0800"
    )
    assert " in main (" in first
    assert second.startswith(
        "The unmodelled peripheral at 0x40019400 behaves like plain registers (first used by a read of "
        "0x40019404 at PC 0x0800"
    )


def test_a_use_is_reported_by_name_and_offset_whatever_the_block_s_size():
    board = load_board("nano33ble")
    program = Program("poke 0x4000D508, 1\n poke 0x4000D000, 1\n poke 0xE0000E00, 1\n bx lr", board=board)
    program.run()
    first, second = program.machine.notes()
    assert first.startswith(
        "The unmodelled RNG behaves like plain registers (first used by a write to RNG + 0x508 "
    )
    assert "ITM + 0xe00 (0xe0000e00)" in second


@pytest.mark.parametrize("board", ["stm32f746", "stm32l476"])
def test_controllers_of_external_memory_outside_the_peripheral_region_are_there(board):
    program = Program("poke 0xA0000140, 5\n poke 0xA0001000, 1\n bx lr", board=load_board(board))
    program.run()
    first, second = program.machine.notes()
    assert first.startswith("The unmodelled FMC behaves like plain registers")
    assert "QUADSPI + 0x00 (0xa0001000)" in second


@pytest.mark.parametrize("name", [name for name in board_names() if load_board(name).core != "avr"])
def test_every_board_knows_its_chip_s_other_blocks(name):
    assert len(load_board(name).unmodelled) > 10


def test_strict_makes_it_an_error():
    with pytest.raises(FirmwareFault, match=r"uses the unmodelled PWR \(write to PWR \+ 0x00"):
        run(TOUCH, strict=True)


def test_a_board_can_declare_a_plain_register_file():
    board = load_board("stm32f103")
    board = board_with(
        peripherals=(*board.peripherals, PeripheralSpec("pwr", "registers", 0x4000_7000),
                     PeripheralSpec("nameless", "registers", 0x4001_9400))
    )  # fmt: skip
    program = Program(TOUCH, strict=True, board=board)
    program.run()
    assert program.values(3) == [0x1234_5678, 0xAA78, 0]
    assert program.machine.notes() == []


def test_an_unknown_model_is_named_with_the_known_ones():
    board = load_board("stm32f103")
    first, *rest = board.peripherals
    broken = board_with(peripherals=(replace(first, model="stm32f1.magic"), *rest))
    with pytest.raises(UsageError, match=r"unknown model 'stm32f1.magic'; known: .*stm32f1\.gpio"):
        UnicornMachine(broken)


def test_an_unknown_uart_is_named_with_the_known_ones():
    with pytest.raises(UsageError, match=r"has no UART 'usart9'; its UARTs: usart1\."):
        UnicornMachine(board_with(uart="usart9"))
