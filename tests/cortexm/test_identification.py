"""What a core says about itself, and the registers whose bits differ from core to core."""

import pytest

from scopeless.board import load_board
from scopeless.native import Setting
from support.arm import Program

EVERYTHING = "ldr r1, =0xFFFFFFFF\n"


def values(board: str, source: str, count: int) -> list[int]:
    program = Program("ldr r4, =values\n" + source + "bx lr\n", board=load_board(board))
    program.run(100)
    assert program.is_done
    return program.values(count)


@pytest.mark.parametrize(
    ("board", "cpuid"),
    [
        ("stm32f103", 0x411F_C231),  # r1p1: PM0056
        ("arduino_due", 0x412F_C230),  # r2p0: sam3x8e.h, __CM3_REV
        ("stm32f746", 0x410F_C271),  # r0p1: stm32f746xx.h, __CM7_REV
        ("stm32l476", 0x410F_C241),  # r0p1: stm32l476xx.h, __CM4_REV
    ],
)
def test_cpuid_has_the_core_s_revision(board, cpuid):
    assert values(board, "peek r1, 0xE000ED00\n str r1, [r4]\n", 1) == [cpuid]


@pytest.mark.parametrize(
    ("board", "actlr", "vtor", "ccr"),
    [
        ("stm32f103", 0x0000_0007, 0x3FFF_FF80, 0x0000_0200),
        ("stm32l476", 0x0000_0307, 0xFFFF_FF80, 0x0000_0200),
        ("stm32f746", 0x07FF_FC05, 0xFFFF_FF80, 0x0004_0200),  # BP: branch prediction cannot be switched off
    ],
)
def test_a_core_has_the_bits_of_its_kind(board, actlr, vtor, ccr):
    """core_cm3.h, core_cm4.h and core_cm7.h of Arm's CMSIS: SCnSCB_ACTLR, SCB_VTOR, SCB_CCR."""
    source = (
        "peek r1, 0xE000ED14\n str r1, [r4, #8]\n"
        f"{EVERYTHING} ldr r2, =0xE000E008\n str r1, [r2]\n ldr r1, [r2]\n str r1, [r4]\n"
        f"{EVERYTHING} ldr r2, =VTOR\n str r1, [r2]\n ldr r1, [r2]\n str r1, [r4, #4]\n"
    )
    assert values(board, source, 3) == [actlr, vtor, ccr]


def test_dwt_ctrl_keeps_its_fixed_fields():
    """core_cm3.h, DWT_CTRL: from NOPRFCNT (24) on they only say what is there."""
    source = f"{EVERYTHING} ldr r2, =DWT_CTRL\n str r1, [r2]\n ldr r1, [r2]\n str r1, [r4]\n"
    assert values("stm32f103", source, 1) == [0x407F_1FFF]


def test_the_cortex_m7_s_actlr_switches_its_branch_prediction_off():
    """DISBTACREAD: DDI 0489 3.3.1."""
    loop = "mov r3, #200\n1: subs r3, #1\n bne 1b\n"

    count = "ldr r2, =DWT_CYCCNT\n ldr r5, [r2]\n" + loop + "ldr r6, [r2]\n subs r6, r5\n str r6, [r4], #4\n"
    on = "poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n" + count
    predicted, static = values("stm32f746", f"{on} poke 0xE000E008, 0x2000\n{count}", 2)
    assert static > predicted


def test_ictr_counts_interrupts_in_32s():
    assert values("stm32f746", "peek r1, 0xE000E004\n str r1, [r4]\n", 1) == [98 // 32]


def test_a_reset_switches_caches_and_prediction_to_their_reset_state_in_the_timing_too():
    program = Program(
        "poke 0xE000E008, 0x2000\n poke 0xE000ED14, 0x30200\n bx lr", board=load_board("stm32f746")
    )
    program.run(100)
    core, told = program.machine.core, {}
    core.system.timing = lambda setting, value: told.update({setting: value})
    core.reset()
    of_the_core = (Setting.L1_ICACHE, Setting.L1_DCACHE, Setting.M7_NO_BTAC)
    assert [told[setting] for setting in of_the_core] == [0, 0, 0]
