"""Exception entry and return: frames, stacks, privilege, calls of the supervisor, sleep and reset."""

import pytest

from support.arm import TWO_INTERRUPTS, Program, run


def test_the_frame_holds_the_eight_registers_of_the_manual():
    program = run(
        """
          push {r4-r7, lr}
          poke ISER, 1
          movs r0, #0x10
          movs r1, #0x11
          movs r2, #0x12
          movs r3, #0x13
          mov r12, r3
          mov r5, sp
          ldr r6, =ISPR
          movs r7, #1
          str r7, [r6]
          pop {r4-r7, pc}
        handler irq0
          ldr r0, =values
          mov r1, sp
          subs r2, r5, r1        // how far the stack went
          str r2, [r0], #4
          movs r3, #8
        1: ldr r2, [r1], #4
          str r2, [r0], #4
          subs r3, #1
          bne 1b
          str lr, [r0]
          bx lr
        """
    )
    moved, r0, r1, r2, r3, r12, _lr, pc, xpsr, exc_return = program.values(10)
    assert moved in (32, 36)
    assert [r0, r1, r2, r3, r12] == [0x10, 0x11, 0x12, 0x13, 0x13]
    assert program.symbols["main"] < pc < program.symbols["irq0"]
    assert bool(xpsr & 1 << 9) == (moved == 36)
    assert exc_return == 0xFFFF_FFF9


@pytest.mark.parametrize(("offset", "moved"), [(0, 32), (4, 36)])
def test_the_frame_is_aligned_to_eight_bytes_and_the_return_undoes_it(offset, moved):
    program = run(
        f"""
          push {{r4, lr}}
          poke ISER, 1
          mov r4, sp
          sub sp, #{offset}
          mov r5, sp
          poke ISPR, 1
          mov r6, sp
          subs r6, r5
          ldr r0, =values
          str r6, [r0, #4]
          mov sp, r4
          pop {{r4, pc}}
        handler irq0
          mov r0, sp
          subs r0, r5, r0
          ldr r1, =values
          str r0, [r1]
          bx lr
        """
    )
    assert program.values(2) == [moved, 0]


def test_thread_mode_on_the_process_stack_comes_back_to_it():
    program = run(
        """
          push {r4, lr}
          ldr r0, =log_start+128
          msr psp, r0
          movs r0, #2
          msr control, r0
          isb
          mov r4, sp
          svc 0
          mov r5, sp
          movs r0, #0
          msr control, r0
          isb
          ldr r0, =values
          subs r4, r5
          str r4, [r0, #8]
          pop {r4, pc}
        handler svcall
          ldr r0, =values
          str lr, [r0]
          mrs r1, psp
          subs r1, r4, r1
          str r1, [r0, #4]
          bx lr
        """
    )
    assert program.values(3) == [0xFFFF_FFFD, 32, 0]


def test_nested_handlers_return_to_handler_mode():
    program = run(
        TWO_INTERRUPTS
        + """
          poke ISPR, 1
          pop {r4, pc}
        handler irq0
          push {r4, lr}
          poke ISPR, 2
          pop {r4, pc}
        handler irq1
          ldr r0, =values
          str lr, [r0]
          mrs r1, ipsr
          str r1, [r0, #4]
          bx lr
        """
    )
    assert program.values(2) == [0xFFFF_FFF1, 17]


def test_unprivileged_code_cannot_mask_and_its_svc_runs_privileged():
    program = run(
        """
          push {r4, lr}
          movs r0, #1
          msr control, r0
          isb
          cpsid i
          svc 0
          pop {r4, pc}
        handler svcall
          ldr r0, =values
          mrs r1, primask
          str r1, [r0]
          movs r1, #0
          msr control, r1
          mrs r1, control
          str r1, [r0, #4]
          bx lr
        """
    )
    assert program.values(2) == [0, 0]


def test_svc_passes_its_number_by_the_stacked_pc():
    program = run(
        """
          push {r4, lr}
          svc 0x2A
          log 'm'
          pop {r4, pc}
        handler svcall
          ldr r0, [sp, #24]
          ldrb r0, [r0, #-2]
          ldr r1, =values
          str r0, [r1]
          bx lr
        """
    )
    assert program.value() == 0x2A
    assert program.log == "m"


