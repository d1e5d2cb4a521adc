"""The floating-point unit: access, faults, exception frames and lazy stacking. DDI 0403 B1.5.7, B3.2.20."""

from dataclasses import replace

import pytest

from scopeless.board import PeripheralSpec
from scopeless.errors import FirmwareFault
from support.arm import Program, board_with

FPU = """
.cpu cortex-m7
.fpu fpv5-d16
.equ CPACR, 0xE000ED88
.equ FPCCR, 0xE000EF34
.equ FPCAR, 0xE000EF38
.equ MVFR0, 0xE000EF40
"""
ON = "poke CPACR, 0x00F00000\n dsb\n isb\n"
ONE, TWO, THREE, FOUR = 0x3F80_0000, 0x4000_0000, 0x4040_0000, 0x4080_0000


def program(source: str, core: str = "cortex-m4f", **options: object) -> Program:
    board = board_with(core=core)
    if options:
        fpu = PeripheralSpec("fpu", "cortexm.fpu", 0xE000_EF30, 0x20, options=options)
        board = replace(board, peripherals=(*board.peripherals, fpu))
    return Program(FPU + source, board=board)


def run(source: str, core: str = "cortex-m4f", **options: object) -> Program:
    result = program(source, core, **options)
    result.run(2000)
    assert result.is_done, f"still at {result.machine._place(result.machine.core.pc)}, log {result.log!r}"
    return result


def fault_of(source: str, core: str = "cortex-m4f") -> FirmwareFault:
    with pytest.raises(FirmwareFault) as caught:
        program(source, core).run()
    return caught.value


ADD = (
    "vmov.f32 s0, #1.0\n vmov.f32 s1, #2.0\n vadd.f32 s2, s0, s1\n ldr r0, =values\n vstr s2, [r0]\n bx lr\n"
)
DOUBLE_ADD = "vmov.f64 d0, #1.0\n vadd.f64 d0, d0, d0\n ldr r0, =values\n vstr d0, [r0]\n bx lr\n"


# Access


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m7"])
def test_arithmetic_works_once_cpacr_allows_it(core):
    assert run(ON + ADD, core).value() == THREE


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m7"])
def test_before_that_it_faults(core):
    assert "executed a floating-point instruction while CPACR keeps the FPU off" in str(fault_of(ADD, core))


def test_the_fault_has_its_bit_and_the_handler_may_switch_the_fpu_on_and_try_again():
    source = (
        "push {r4, lr}\n poke SHCSR, 0x40000\n bl add\n pop {r4, pc}\n add:"
        + ADD
        + "handler usage_fault\n peek r1, CFSR\n ldr r0, =values\n str r1, [r0, #4]\n"
        + ON
        + " bx lr\n"
    )
    assert run(source).values(2) == [THREE, 1 << 19]


def test_an_access_of_1_is_for_privileged_code_only():
    user = "movs r0, #1\n msr control, r0\n isb\n"
    assert run("poke CPACR, 0x00500000\n" + ADD).value() == THREE
    assert "CPACR keeps the FPU off" in str(fault_of("poke CPACR, 0x00500000\n" + user + ADD))


def test_switching_the_fpu_off_again_makes_it_fault_again():
    assert "CPACR keeps the FPU off" in str(
        fault_of("push {lr}\n" + ON + "vmov s0, r0\n poke CPACR, 0\n" + ADD)
    )


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4"])
def test_cores_without_an_fpu_keep_cpacr_zero_and_fault(core):
    source = (
        ON + "peek r1, CPACR\n ldr r0, =values\n str r1, [r0]\n peek r1, MVFR0\n str r1, [r0, #4]\n bx lr\n"
    )
    assert run(source, core).values(2) == [0, 0]
    assert "this core has no FPU" in str(fault_of(ON + ADD, core))


def test_double_precision_is_undefined_where_the_chip_has_single_precision_only():
    assert "this chip's FPU has single precision only" in str(fault_of(ON + DOUBLE_ADD, "cortex-m7"))
    assert "single precision only" in str(fault_of(ON + "vcvt.f64.f32 d0, s2\n bx lr\n", "cortex-m7"))
    moves = "vmov d0, r0, r1\n vpush {d8}\n vldr d1, [sp]\n vpop {d8}\n bx lr\n"
    assert run(ON + moves, "cortex-m7").is_done


def test_double_precision_works_where_the_chip_has_it():
    program = run(ON + DOUBLE_ADD, "cortex-m7", precision="double")
    assert program.values(2) == [0, 0x4000_0000]


