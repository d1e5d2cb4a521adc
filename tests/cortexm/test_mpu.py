"""The MPU's registers. ARMv7-M (DDI 0403) B3.5."""

import pytest

from scopeless.board import load_board
from support.arm import Program

PROGRAM = """
  .equ MPU, 0xE000ED90
  ldr r4, =values
  peek r1, MPU
  str r1, [r4], #4
  poke MPU+8, 3
  poke MPU+0xC, 0x20000015      // region 5, by its own field
  poke MPU+0x10, 0x1303003F
  poke MPU+0x14, 0x08000016     // region 6, through the first alias
  poke MPU+0x18, 0x00000021
  poke MPU+8, 5
  peek r1, MPU+0xC
  str r1, [r4], #4
  peek r1, MPU+0x10
  str r1, [r4], #4
  poke MPU+8, 6
  peek r1, MPU+0xC
  str r1, [r4], #4
  peek r1, MPU+0x28             // the third alias of the same region
  str r1, [r4], #4
  poke MPU+4, 5
  peek r1, MPU+4
  str r1, [r4], #4
  ldr r0, =0x08000000           // would be a fault with the protection that is set
  ldr r0, [r0]
  bx lr
"""


def run(board: str) -> Program:
    program = Program(PROGRAM, board=load_board(board))
    program.run(100_000)
    assert program.is_done
    return program


@pytest.mark.parametrize("board", ["stm32f746", "stm32l476"])
def test_eight_regions_keep_what_is_written(board):
    program = run(board)
    assert program.values(6) == [8 << 8, 0x2000_0005, 0x1303_003F, 0x0800_0006, 0x21, 5]
    assert program.machine.notes() == ["The firmware enables the MPU; its regions are not enforced here."]


def test_a_chip_without_reads_zero_and_takes_nothing():
    program = run("stm32f103")
    assert program.values(6) == [0] * 6
    assert program.machine.notes() == []
