"""The cycle counter equals the cycles of the report."""

from support.arm import Program, run


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
