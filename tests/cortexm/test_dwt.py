"""The cycle counter equals the cycles of the report."""

import pytest

from scopeless.board import board_names, load_board
from support.arm import Program, run

CORTEX_M = [name for name in board_names() if load_board(name).core != "avr"]


def test_cyccnt_counts_the_engine_s_cycles():
    program = Program(
        """
          push {r4-r7, lr}
          poke DEMCR, 0x01000000
          ldr r4, =DWT_CYCCNT
          poke DWT_CTRL, 1
          poke RCC+0x18, 8
          poke GPIOB+4, 0x44434444
          ldr r0, =GPIOB+0x10
          mov r1, #0x1000
          mov r2, #0x10000000
          str r1, [r0]          // PB12 up, the counter, a loop, PB12 down, the counter
          ldr r6, [r4]
          mov r3, #100
        1: subs r3, #1
          bne 1b
          str r2, [r0]
          ldr r7, [r4]
          ldr r5, =values
          strd r6, r7, [r5]
          pop {r4-r7, pc}
        """
    )
    rise, fall = program.run(200).edges
    first, second = program.values(2)
    assert (rise.level, fall.level) == (1, 0)
    assert second - first == fall.cycle - rise.cycle


def test_cyccnt_needs_trcena_and_its_own_enable():
    program = run(
        """
          ldr r0, =DWT_CYCCNT
          ldr r2, =values
          ldr r1, [r0]
          str r1, [r2], #4
          poke DWT_CTRL, 1
          ldr r0, =DWT_CYCCNT
          ldr r1, [r0]
          str r1, [r2], #4
          poke DEMCR, 0x01000000
          ldr r0, =DWT_CYCCNT
          ldr r1, [r0]
          ldr r3, [r0]
          cmp r1, r3
          ite lo
          movlo r1, #1
          movhs r1, #0
          str r1, [r2], #4
          bx lr
        """
    )
    assert program.values(3) == [0, 0, 1]


def test_cyccnt_can_be_set_and_wraps():
    program = run(
        """
          poke DEMCR, 0x01000000
          poke DWT_CTRL, 1
          poke DWT_CYCCNT, 0xFFFFFFF0
          mov r2, #20
        1: subs r2, #1
          bne 1b
          ldr r0, =DWT_CYCCNT
          ldr r1, [r0]
          ldr r2, =values
          str r1, [r2]
          bx lr
        """
    )
    assert 0 < program.value() < 200


@pytest.mark.parametrize("name", CORTEX_M)
def test_cyccnt_on_every_board_equals_the_cycles_of_the_report(name: str) -> None:
    """What the firmware reads before and after a loop with loads, stores, division and calls, against the
    profile of the instructions between the two reads."""
    watchdog_off = """
          ldr r0, =0x40052000   // Kinetis WDOG: unlock, then disable (K20P64M72SF1RM, chapter WDOG)
          ldr r1, =0xC520
          strh r1, [r0, #14]
          ldr r1, =0xD928
          strh r1, [r0, #14]
          nop
          nop
          mov r1, #0x10
          strh r1, [r0]
    """
    program = Program(
        (watchdog_off if name.startswith("teensy") else "")
        + """
          push {r4-r7, lr}
          poke DEMCR, 0x01000000
          poke DWT_CTRL, 1
          ldr r4, =DWT_CYCCNT
          ldr r5, =values+16
          mov r3, #50
          .global first, second
        first: ldr r6, [r4]
        1: ldr r0, [r5]
          adds r0, #7
          str r0, [r5]
          udiv r1, r0, r3
          bl callee
          subs r3, #1
          bne 1b
        second: ldr r7, [r4]
          subs r7, r6
          ldr r5, =values
          str r7, [r5]
          pop {r4-r7, pc}
        callee: bx lr
        """,
        board=load_board(name),
    )
    program.machine.profile_start()
    program.run(2000)
    assert program.is_done
    first, second = program.symbols["first"], program.symbols["second"]
    rows = {row.address: row for row in program.machine.profile_stop()}
    between = [row for at, row in rows.items() if first < at <= second or row.executions == 50]
    assert program.value() == sum(row.cycles for row in between)
