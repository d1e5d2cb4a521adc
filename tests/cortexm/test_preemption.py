"""Which exception runs when: priorities, tail-chaining, preemption and masks."""

import pytest

from support.arm import PEND_BOTH, TWO_INTERRUPTS, run


def test_a_pended_interrupt_runs_before_the_next_instruction():
    program = run(
        """
          push {r4, lr}
          poke ISER, 1
          ldr r4, =values
          ldr r0, =ISPR
          movs r1, #1
          str r1, [r0]
          movs r5, #7       // the interrupt comes before this
          pop {r4, pc}
        handler irq0
          str r5, [r4]
          bx lr
        """
    )
    assert program.value() == 0


def test_the_more_urgent_of_two_pending_interrupts_runs_first_and_the_other_is_tail_chained():
    program = run(
        TWO_INTERRUPTS
        + PEND_BOTH
        + """
          log 'm'
          pop {r4, pc}
        handler irq0
          log '0'
          bx lr
        handler irq1
          log '1'
          bx lr
        """
    )
    assert program.log == "10m"


def test_tail_chaining_costs_six_cycles_and_stacks_once():
    source = """
          push {r4, lr}
          poke ISER, 3
          ldr r4, =values
          poke DEMCR, 0x01000000
          poke DWT_CTRL, 1
          ldr r5, =DWT_CYCCNT
          %s
          pop {r4, pc}
        .balign 8
        handler irq0
          ldr r0, [r5]
          mov r1, sp
          stmia r4!, {r0, r1}
          bx lr
        .balign 8
        handler irq1
          ldr r0, [r5]
          mov r1, sp
          stmia r4!, {r0, r1}
          bx lr
    """
    chained = run(source % "poke ISPR, 3")
    apart = run(source % "poke ISPR, 1\n poke ISPR, 2")
    first, sp_first, second, sp_second = chained.values(4)
    assert sp_first == sp_second
    entry, _, later, _ = apart.values(4)
    assert second - first < later - entry


def test_a_more_urgent_interrupt_preempts_a_handler():
    program = run(
        TWO_INTERRUPTS
        + """
          poke ISPR, 1
          log 'm'
          pop {r4, pc}
        handler irq0
          log '('
          poke ISPR, 2
          log ')'
          bx lr
        handler irq1
          log '1'
          bx lr
        """
    )
    assert program.log == "(1)m"


def test_a_less_urgent_interrupt_waits_for_the_handler():
    program = run(
        TWO_INTERRUPTS
        + """
          poke ISPR, 2
          log 'm'
          pop {r4, pc}
        handler irq0
          log '0'
          bx lr
        handler irq1
          log '('
          poke ISPR, 1
          log ')'
          bx lr
        """
    )
    assert program.log == "()0m"


def test_grouping_makes_the_lower_bits_a_sub_priority_that_does_not_preempt():
    """AIRCR.PRIGROUP 6 leaves one bit for the group: 0x20 and 0x10 are in the same group."""
    program = run(
        TWO_INTERRUPTS
        + """
          poke AIRCR, 0x05FA0600
          poke ISPR, 1
          log 'm'
          poke ISPR, 3
          log 'M'
          pop {r4, pc}
        handler irq0
          log '('
          poke ISPR, 2
          log ')'
          bx lr
        handler irq1
          log '1'
          bx lr
        """
    )
    assert program.log == "()1m1()1M"


def test_a_write_to_aircr_without_the_key_is_ignored():
    program = run("poke AIRCR, 0x12340600\n peek r1, AIRCR\n ldr r0, =values\n str r1, [r0]\n bx lr\n")
    assert program.value() == 0xFA05_0000


@pytest.mark.parametrize(
    ("mask", "unmask"),
    [
        ("cpsid i", "cpsie i"),
        ("movs r0, #1\n msr primask, r0", "movs r0, #0\n msr primask, r0"),
        ("movs r0, #0x20\n msr basepri, r0", "movs r0, #0\n msr basepri, r0"),
        ("cpsid f", "cpsie f"),
    ],
)
def test_masks_hold_an_interrupt_back_until_the_instruction_that_lifts_them(mask, unmask):
    program = run(
        f"""
          push {{r4, lr}}
          poke ISER, 1
          pokeb IPR, 0x20
          {mask}
          poke ISPR, 1
          log 'a'
          {unmask}
          log 'b'
          pop {{r4, pc}}
        handler irq0
          log '0'
          bx lr
        """
    )
    assert program.log == "a0b"


def test_basepri_lets_more_urgent_interrupts_through():
    program = run(
        TWO_INTERRUPTS
        + """
          movs r0, #0x20
          msr basepri, r0
          poke ISPR, 3
          log 'm'
          movs r0, #0
          msr basepri, r0
          pop {r4, pc}
        handler irq0
          log '0'
          bx lr
        handler irq1
          log '1'
          bx lr
        """
    )
    assert program.log == "1m0"


def test_faultmask_is_cleared_by_the_return_and_nmi_passes_it():
    program = run(
        """
          push {r4, lr}
          cpsid f
          poke ICSR, 0x80000000   // NMIPENDSET
          mrs r4, faultmask       // an NMI's return leaves it
          ldr r0, =values
          str r4, [r0]
          cpsie f
          pop {r4, pc}
        handler nmi
          log 'n'
          bx lr
        """
    )
    assert program.log == "n"
    assert program.value() == 1
