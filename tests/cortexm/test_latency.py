"""How long an interrupt takes to its handler's first instruction, as firmware can measure it.

SysTick counts on behind its exception: at the step from 1 to 0 it asks for it, and what its handler's first
instruction reads off the counter says how many cycles have passed. That instruction is a load through a
register that the main program has set up, and its data phase is one cycle behind its execution. Memory
without wait states: Cortex-M3 TRM (DDI 0337E) 5.6, the same for the Cortex-M4: 12 cycles, 6 when
tail-chained.
"""

from dataclasses import replace

import pytest

from scopeless.board import Board, load_board
from support.arm import Program

PERIOD = 1000
DATA_PHASE = 1
LOAD_AND_BRANCH = 2 + 1  # DDI 0337E 18.2; the branch's refill is what the chaining takes


def ideal(name: str) -> Board:
    """The board with a flash that needs no wait states."""
    board = load_board(name)
    return replace(board, timing={**board.timing, "flash": "ideal"})


def elapsed(waiting: str, board: Board) -> list[int]:
    """Cycles from SysTick's request to the first instruction of its handler, for 20 ticks while the main
    program does ``waiting``."""
    program = Program(
        f"""
          push {{r4-r7, lr}}
          ldr r4, =values
          ldr r6, =SYST_CVR
          movs r7, #0
          poke SYST_RVR, {PERIOD - 1}
          poke SYST_CVR, 0
          poke SYST_CSR, 7
        1: {waiting}
          cmp r7, #20
          blo 1b
          poke SYST_CSR, 0
          pop {{r4-r7, pc}}
        .balign 8
        handler systick
          ldr r0, [r6]
          str r0, [r4], #4
          adds r7, #1
          bx lr
        """,
        board=board,
    )
    program.run(100_000)
    assert program.is_done
    return [PERIOD - value - DATA_PHASE for value in program.values(20)]


@pytest.mark.parametrize("name", ["stm32f103", "stm32l476", "nano33ble"])
def test_a_sleeping_m3_or_m4_is_in_its_handler_after_12_cycles(name):
    assert elapsed("wfi", ideal(name)) == [12] * 20


def test_a_running_one_ends_its_instruction_first():
    assert set(elapsed("nop", ideal("stm32f103"))) <= set(range(12, 12 + 4))  # a taken branch takes 3
    assert max(elapsed("sdiv r0, r6, r1", ideal("stm32f103"))) > 12


@pytest.mark.parametrize("name", ["stm32f103", "stm32l476"])
def test_a_second_interrupt_that_waits_is_chained_in_6_cycles(name):
    """Two of equal priority are pended at once; both handlers begin with a load of the cycle counter."""
    program = Program(
        """
          push {r4-r7, lr}
          poke DEMCR, 0x01000000
          poke DWT_CTRL, 1
          poke ISER, 3
          ldr r6, =DWT_CYCCNT
          ldr r0, =ISPR
          movs r1, #3
          nop
          str r1, [r0]
          nop
          nop
          ldr r0, =values
          strd r4, r5, [r0]
          pop {r4-r7, pc}
        .balign 8
        handler irq0
          ldr r4, [r6]
          bx lr
        .balign 8
        handler irq1
          ldr r5, [r6]
          bx lr
        """,
        board=ideal(name),
    )
    program.run(1000)
    first, second = program.values(2)
    assert second - first == LOAD_AND_BRANCH + 6
