"""SysTick against the cycle counter: the counter's value at a known cycle, its flag and its exception."""

from itertools import pairwise

import pytest

from support.arm import Program, run

COUNT_AND_CYCLES = """
  push {r4-r7, lr}
  poke DEMCR, 0x01000000
  ldr r5, =DWT_CYCCNT
  ldr r6, =SYST_CVR
  poke SYST_RVR, %(reload)d
  movs r0, #0
  str r0, [r6]
  str r0, [r5]
  poke DWT_CTRL, 1
  poke SYST_CSR, %(control)d
  ldr r4, =values
  movs r7, #16
1:
  ldr r0, [r5]          // the two reads are back to back: two cycles apart
  ldr r1, [r6]
  stmia r4!, {r0, r1}
  subs r7, #1
  bne 1b
  pop {r4-r7, pc}
"""


def test_a_period_is_reload_plus_one():
    program = run(COUNT_AND_CYCLES % {"reload": 99, "control": 5})
    pairs = list(zip(program.values(32)[::2], program.values(32)[1::2], strict=True))
    phases = {(cycles + count) % 100 for cycles, count in pairs}
    assert len(phases) == 1, pairs
    assert max(count for _, count in pairs) <= 99


def test_the_external_clock_is_an_eighth_of_the_core_s():
    program = run(COUNT_AND_CYCLES % {"reload": 0xFFFFFF, "control": 1})
    values = program.values(32)
    cycles, ticks = values[30] - values[0], (values[1] - values[31]) & 0xFF_FFFF
    assert abs(cycles - 8 * ticks) < 8


def test_countflag_comes_with_zero_and_is_cleared_by_reading():
    program = run(
        """
          push {r4, lr}
          ldr r4, =SYST_CSR
          poke SYST_RVR, 49
          poke SYST_CVR, 0
          poke SYST_CSR, 5
          ldr r1, =values
          ldr r0, [r4]
          str r0, [r1], #4
          movs r2, #40
        1: subs r2, #1
          bne 1b
          ldr r0, [r4]
          str r0, [r1], #4
          ldr r0, [r4]
          str r0, [r1], #4
          pop {r4, pc}
        """
    )
    assert program.values(3) == [0x5, 0x1_0005, 0x5]


def test_writing_the_counter_clears_it_and_its_flag_without_an_exception():
    program = run(
        """
          push {r4, lr}
          poke SYST_RVR, 0x1000
          poke SYST_CSR, 7
          poke SYST_CVR, 123
          peek r1, SYST_CSR
          ldr r0, =values
          str r1, [r0]
          peek r1, SYST_CVR
          str r1, [r0, #4]
          pop {r4, pc}
        handler systick
          log 't'
          bx lr
        """,
        us=100,
    )
    assert program.value() == 7
    assert 0x1000 - 20 < program.value(1) <= 0x1000
    assert program.log == ""


@pytest.mark.parametrize("reload", [799, 1999])
def test_interrupts_come_every_period_and_sleep_skips_to_them(reload):
    program = Program(
        f"""
          poke DEMCR, 0x01000000
          poke DWT_CTRL, 1
          poke SYST_RVR, {reload}
          poke SYST_CVR, 0
          poke SYST_CSR, 7
          ldr r4, =values
        1: wfi
          b 1b
        handler systick
          ldr r0, =DWT_CYCCNT
          ldr r0, [r0]
          str r0, [r4], #4
          bx lr
        """
    )
    program.run(2000)
    ticks = program.values(16000 // (reload + 1) - 1)
    # The first handler still fills the flash's prefetch buffer.
    periods = {later - earlier for earlier, later in pairwise(ticks[1:])}
    assert periods == {reload + 1}
    assert program.machine.core.timing.counters[0] < 500


def test_a_reload_of_zero_stops_the_counter():
    program = run(
        """
          push {r4, lr}
          poke SYST_RVR, 0
          poke SYST_CVR, 0
          poke SYST_CSR, 7
          peek r1, SYST_CVR
          ldr r0, =values
          str r1, [r0]
          pop {r4, pc}
        handler systick
          log 't'
          bx lr
        """
    )
    assert program.value() == 0
    assert program.log == ""


def test_ticks_in_three_seconds_cost_little_host_time():
    program = Program(
        """
          poke SYST_RVR, 79999
          poke SYST_CVR, 0
          poke SYST_CSR, 7
          movs r4, #0
        1: wfi
          b 1b
        handler systick
          ldr r0, =values
          ldr r1, [r0]
          adds r1, #1
          str r1, [r0]
          bx lr
        """
    )
    program.run(3_000_000)
    assert program.value() in (299, 300)
