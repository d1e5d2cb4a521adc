"""Cortex-M7: micro-benchmarks with their sources' cycles, loops that others timed, what must always hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeless.native import Bus, NativeStop, Setting
from support.micro import FLASH, RAM, Rig, loop
from timing.m7_sequences import SEQUENCES

TIGHT = {FLASH: Bus.TCM, RAM: Bus.TCM}
ON_AXI = {FLASH: Bus.AXI_FLASH, RAM: Bus.TCM}
STATIC = {Setting.M7_NO_BTAC: 1}
DWELCH = "dwelch67/stm32_samples, NUCLEO-F767ZI/perf01"
CYCLES = (
    "issue", "execute", "latency", "branch", "fetch_core", "fetch_flash", "data", "data_flash", "data_bus",
    "exception", "sleep",
)  # fmt: skip


def between_barriers(lines, copies=1, **options):
    """The rig that has run copies of a sequence between two ISBs, the first at a multiple of 32.

    A NOP aligns pairs to fetches.
    """
    rig = Rig("cortex-m7", options.get("settings"), options.get("buses", TIGHT))
    body = "\n".join(lines.replace(";", "\n") for _ in range(copies))
    rig.load(f"cmp r0, r0\n.p2align 5\nisb\nnop.w\n{body}\nisb\nwfi\n")
    rig.set({10: RAM + 0x304, **options.get("registers", {})})
    assert rig.run(FLASH) is NativeStop.SLEEP
    return rig


def each(lines, **options):
    """Cycles of one copy: many less fewer, as quinapalus.com/cm7cycles.html does it."""
    times = [between_barriers(lines, copies, **options).cycles for copies in (14, 24)]
    return (times[1] - times[0]) / 10


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda sequence: sequence.name)
def test_cycles(sequence):
    assert each(sequence.lines) == sequence.cycles, sequence.source


def test_there_are_enough_and_no_two_are_the_same():
    assert len({sequence.name for sequence in SEQUENCES}) == len(SEQUENCES) >= 60


@pytest.mark.parametrize("offset", range(0, 16, 2))
def test_the_shortest_loop_takes_a_cycle_and_two_where_it_straddles_two_fetches(offset):
    straddles = offset % 8 == 6
    assert loop("l: subs r0, #1; bne l", "cortex-m7", offset=offset, buses=TIGHT) == 1 + straddles, DWELCH


@pytest.mark.parametrize("offset", range(0, 16, 2))
def test_without_its_branch_cache_the_decoder_turns_the_loop(offset):
    turn = loop("l: subs r0, #1; bne l", "cortex-m7", offset=offset, buses=TIGHT, settings=STATIC)
    assert turn == 4 + (offset % 8 == 6), DWELCH


# Measured in 4096 turns from flash at 0 wait states with caches and branch cache off. Those a cycle above the
# model are explained in docs/timing/m7.md.
MEASURED = {4: 4, 6: 6, 8: 5, 10: 5, 12: 5, 14: 17, 16: 16, 18: 16, 20: 16, 22: 16, 24: 15, 26: 15}


@pytest.mark.parametrize("offset", MEASURED)
def test_a_loop_whose_prefetching_leaves_the_line_fetches_two_lines_a_turn(offset):
    turn = loop(
        "l: subs r0, #1; bne l", "cortex-m7",
        code=FLASH + offset // 16 * 16, offset=offset % 16, buses=ON_AXI, settings=STATIC,
    )  # fmt: skip
    late = offset in (6, 8, 10, 12)
    assert turn == MEASURED[offset] - late, DWELCH


def test_sixteen_stores_in_uncached_flash():
    """Measured: 26 cycles."""
    lines = ["l:", *["str r2, [r3]"] * 16, "subs r0, #1", "bne l"]
    assert loop(lines, "cortex-m7", offset=4, buses=ON_AXI, settings=STATIC) == pytest.approx(26, abs=1), (
        DWELCH
    )


@pytest.mark.parametrize(("between", "penalty"), [("", 8), ("nop.w; nop.w; nop.w; nop.w; nop.w; nop.w;", 6)])
def test_leaving_a_loop_costs_less_where_the_flags_are_old(between, penalty):
    rig = between_barriers(f"movs r0, #9; nop.w; 1: subs r0, #1; {between} bne.w 1b")
    empty = between_barriers("nop.w")
    # The first turn is predicted by the decoder, three cycles late.
    assert rig.counters["branch"] - empty.counters["branch"] == 3 + penalty


def test_a_pattern_that_alternates_is_mispredicted_now_and_then():
    alternating = "l: eors r1, r2; tst r1, #1; nop; nop; bne 1f; nop; 1: subs r0, #1; bne l"
    steady = "l: eors r1, r1; tst r1, #1; nop; nop; bne 1f; nop; 1: subs r0, #1; bne l"
    options = {"buses": TIGHT, "instructions": 8, "turns": 100, "registers": {1: 1, 2: 1}}
    assert loop(alternating, "cortex-m7", **options) > loop(steady, "cortex-m7", **options) + 2


def test_a_return_is_a_misprediction_wherever_it_goes():
    """No indirect branches in the branch cache (fitted), and no return stack: docs/timing/m7.md."""
    options = {"buses": TIGHT, "turns": 50}
    none = loop("l: nop; nop; subs r0, #1; bne l", "cortex-m7", instructions=4, **options)
    one = loop("b l; f: bx lr; l: bl f; subs r0, #1; bne l", "cortex-m7", instructions=4, **options)
    two = loop("b l; f: bx lr; l: bl f; bl f; subs r0, #1; bne l", "cortex-m7", instructions=6, **options)
    assert 8 <= one - none <= 9  # JNK "branching/cmp": 8 cycles where what decides is that recent
    assert 8 <= two - one <= 10


ANY = [
    "adds r0, r1, r2", "eor.w r0, r1, r2, lsl #3", "lsls r1, r2, #3", "ubfx r2, r0, #3, #5",
    "mul r0, r1, r2", "umull r0, r1, r2, r9", "ldr.w r0, [r3]", "ldrb.w r1, [r3, #5]", "str.w r2, [r6]",
    "strb.w r1, [r6, #1]", "ldrd r0, r1, [r3]", "push {r0, r1}", "pop {r0, r1}", "cmp r1, r2",
    "it ne; addne r0, r1", "ite cs; movcs r0, #1; movcc r0, #2", "beq 9f; nop; 9:", "bne 9f; nop; 9:",
    "cbz r1, 9f; nop; 9:", "udiv r0, r9, r1", "vmov s0, r1", "vadd.f32 s0, s1, s0", "vmov r0, s0",
    "adcs r1, r2", "b 9f; nop; 9:", "ldr.w r0, [r4]", "str.w r0, [r4]",
]  # fmt: skip
PLACES = st.sampled_from([TIGHT, ON_AXI, {FLASH: Bus.AXI_FLASH, RAM: Bus.AXI_SRAM}])
CACHES = {Setting.L1_ICACHE: 1, Setting.L1_DCACHE: 1, Setting.FLASH_WAIT_STATES: 7}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ANY), min_size=1, max_size=40), PLACES, st.integers(1, 30))
def test_cycles_add_up_and_never_run_backwards(lines, buses, step):
    text = "\n".join(lines).replace(";", "\n")
    whole, pieces = (Rig("cortex-m7", CACHES, buses) for _ in range(2))
    for rig in (whole, pieces):
        rig.load(f"{text}\nwfi")
    assert whole.run(FLASH) is NativeStop.SLEEP
    now, stop = 0, pieces.run(FLASH, instructions=step)
    while stop is NativeStop.INSTRUCTION:
        before, now = now, pieces.cycles
        assert now >= before
        stop = pieces.run(instructions=pieces.counters["instructions"] + step)
    for rig in (whole, pieces):
        assert sum(rig.counters[name] for name in CYCLES) == rig.cycles
    assert whole.counters == pieces.counters
    executed = whole.counters["instructions"] + whole.counters["it_skipped"]
    assert whole.counters["issue"] >= (executed + 1) // 2