def test_media_and_vfp_feature_registers_tell_the_precision():
    source = "peek r1, MVFR0\n ldr r0, =values\n str r1, [r0]\n bx lr\n"
    assert run(source, "cortex-m7").value() == 0x1011_0021
    assert run(source, "cortex-m7", precision="double").value() == 0x1011_0221


def test_dsp_instructions_exist_on_the_cortex_m4_only():
    source = "movs r0, #3\n sadd16 r1, r0, r0\n ldr r0, =values\n str r1, [r0]\n bx lr\n"
    assert run(source).value() == 6
    assert "undefined instruction" in str(fault_of(source, "cortex-m3"))


# Exception frames


INTERRUPTED = (
    ON
    + """
  push {{r4-r6, lr}}
  poke ISER, 3
  pokeb IPR, 0x20
  pokeb IPR+1, 0x10
  {setup}
  vmov.f32 s0, #1.0
  vmov.f32 s15, #2.0
  vmov.f32 s16, #4.0
  movs r0, #0
  vmov s1, r0
  vcmp.f32 s1, s0          // FPSCR: N
  mov r5, sp
  {pend}
  vmrs r1, fpscr
  ldr r4, =values+64
  vstr s0, [r4]
  vstr s15, [r4, #4]
  vstr s16, [r4, #8]
  str r1, [r4, #12]
  mrs r1, control
  str r1, [r4, #16]
  pop {{r4-r6, pc}}
handler irq0
  ldr r0, =values
  mov r1, sp
  subs r1, r5, r1
  str r1, [r0]
  str lr, [r0, #4]
  {handler}
  bx lr
handler irq1
  ldr r0, =values
  str lr, [r0, #8]
  {nested}
  bx lr
"""
)
CLOBBER = "vmov.f32 s0, #3.0\n vmov.f32 s15, #3.0\n vcmp.f32 s0, s0\n"
N = 0x8000_0000


def interrupted(handler: str = "", setup: str = "", nested: str = "", pend: str = "poke ISPR, 1") -> Program:
    return run(INTERRUPTED.format(handler=handler, setup=setup, nested=nested, pend=pend))


@pytest.mark.parametrize("handler", ["", CLOBBER], ids=["untouched", "clobbered"])
@pytest.mark.parametrize("setup", ["", "poke FPCCR, 0x80000000"], ids=["lazy", "at once"])
def test_the_handler_leaves_the_floating_point_context_alone(handler, setup):
    program = interrupted(handler, setup)
    assert program.values(21)[16:] == [ONE, TWO, FOUR, N, 4]
    moved, exc_return = program.values(2)
    assert moved in (104, 108)
    assert exc_return == 0xFFFF_FFE9


def test_the_frame_holds_s0_to_s15_and_fpscr():
    keep = """
      vmov.f32 s3, #3.0
      mov r1, sp
      ldr r2, [r1, #0x20]
      str r2, [r0, #12]
      ldr r2, [r1, #0x5C]
      str r2, [r0, #16]
      ldr r2, [r1, #0x60]
      str r2, [r0, #20]
      peek r2, FPCAR
      subs r2, r2, r1
      str r2, [r0, #24]
    """
    assert interrupted(keep).values(7)[3:] == [ONE, TWO, N, 0x20]


def test_fpccr_shows_that_stacking_is_pending_until_the_handler_uses_the_fpu():
    source = f"peek r1, FPCCR\n str r1, [r0, #12]\n {CLOBBER} peek r1, FPCCR\n str r1, [r0, #16]\n"
    before, after = interrupted(source).values(5)[3:]
    assert before == 0xC000_0009  # ASPEN, LSPEN, THREAD, LSPACT
    assert after & 1 == 0


def test_without_a_context_the_frame_is_basic():
    source = """
      push {r4, lr}
      poke ISER, 1
      poke ISPR, 1
      pop {r4, pc}
    handler irq0
      ldr r0, =values
      str lr, [r0]
      bx lr
    """
    assert run(ON + source).value() == 0xFFFF_FFF9


def test_without_automatic_saving_the_frame_is_basic_and_the_handler_s_changes_stay():
    program = interrupted(CLOBBER, "poke FPCCR, 0")
    assert program.value(1) == 0xFFFF_FFF9
    assert program.values(21)[16:18] == [THREE, THREE]


def test_a_nested_handler_saves_the_context_of_the_handler():
    nest = "vmov.f32 s0, #3.0\n push {r0, lr}\n poke ISPR, 2\n pop {r0, lr}\n vstr s0, [r0, #12]\n"
    program = interrupted(nest, nested="vmov.f32 s0, #4.0\n")
    assert program.values(4)[1:] == [0xFFFF_FFE9, 0xFFFF_FFE1, THREE]
    assert program.values(21)[16:] == [ONE, TWO, FOUR, N, 4]