def test_pendsv_of_lowest_priority_waits_for_all_other_handlers():
    program = run(
        """
          push {r4, lr}
          poke ISER, 1
          poke SHPR3, 0x00F00000
          poke ISPR, 1
          log 'm'
          pop {r4, pc}
        handler irq0
          log '('
          poke ICSR, 0x10000000
          log ')'
          bx lr
        handler pendsv
          log 'p'
          bx lr
        """
    )
    assert program.log == "()pm"


def test_software_trigger_register_pends():
    program = run(
        "push {r4, lr}\n poke ISER, 0x400\n poke STIR, 10\n pop {r4, pc}\n handler irq10\n log 't'\n bx lr\n"
    )
    assert program.log == "t"


def test_cleared_pending_interrupt_does_not_run():
    program = run(
        """
          push {r4, lr}
          cpsid i
          poke ISER, 1
          poke ISPR, 1
          poke ICPR, 1
          cpsie i
          pop {r4, pc}
        handler irq0
          log '0'
          bx lr
        """
    )
    assert program.log == ""


def test_priority_bytes_keep_the_chip_s_four_bits():
    program = run("pokeb IPR+3, 0xFF\n peek r1, IPR\n ldr r0, =values\n str r1, [r0]\n bx lr\n")
    assert program.value() == 0xF000_0000


def test_sleep_on_exit_goes_back_to_sleep_without_running_main():
    program = Program(
        """
          push {r4, lr}
          poke SCR, 2
          poke SYST_RVR, 999
          poke SYST_CVR, 0
          poke SYST_CSR, 7
          wfi
          log 'm'
          pop {r4, pc}
        handler systick
          log 't'
          bx lr
        """
    )
    program.run(510)
    assert program.log == "tttt"


def test_a_reset_request_starts_the_program_again_and_keeps_the_memory():
    program = run(
        """
          ldr r0, =values
          ldr r1, [r0]
          adds r1, #1
          str r1, [r0]
          cmp r1, #3
          it eq
          bxeq lr
          poke AIRCR, 0x05FA0004
          b .
        """
    )
    assert program.value() == 3


def test_vtor_moves_the_table():
    program = run(
        """
          push {r4, lr}
          ldr r0, =0x20002000
          ldr r1, =other
          str r1, [r0, #44]
          ldr r2, =VTOR
          str r0, [r2]
          svc 0
          pop {r4, pc}
        .thumb_func
        other:
          log 'o'
          bx lr
        handler svcall
          log 's'
          bx lr
        """
    )
    assert program.log == "o"


IT_BLOCKS = """
  push {r4-r7, lr}
  movs r4, #0
  movs r5, #0
  movs r6, #40
1: tst r6, #1
  ittee eq
  addeq r4, #1
  addeq r4, #2
  addne r5, #4
  addne.w r5, #8
  movs r0, r0
  subs r6, #1
  bne 1b
  ldr r0, =values
  strd r4, r5, [r0]
  pop {r4-r7, pc}
handler systick
  ldr r0, =values
  ldr r1, [r0, #8]
  adds r1, #1
  str r1, [r0, #8]
  bx lr
"""


@pytest.mark.parametrize("period", [53, 59, 61, 67, 71, 73])
def test_interrupts_at_any_cycle_leave_conditional_code_right(period):
    """Periods without common factors hit every instruction of the loop, those in the IT block included."""
    start = f"poke SYST_RVR, {period - 1}\n poke SYST_CVR, 0\n poke SYST_CSR, 7\n"
    program = run(start + IT_BLOCKS, us=3000)
    assert program.values(2) == [20 * 3, 20 * 12]
    assert program.value(2) > 5


def test_an_interrupt_pended_within_an_it_block_comes_right_behind_the_block():
    program = run(
        """
          push {r4-r6, lr}
          poke ISER, 1
          movs r5, #0
          ldr r4, =values
          ldr r0, =ISPR
          movs r1, #1
          cmp r1, #1
          itt eq
          streq r1, [r0]
          addeq r5, #1
          adds r5, #2
          str r5, [r4, #4]
          pop {r4-r6, pc}
        handler irq0
          str r5, [r4]
          bx lr
        """
    )
    assert program.values(2) == [1, 3]
