"""Micro-benchmarks of the Cortex-M3, M4 and M4F: what to run, how many cycles, and who says so.

``cost``: cycles between two reads of the cycle counter beyond those of the first read, which takes two.
``each``: cycles of one copy among many. ``loop``: cycles of a turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scopeless.native import FlashModel, Setting

# Arm's manuals
TRM3 = "Cortex-M3 TRM r2p1 (DDI 0337I) table 3-1"
LOADS = "Cortex-M3 TRM r2p1 (DDI 0337I) 3.3.2, load/store timings"
ALIGNMENT = "Cortex-M3 TRM r2p1 (DDI 0337I) 3.4.2, unaligned accesses"
BRANCHES = "Cortex-M3 TRM r2p0 (DDI 0337G) 15.3, table 15-3"
FETCH = "Cortex-M3 TRM r2p0 (DDI 0337G) 1.4, prefetch unit"
TRM4 = "Cortex-M4 TRM r0p1 (100166) table 3-1"
FPU = "Cortex-M4 TRM r0p1 (100166) table 7-1, FPU instruction set"
FP_RESULT = "elektroniknet.de, 'Kann Arms Cortex-M7 einen DSP ersetzen': a result used next takes two cycles"


def recorded(name: str) -> str:
    """A set measured on an STM32F100 (Cortex-M3, 24 MHz, no wait states)."""
    return f"cmemu hardware test {name}, STM32F100"


# Loops timed by others on an STM32F103 at 72 MHz with two wait states
LIBMAPLE = "libmaple: delay constant F_CPU / 6 000 000 of a SUBS, BHI loop"
CSDN = "blog.csdn.net/wenyuexunyin/article/details/42109643: 12.05 MHz at 72 MHz"
SOCH = "blog.soch.cc, 'Fastest GPIO read speed on STM32F103': 12.03 cycles a turn"
F103 = {Setting.FLASH_MODEL: FlashModel.STM32F1, Setting.FLASH_WAIT_STATES: 2, Setting.FLASH_PREFETCH: 1}
F100 = {Setting.FLASH_MODEL: FlashModel.STM32F1}


@dataclass(frozen=True)
class Sequence:
    name: str
    measure: str
    lines: str
    cycles: float
    source: str
    core: str = "cortex-m3"
    options: Mapping[str, Any] = field(default_factory=dict)


def sequence(name: str, measure: str, lines: str, cycles: float, source: str, **options: Any) -> Sequence:
    return Sequence(name, measure, lines, cycles, source, options.pop("core", "cortex-m3"), options)


def values(**registers: int) -> dict[str, Any]:
    return {"registers": {int(name[1:]): value for name, value in registers.items()}}


DATA_PROCESSING = [
    sequence("add registers", "each", "adds r1, r1, r2", 1, TRM3),
    sequence("add with carry, shifted operand", "each", "adc.w r1, r2, r1, lsl #3", 1, TRM3),
    sequence("subtract immediate", "each", "subw r1, r1, #1234", 1, TRM3),
    sequence("reverse subtract", "each", "rsbs r1, r1, #0", 1, TRM3),
    sequence("and, complemented", "each", "bic.w r1, r1, r2, ror #7", 1, TRM3),
    sequence("move wide", "each", "movw r1, #0xbeef; movt r1, #0xdead", 2, TRM3),
    sequence("move negated", "each", "mvns r1, r1", 1, TRM3),
    sequence("compare", "each", "cmp r1, r2", 1, TRM3),
    sequence("test", "each", "tst.w r1, #0xff0000", 1, TRM3),
    sequence("shift by register", "each", "lsl.w r1, r1, r2", 1, TRM3),
    sequence("rotate right with extend", "each", "rrx r1, r1", 1, TRM3),
    sequence("bit field insert", "each", "bfi r1, r2, #4, #9", 1, TRM3),
    sequence("bit field extract", "each", "ubfx r1, r2, #4, #9", 1, TRM3),
    sequence("sign extend", "each", "sxth r1, r1", 1, TRM3),
    sequence("count leading zeros", "each", "clz r1, r1", 1, TRM3),
    sequence("byte reverse", "each", "rev r1, r1", 1, TRM3),
    sequence("saturate", "each", "ssat r1, #16, r2", 1, TRM3),
    sequence("nop", "each", "nop", 1, TRM3),
    sequence("read the flags", "each", "mrs r1, apsr", 1, TRM3),
]

LOW, HIGH, FULL, NEGATIVE = 0x1234, 0x1234_0000, 0x1234_5678, 0x9234_5678
NEGATIVE_HIGH = 0x9234_0000
SMULL_SET, SMLAL_SET = recorded("smull_umull_timing"), recorded("smlal_umlal_timing")
DIVISION_SET, POWERS_SET = recorded("sdiv_udiv_timing"), recorded("sdiv_powers_of_two")


def product(
    name: str, lines: str, rn: int, rm: int, cycles: int, source: str, core: str = "cortex-m3"
) -> Sequence:
    return sequence(name, "cost", lines, cycles, source, core=core, **values(r1=rn, r2=rm, r5=0, r6=0))


MULTIPLICATION = [
    sequence("mul", "each", "mul r1, r2, r3", 1, TRM3),
    sequence(
        "muls, then a branch that waits a cycle for its flags",
        "cost",
        "adds r1, #1; muls r1, r2, r1; beq 1f; 1: nop; nop",
        6,
        recorded("mul"),
    ),
    sequence("mla", "each", "mla r1, r2, r3, r4", 2, recorded("mla_mls")),
    sequence("mls", "each", "mls r1, r2, r3, r4", 2, recorded("mla_mls")),
    product("umull, zero by anything", "umull r5, r6, r1, r2", 0, FULL, 3, SMULL_SET),
    product("umull, low by low", "umull r5, r6, r1, r2", LOW, LOW, 3, SMULL_SET),
    product("umull, high by high", "umull r5, r6, r1, r2", HIGH, HIGH, 3, SMULL_SET),
    product("umull, low by high", "umull r5, r6, r1, r2", LOW, HIGH, 4, SMULL_SET),
    product("umull, full by low", "umull r5, r6, r1, r2", FULL, LOW, 4, SMULL_SET),
    product("umull, full by full", "umull r5, r6, r1, r2", FULL, FULL, 5, SMULL_SET),
    product("smull, high by negative high", "smull r5, r6, r1, r2", HIGH, NEGATIVE_HIGH, 4, SMULL_SET),
    product("smull, low by negative", "smull r5, r6, r1, r2", LOW, NEGATIVE, 5, SMULL_SET),
    product("smull, negative by low", "smull r5, r6, r1, r2", NEGATIVE, LOW, 4, SMULL_SET),
    product("smull, negative by high", "smull r5, r6, r1, r2", NEGATIVE, HIGH, 5, SMULL_SET),
    product("umlal, low by low", "umlal r5, r6, r1, r2", LOW, LOW, 3, SMLAL_SET),
    product("umlal, high by high", "umlal r5, r6, r1, r2", HIGH, HIGH, 5, SMLAL_SET),
    product("umlal, low by full", "umlal r5, r6, r1, r2", LOW, FULL, 5, SMLAL_SET),
    product("umlal, high by full", "umlal r5, r6, r1, r2", HIGH, FULL, 6, SMLAL_SET),
    product("umlal, full by full", "umlal r5, r6, r1, r2", FULL, FULL, 7, SMLAL_SET),
    product("smlal, negative by high", "smlal r5, r6, r1, r2", NEGATIVE, HIGH, 7, SMLAL_SET),
    product(
        "mla forwarded into a long product",
        "umull r5, r6, r1, r2; mla r6, r1, r2, r6",
        FULL,
        FULL,
        6,
        recorded("xmull_mla"),
    ),
    product(
        "mla that multiplies a long product's high half",
        "umull r5, r6, r1, r2; mla r5, r6, r2, r1",
        FULL,
        FULL,
        7,
        recorded("xmull_mla"),
    ),
]

DIVISION = [
    product("udiv of zero", "udiv r5, r1, r2", 0, 7, 2, DIVISION_SET),
    product("udiv by zero", "udiv r5, r1, r2", 7, 0, 2, DIVISION_SET),
    product("udiv of less", "udiv r5, r1, r2", 7, 8, 3, DIVISION_SET),
    product("udiv, quotient of one bit", "udiv r5, r1, r2", 7, 4, 5, DIVISION_SET),
    product("udiv, quotient of five bits", "udiv r5, r1, r2", 0x1F, 1, 6, DIVISION_SET),
    product("udiv, quotient of thirty-two bits", "udiv r5, r1, r2", 0xFFFF_FFFF, 1, 12, DIVISION_SET),
    product("sdiv, both negative", "sdiv r5, r1, r2", (-100) % (1 << 32), (-7) % (1 << 32), 6, DIVISION_SET),
    product("sdiv, three bits more than the divisor's power", "sdiv r5, r1, r2", 15, 1, 5, POWERS_SET),
    product(
        "sdiv by minus a power of two counts a bit more",
        "sdiv r5, r1, r2",
        15,
        (-1) % (1 << 32),
        6,
        POWERS_SET,
    ),
    product("udiv on M4", "udiv r5, r1, r2", 0xFFFF_FFFF, 1, 12, TRM4, "cortex-m4"),
    product(
        "sdiv of less on M4",
        "sdiv r5, r1, r2",
        7,
        8,
        3,
        "cmemu hardware test sdiv_udiv_timing, CC2652",
        "cortex-m4",
    ),
]

POINTER = {"setup": "str r3, [r3]"}
LOAD_STORE = [
    sequence("load", "cost", "ldr r1, [r3]", 2, TRM3),
    sequence("loads in a row", "each", "ldr r1, [r3]", 1, LOADS),
    sequence(
        "four loads: one more than their number",
        "cost",
        "ldr r0, [r3]; ldr r1, [r3, #4]; ldr r2, [r3, #8]; ldr r5, [r3, #12]",
        5,
        LOADS,
    ),
    sequence("byte and halfword loads in a row", "each", "ldrb r1, [r3]; ldrsh r2, [r3, #2]", 2, LOADS),
    sequence("load with register offset in a row", "each", "ldr r1, [r3, r10]", 1, LOADS),
    sequence("load through the register just loaded", "each", "ldr r3, [r3]", 2, LOADS, **POINTER),
    sequence("arithmetic on the register just loaded", "cost", "ldr r1, [r3]; adds r1, #1", 3, LOADS),
    sequence("load through a register just computed", "cost", "adds r3, #4; ldr r1, [r3]", 4, LOADS),
    sequence(
        "the same with an instruction between", "cost", "adds r3, #4; adds r0, #1; ldr r1, [r3]", 4, LOADS
    ),
    sequence(
        "store through a register just computed",
        "each",
        "adds r3, #4; str r1, [r3]",
        3,
        recorded("add_str_deps"),
    ),
    sequence("store of a register just computed", "each", "adds r1, #4; str r1, [r3]", 2, LOADS),
    sequence("nop behind a load is free", "cost", "ldr r1, [r3]; nop", 2, recorded("ldr_imm")),
    sequence("store, then arithmetic", "each", "str r1, [r3]; adds r1, #1", 2, LOADS),
    sequence("stores in a row", "each", "str r1, [r3]", 1, LOADS),
    sequence("store with register offset", "each", "str r1, [r3, r10]; adds r1, #1", 3, LOADS),
    sequence("load and store in turns", "each", "ldr r1, [r3]; str r1, [r6]", 3, recorded("ldr_str_timing")),
    sequence("ldrd", "each", "ldrd r1, r2, [r3]", 3, recorded("ldrd")),
    sequence("strd", "each", "strd r1, r2, [r3]", 3, recorded("strd")),
    sequence("ldm of one", "each", "ldm.w r3, {r1, r2}; adds r1, #1", 4, TRM3),
    sequence("ldm of four", "each", "ldm r3, {r0, r1, r2, r5}", 5, recorded("ldm_ldmdb")),
    sequence("ldm of eight", "each", "ldm.w r3, {r0, r1, r2, r5, r6, r8, r9, r10}", 9, recorded("ldm_long")),
    sequence("stm of four", "each", "stm.w r3, {r0, r1, r2, r5}", 5, recorded("stm_stmdb")),
    sequence(
        "push of three, pop of three", "each", "push {r0, r1, r2}; pop {r0, r1, r2}", 8, recorded("push_pop")
    ),
    sequence("two memories do not overlap", "each", "ldr r1, [r3]; ldr r2, [r7]", 4, recorded("ldr_dwt_mem")),
    sequence("word at an odd halfword", "each", "ldr r1, [r3, #2]; adds r1, #1", 4, ALIGNMENT),
    sequence("word at an odd byte", "each", "ldr r1, [r3, #1]; adds r1, #1", 5, ALIGNMENT),
    sequence("halfword at an odd byte", "each", "ldrh r1, [r3, #1]; adds r1, #1", 4, ALIGNMENT),
    sequence(
        "literals in a row from the flash that the code comes from",
        "each",
        "ldr.w r1, 9f",
        2,
        recorded("ldr_literal"),
        tail=".p2align 2; 9: .word 1",
        settings=F100,
    ),
]

BRANCH = [
    sequence("branches to aligned targets", "each", "b.n 1f; nop; 1:", 2, recorded("b_seq")),
    sequence(
        "branch to a 32-bit instruction at an odd halfword",
        "cost",
        "b.n 1f; nop; nop; 1: add.w r1, r1, #1",
        4,
        recorded("b_seq"),
    ),
    sequence(
        "the same at an aligned address", "cost", "b.n 1f; nop; 1: add.w r1, r1, #1", 3, recorded("b_seq")
    ),
    sequence(
        "conditional branch, taken", "cost", "cmp r1, r1; beq 1f; nop; nop; 1: adds r1, #1", 4, BRANCHES
    ),
    sequence(
        "conditional branch, not taken", "cost", "cmp r1, r1; bne 1f; nop; nop; 1: adds r1, #1", 5, BRANCHES
    ),
    sequence("call and return", "cost", "bl 9f", 5, BRANCHES, tail=".p2align 2; 9: nop; bx lr"),
    sequence(
        "return through a link register written just before",
        "cost",
        "adr.w lr, 1f + 1; bx lr; .p2align 2; 1:",
        4,
        recorded("bl_blx_bx"),
    ),
    sequence(
        "branch to a register", "cost", "adr.w r1, 1f + 1; nop; bx r1; .p2align 2; 1:", 5, recorded("bx")
    ),
    sequence(
        "compare with zero and branch, taken",
        "cost",
        "cbz r1, 1f; nop; 1:",
        3,
        recorded("cbz"),
        **values(r1=0),
    ),
    sequence(
        "compare with zero and branch, not taken", "cost", "cbz r1, 1f; adds r1, #1; 1:", 2, recorded("cbz")
    ),
    sequence(
        "pop of the program counter",
        "cost",
        "adr.w r1, 1f + 1; push {r1}; nop; pop {pc}; .p2align 2; 1:",
        9,
        recorded("pop_pc"),
    ),
    sequence(
        "pop of a register and the program counter",
        "cost",
        "adr.w r1, 1f + 1; push {r0, r1}; nop; pop {r0, pc}; .p2align 2; 1:",
        11,
        recorded("pop_pc"),
    ),
    sequence(
        "pop of six with the program counter",
        "cost",
        "adr.w r6, 1f + 1; push {r0-r3, r5, r6}; nop; pop {r0-r3, r5, pc}; .p2align 2; 1:",
        19,
        recorded("pop_pc"),
    ),
    sequence(
        "load of the program counter",
        "cost",
        "adr.w r1, 1f + 1; str r1, [r3]; nop; ldr pc, [r3]; .p2align 2; 1:",
        8,
        recorded("ldr_pc"),
    ),
    sequence("add to the program counter", "cost", "add pc, r10; nop; nop; nop; 1:", 4, recorded("add_pc")),
    sequence(
        "add to the program counter, to an odd halfword",
        "cost",
        "add pc, r10; nop; nop; nop; nop; 1:",
        5,
        recorded("add_pc"),
        **values(r10=6),
    ),
    sequence("loop of two", "loop", "1: subs r0, #1; bhi 1b", 3, TRM3),
]

IT_BLOCKS = [
    sequence(
        "it behind a 16-bit instruction folds",
        "each",
        "cmp r1, r1; it eq; addeq r2, #1; nop",
        3,
        recorded("it_fold"),
    ),
    sequence(
        "it behind a 32-bit instruction does not fold",
        "each",
        "cmp.w r1, r1; it eq; addeq r2, #1; nop",
        4,
        recorded("it_fold"),
    ),
    sequence(
        "it behind a load does not fold", "cost", "ldr r1, [r3]; it eq; addeq r2, #1", 4, recorded("it_fold")
    ),
    sequence(
        "skipped instructions take a cycle",
        "cost",
        "cmp r1, r1; itt ne; addne r2, #1; subne r2, #1",
        3,
        recorded("it"),
    ),
    sequence(
        "a skipped division takes a cycle",
        "cost",
        "cmp r1, r1; it ne; udivne r2, r0, r1; adds r2, #1",
        3,
        recorded("it"),
    ),
    sequence(
        "a skipped load takes a cycle",
        "cost",
        "cmp r1, r1; it ne; ldrne r2, [r3]; adds r2, #1",
        3,
        recorded("it"),
    ),
    sequence(
        "a skipped list takes a cycle",
        "cost",
        "cmp r1, r1; it ne; ldmne r3, {r0-r2, r5}; adds r2, #1",
        3,
        recorded("it"),
    ),
]

STARVATION = [
    sequence("aligned 32-bit instructions never starve", "each", "add.w r1, r1, #1", 1, FETCH),
    sequence("nor do they at odd halfwords", "each", "add.w r1, r1, #1", 1, FETCH, offset=2),
    sequence(
        "over the system bus each jump waits a cycle more",
        "each",
        "b.n 1f; nop; 1:",
        4,
        recorded("b_seq"),
        code=0x2000_1000,
    ),
    sequence(
        "straight code over the system bus",
        "each",
        "adds r1, #1; adds r2, #1",
        2,
        recorded("b_seq"),
        code=0x2000_1000,
    ),
]

FLASH_LINES = [
    *(
        sequence(
            f"subs, bhi at {offset}, two wait states",
            "loop",
            "1: subs r0, #1; bhi 1b",
            cycles,
            LIBMAPLE,
            settings=F103,
            offset=offset,
        )
        for offset, cycles in ((0, 6), (2, 6))
    ),
    sequence(
        "two pin stores and a branch in one line, two wait states",
        "loop",
        "1: str r0, [r4, #12]; str r1, [r4, #12]; b 1b",
        6,
        CSDN,
        settings=F103,
    ),
    *(
        sequence(
            f"read the pins, store, count, loop at {offset}, two wait states",
            "loop",
            "1: ldr r2, [r4, #8]; str.w r2, [r3, r1, lsl #2]; adds r5, #1; cmp r10, #128; bne 1b",
            12,
            SOCH,
            settings=F103,
            offset=offset,
        )
        for offset in (0, 2, 4, 6)
    ),
]

M4 = "cortex-m4"
DSP = [
    sequence(f"{name} on M4", "each", lines, 1, TRM4, core=M4)
    for name, lines in (
        ("mul", "mul r1, r2, r3"),
        ("mla", "mla r1, r2, r3, r0"),
        ("umull", "umull r1, r2, r3, r0"),
        ("smull", "smull r1, r2, r3, r0"),
        ("umlal", "umlal r1, r2, r3, r0"),
        ("umaal", "umaal r1, r2, r3, r0"),
        ("smlad", "smlad r1, r2, r3, r0"),
        ("smlabt", "smlabt r1, r2, r3, r0"),
        ("smmul", "smmul r1, r2, r3"),
        ("sadd16", "sadd16 r1, r2, r3"),
        ("qadd", "qadd r1, r2, r3"),
        ("usad8", "usad8 r1, r2, r3"),
        ("pkhbt", "pkhbt r1, r2, r3, lsl #4"),
        ("sel", "sel r1, r2, r3"),
    )
]

M4F = "cortex-m4f"
FLOATING_POINT = [
    sequence("vadd", "each", "vadd.f32 s0, s1, s2", 1, FPU, core=M4F),
    sequence("vsub", "each", "vsub.f32 s0, s1, s2", 1, FPU, core=M4F),
    sequence("vmul", "each", "vmul.f32 s0, s1, s2", 1, FPU, core=M4F),
    sequence("vnmul", "each", "vnmul.f32 s0, s1, s2", 1, FPU, core=M4F),
    sequence("vabs, vneg", "each", "vabs.f32 s0, s1; vneg.f32 s2, s3", 2, FPU, core=M4F),
    sequence("vmov of registers", "each", "vmov.f32 s0, s1", 1, FPU, core=M4F),
    sequence("vmov of a constant", "each", "vmov.f32 s0, #1.0", 1, FPU, core=M4F),
    sequence("vmov to and from the core", "each", "vmov s0, r1; vmov r2, s1", 2, FPU, core=M4F),
    sequence("vmov of two core registers", "each", "vmov s0, s1, r1, r2", 2, FPU, core=M4F),
    sequence("vcmp", "each", "vcmp.f32 s0, s1", 1, FPU, core=M4F),
    sequence("vcvt", "each", "vcvt.s32.f32 s0, s1", 1, FPU, core=M4F),
    sequence("vmla", "each", "vmla.f32 s0, s1, s2; vmla.f32 s3, s4, s5", 6, FPU, core=M4F),
    sequence("vfma", "each", "vfma.f32 s0, s1, s2; vfma.f32 s3, s4, s5", 6, FPU, core=M4F),
    sequence("vdiv one after another", "each", "vdiv.f32 s0, s1, s2; vdiv.f32 s3, s1, s2", 28, FPU, core=M4F),
    sequence("vsqrt one after another", "each", "vsqrt.f32 s0, s1", 14, FPU, core=M4F),
    sequence(
        "vdiv under integer arithmetic",
        "cost",
        "vdiv.f32 s0, s1, s2" + "; adds r1, #1" * 12,
        13,
        FPU,
        core=M4F,
    ),
    sequence("vadd on the result just computed", "each", "vadd.f32 s0, s0, s1", 2, FP_RESULT, core=M4F),
    sequence(
        "vmul on the result before last",
        "each",
        "vmul.f32 s0, s1, s2; vadd.f32 s3, s4, s5; vadd.f32 s6, s0, s3",
        4,
        FP_RESULT,
        core=M4F,
    ),
    sequence("vldr", "cost", "vldr s0, [r3]; adds r1, #1", 3, FPU, core=M4F),
    sequence("vldr of a double", "cost", "vldr d0, [r3]; adds r1, #1", 4, FPU, core=M4F),
    sequence("vstr", "cost", "vstr s0, [r3]; adds r1, #1; adds r1, #1", 4, FPU, core=M4F),
    sequence("vstr of a double", "cost", "vstr d0, [r3]; adds r1, #1; adds r1, #1", 5, FPU, core=M4F),
    sequence("vldm of four", "cost", "vldm r3, {s0-s3}; adds r1, #1", 6, FPU, core=M4F),
    sequence("vstm of four", "cost", "vstm r3, {s0-s3}; adds r1, #1", 6, FPU, core=M4F),
    sequence("vpush and vpop of two", "cost", "vpush {s0, s1}; vpop {s0, s1}; adds r1, #1", 7, FPU, core=M4F),
    sequence("vmrs", "each", "vmrs apsr_nzcv, fpscr", 1, FPU, core=M4F),
]

ALL = [
    *DATA_PROCESSING,
    *MULTIPLICATION,
    *DIVISION,
    *LOAD_STORE,
    *BRANCH,
    *IT_BLOCKS,
    *STARVATION,
    *FLASH_LINES,
    *DSP,
    *FLOATING_POINT,
]
