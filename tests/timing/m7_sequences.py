"""Micro-benchmarks of the Cortex-M7: what to run, cycles of one copy among many, and who says so."""

from __future__ import annotations

from typing import NamedTuple


def jnk(section: str) -> str:
    """Measured on an STM32H743 with the cycle counter."""
    return f"jnk0le/random, pipeline cycle test, doc/cortex_m7.md: {section}"


ALU, OPERAND2, DSP = jnk("overall"), jnk("operand2"), jnk("bitfield and DSP")
MAC, LOADS, STORES, LISTS = (
    jnk("multiplication, MAC"),
    jnk("loads"),
    jnk("stores"),
    jnk("load/store multiple"),
)
PREDICATION, FPU = jnk("predication"), jnk("fpu (single precision)")
POSTS = "measured dual-issue restrictions, public posts tagged CortexM7"
LLVM = "LLVM ARMScheduleM7.td"


class Sequence(NamedTuple):
    name: str
    lines: str
    cycles: float
    source: str


SEQUENCES = [
    # Pairs
    Sequence("two NOPs", "nop.w; nop.w", 1, ALU),
    Sequence("two 16-bit NOPs", "nop; nop", 1, ALU),
    Sequence("independent additions", "add.w r0, r1, r2; add.w r10, r1, r2", 1, OPERAND2),
    Sequence("independent logic", "eor.w r0, r1, r2; orr.w r10, r1, r2", 1, OPERAND2),
    Sequence("dependent logic", "eor.w r0, r0, r1; eor.w r0, r0, r2", 2, ALU),
    Sequence("sum of three", "add.w r0, r1, r2; add.w r0, r0, r9", 1, POSTS),
    Sequence("MOVW, MOVT of one register", "movw r0, #1; movt r0, #2", 1, ALU),
    Sequence("early sum, late XOR", "add.w r0, r1, r2; eor.w r10, r0, r9, ror #22", 1, ALU),
    Sequence("16-bit pair that sets flags", "adds r0, r1, r2; ands r1, r2", 1, OPERAND2),
    # Second operands
    Sequence("constant, shifted register", "add.w r0, r1, #1; eor.w r10, r1, r2, lsl #3", 1, OPERAND2),
    Sequence("shifted register, constant", "eor.w r10, r1, r2, lsl #3; add.w r0, r1, #1", 1, OPERAND2),
    Sequence("two shifted registers", "eor.w r0, r1, r2, lsl #3; eor.w r10, r1, r2, lsl #4", 2, OPERAND2),
    Sequence("two shifted constants", "eor.w r0, r1, #0x1fc0; eor.w r10, r1, #0x1fc0", 2, OPERAND2),
    Sequence("two pattern constants", "eor.w r0, r1, #0x1b1b1b1b; eor.w r10, r1, #0x1b001b00", 1, OPERAND2),
    Sequence("shifted constant, register", "eor.w r0, r1, #0x1fc0; eor.w r10, r1, r2, lsl #3", 2, OPERAND2),
    Sequence("two shifts by constants", "lsr.w r0, r1, #12; lsl.w r10, r1, #3", 1, OPERAND2),
    Sequence("shifted register, shift", "eor.w r0, r1, r2, lsl #3; lsr.w r10, r1, #12", 1, OPERAND2),
    Sequence("shift by register, addition", "ror.w r0, r1, r2; add.w r10, r1, r2", 1, OPERAND2),
    Sequence("shifted operand just computed", "eor.w r1, r1, r2; eor.w r0, r2, r1, lsl #3", 2, OPERAND2),
    Sequence("first operand just computed", "eor.w r1, r1, r2; eor.w r0, r1, r2, lsl #3", 1, OPERAND2),
    # Bit fields and extensions
    Sequence("two extensions", "uxtb.w r0, r1; uxtb.w r10, r1", 2, DSP),
    Sequence("extension, addition", "uxtb.w r0, r1; add.w r10, r1, r2", 1, DSP),
    Sequence("two bit fields", "ubfx r0, r1, #3, #4; ubfx r10, r1, #3, #4", 2, DSP),
    Sequence("bit field, shifted register", "ubfx r0, r1, #3, #4; eor.w r10, r1, r2, lsl #3", 2, DSP),
    Sequence("two CLZ", "clz r0, r1; clz r10, r1", 2, DSP),
    Sequence("two REV", "rev.w r0, r1; rev.w r10, r1", 2, DSP),
    Sequence("bit field just computed", "eor.w r1, r1, r2; ubfx r0, r1, #3, #4", 2, DSP),
    Sequence("REV used at once", "rev.w r0, r1; eor.w r10, r0, r2", 1, ALU),
    # Multiplication
    Sequence("two products", "mul r0, r1, r2; mul r10, r1, r2", 2, MAC),
    Sequence("product, addition", "mul r0, r1, r2; add.w r10, r1, r2", 1, MAC),
    Sequence("product, store", "mul r0, r1, r2; str.w r9, [r3]", 2, MAC),
    Sequence("chain of products", "mul r1, r1, r2", 2, MAC),
    Sequence("chain of long products", "umull r1, r0, r1, r2", 2, MAC),
    Sequence("long products", "umull r0, r10, r1, r2", 1, MAC),
    Sequence("chain of sums of products", "mla r0, r1, r2, r0", 1, MAC),
    Sequence("chain of long sums of products", "umlal r0, r10, r1, r2", 1, MAC),
    Sequence("loaded factor", "ldr.w r1, [r3]; mul r2, r1, r9", 2, MAC),
    # Loads and stores
    Sequence("loads of an even and an odd word", "ldr.w r0, [r3]; ldr.w r1, [r3, #4]", 1, LOADS),
    Sequence("loads of two even words", "ldr.w r0, [r3]; ldr.w r1, [r3, #8]", 2, LOADS),
    Sequence("loads with write-back", "ldr.w r0, [r3], #4", 1, LOADS),
    Sequence("loaded word used late", "ldr.w r1, [r3]; eor.w r0, r1, r9", 1, LOADS),
    Sequence("loaded word shifted", "ldr.w r1, [r3]; eor.w r0, r9, r1, lsl #3", 2, LOADS),
    Sequence("loaded byte used late", "ldrb.w r1, [r3]; eor.w r0, r1, r9", 2, LOADS),
    Sequence("loaded byte shifted", "ldrb.w r1, [r3]; eor.w r0, r9, r1, lsl #3", 3, LOADS),
    Sequence("loaded word as an index", "ldr.w r1, [r3]; ldr.w r0, [r6, r1]; nop.w", 3, LLVM),
    Sequence("unaligned load", "ldr.w r1, [r3, #1]; nop.w", 4, LOADS),
    Sequence("load, store", "ldr.w r0, [r3]; str.w r1, [r6]", 1, STORES),
    Sequence("two stores", "str.w r0, [r3]; str.w r1, [r6]", 2, STORES),
    Sequence("sum stored at once", "eor.w r0, r1, r9; str.w r0, [r3]", 1, STORES),
    Sequence("loaded byte stored at once", "ldrb.w r0, [r6]; str.w r0, [r3]", 1, STORES),
    Sequence("bytes to one bank", "strb.w r0, [r3]", 4, STORES),
    Sequence("bytes to alternating banks", "strb.w r0, [r3]; strb.w r0, [r3, #4]", 4, STORES),
    Sequence("unaligned stores", "str.w r0, [r3, #1]", 4, STORES),
    # Lists
    Sequence("LDM of 2", "ldm.w r3, {r0, r1}", 1, LISTS),
    Sequence("LDM of 3", "ldm.w r3, {r0, r1, r2}", 2, LISTS),
    Sequence("LDM of 4", "ldm.w r3, {r0, r1, r2, r9}", 2, LISTS),
    Sequence("STM of 4 at a multiple of 8", "stm.w r3, {r0, r1, r2, r9}", 2, LISTS),
    Sequence("STM of 4 at an odd word", "stm.w r10, {r0, r1, r2, r9}", 3, LISTS),
    Sequence("LDRD does not pair", "ldrd r0, r1, [r3]; nop.w", 2, LISTS),
    Sequence("PUSH, POP of 4", "push {r0, r1, r2, r4}; pop {r0, r1, r2, r4}", 4, LISTS),
    # Skipped instructions
    Sequence("skipped addition", "it ne; addne.w r0, r1, r2", 1, PREDICATION),
    Sequence("skipped list", "it ne; ldmne.w r3, {r0, r1, r2, r9}", 3, PREDICATION),
    # Floating point
    Sequence("FP sums", "vadd.f32 s0, s1, s2", 1, FPU),
    Sequence("FP sum and product", "vadd.f32 s0, s1, s2; vmul.f32 s3, s1, s2", 2, FPU),
    Sequence("FP sum, integer sum", "vadd.f32 s0, s1, s2; add.w r0, r1, r2", 1, FPU),
    Sequence("chain of FP sums", "vadd.f32 s0, s0, s1", 3, FPU),
    Sequence("chain of FP products", "vmul.f32 s0, s0, s1", 3, FPU),
    Sequence("chain of VFMA through the sum", "vfma.f32 s0, s1, s2", 3, FPU),
    Sequence("chain of VFMA through a factor", "vfma.f32 s0, s0, s2", 5, FPU),
    Sequence("chain of VMLA through a factor", "vmla.f32 s0, s0, s2", 6, FPU),
    Sequence("FP division", "vdiv.f32 s0, s1, s2", 16, FPU),
    Sequence("FP square root", "vsqrt.f32 s0, s1", 14, FPU),
    Sequence("VMOV to the FPU, used", "vmov s0, r1; vadd.f32 s3, s0, s2; vmov r1, s3", 7, FPU),
    Sequence("two registers to the FPU", "vmov d0, r0, r1; nop.w", 2, FPU),
    Sequence("loaded FP operand", "vldr s0, [r3]; vadd.f32 s3, s0, s1", 1, FPU),
]