def test_a_nested_handler_that_is_the_first_to_use_the_fpu_saves_the_interrupted_program_s_context():
    program = interrupted("push {r0, lr}\n poke ISPR, 2\n pop {r0, lr}\n", nested=CLOBBER)
    assert program.values(3)[1:] == [0xFFFF_FFE9, 0xFFFF_FFF1]
    assert program.values(21)[16:] == [ONE, TWO, FOUR, N, 4]


def test_tail_chained_handlers_both_clobber_and_the_context_comes_back():
    program = interrupted(CLOBBER, nested=CLOBBER, pend="poke ISPR, 3")
    assert program.values(3)[1:] == [0xFFFF_FFE9, 0xFFFF_FFE9]
    assert program.values(21)[16:] == [ONE, TWO, FOUR, N, 4]


def test_a_context_on_the_process_stack_comes_back_to_it():
    setup = "ldr r0, =log_start+240\n msr psp, r0\n movs r0, #6\n msr control, r0\n isb\n"
    back = "movs r0, #0\n msr control, r0\n isb\n"
    source = (
        ON
        + f"""
      push {{r4-r6, lr}}
      poke ISER, 1
      {setup}
      vmov.f32 s0, #1.0
      poke ISPR, 1
      vmov.f32 s1, #2.0
      vadd.f32 s0, s0, s1
      {back}
      ldr r0, =values
      vstr s0, [r0, #4]
      pop {{r4-r6, pc}}
    handler irq0
      ldr r0, =values
      str lr, [r0]
      {CLOBBER}
      bx lr
    """
    )
    assert run(source).values(2) == [0xFFFF_FFED, THREE]


def test_a_handler_can_start_a_thread_on_the_process_stack():
    """As an operating system starts its first task: the frame is its own making."""
    program = run(
        """
          push {r4, lr}
          ldr r0, =log_start+128
          ldr r1, =task
          str r1, [r0, #24]
          mov r1, #0x01000000
          str r1, [r0, #28]
          msr psp, r0
          svc 0
          log '!'
        .thumb_func
        task:
          mrs r0, control
          mrs r1, psp
          ldr r2, =log_start+128
          subs r1, r2
          ldr r2, =values
          strd r0, r1, [r2]
          mov r1, sp
          ldr r0, =finished
          movs r1, #1
          str r1, [r0]
          b .
        handler svcall
          mrs r0, control
          ldr r1, =values
          str r0, [r1, #8]
          mvn lr, #2            // 0xFFFFFFFD
          bx lr
        """
    )
    assert program.values(3) == [2, 32, 0]
    assert program.log == ""


@pytest.mark.parametrize("period", [101, 107, 113, 127])
def test_interrupts_at_any_cycle_leave_sums_and_comparisons_right(period):
    source = (
        ON
        + f"poke SYST_RVR, {period - 1}\n poke SYST_CVR, 0\n poke SYST_CSR, 7\n"
        + """
          vmov.f32 s0, #1.0
          movs r0, #0
          vmov s1, r0
          movs r1, #200
          movs r2, #0
        1: vadd.f32 s1, s1, s0
          vcmp.f32 s1, s0
          vmrs apsr_nzcv, fpscr
          it gt
          addgt r2, #1
          subs r1, #1
          bne 1b
          poke SYST_CSR, 0
          vcvt.u32.f32 s1, s1
          ldr r0, =values
          vstr s1, [r0]
          str r2, [r0, #4]
          bx lr
        handler systick
          vmov.f32 s1, #3.0
          vmov.f32 s0, #2.0
          vcmp.f32 s0, s1
          ldr r0, =values
          ldr r1, [r0, #8]
          adds r1, #1
          str r1, [r0, #8]
          bx lr
        """
    )
    program = run(source)
    total, greater, ticks = program.values(3)
    assert (total, greater) == (200, 199)
    assert ticks > 5


def exception_cycles(handler: str, setup: str = "") -> int:
    program = interrupted(handler, setup)
    machine = program.machine
    return machine.core.timing.counters[machine.counter_names.index("exception")]


def test_the_seventeen_words_cost_a_cycle_each_to_store_and_to_load():
    """Nothing where the handler does not use the FPU (Arm AN298: lazy stacking keeps 12 cycles)."""
    untouched, lazy = exception_cycles(""), exception_cycles(CLOBBER)
    at_once = exception_cycles("", "poke FPCCR, 0x80000000")
    assert lazy - untouched == 34
    assert at_once - untouched == 34
