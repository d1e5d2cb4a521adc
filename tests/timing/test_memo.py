"""What the core remembers changes no cycle and no counter."""

import itertools
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeless.board import load_board
from scopeless.engines.unicorn import UnicornMachine
from scopeless.native import Bus, FlashModel, NativeStop, Setting
from support.micro import APB1, APB2, CODE_RAM, FLASH, RAM, Rig
from timing.sequences import F103
from timing.test_properties import BRANCHING, FLOATING, INTEGER, MEMORY

FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"


@dataclass(frozen=True)
class Chip:
    """A core, its memory system's settings, and other buses behind the memories."""

    core: str
    settings: dict[Setting, int]
    buses: dict[int, Bus] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.core}, {self.settings}"


def flash(model: FlashModel, wait_states: int, *on: Setting, **other: int) -> dict[Setting, int]:
    values = {Setting.FLASH_MODEL: model, Setting.FLASH_WAIT_STATES: wait_states}
    return values | dict.fromkeys(on, 1) | {Setting[name.upper()]: value for name, value in other.items()}


PREFETCH, ICACHE, DCACHE = Setting.FLASH_PREFETCH, Setting.FLASH_ICACHE, Setting.FLASH_DCACHE
KINETIS = (PREFETCH, ICACHE, DCACHE, Setting.FLASH_DATA_PREFETCH, Setting.FLASH_LINE_BUFFER)
DUE = flash(FlashModel.SAM3X, 4, PREFETCH)
L4 = flash(FlashModel.STM32L4, 4, ICACHE, DCACHE)
APOLLO3 = flash(FlashModel.APOLLO3, 1, ICACHE, DCACHE, flash_cache_sets=4, flash_cache_ways=2)
AXI = {FLASH: Bus.AXI_FLASH, RAM: Bus.AXI_SRAM, CODE_RAM: Bus.TCM}
ITCM = {FLASH: Bus.ITCM_FLASH, RAM: Bus.TCM, CODE_RAM: Bus.AXI_SRAM}
L1 = {Setting.FLASH_WAIT_STATES: 7, Setting.L1_ICACHE: 1, Setting.L1_DCACHE: 1}
LIMITS = (NativeStop.CYCLE, NativeStop.INSTRUCTION)
M3 = [
    Chip("cortex-m3", settings)
    for settings in (
        {},
        F103,
        {**F103, Setting.FLASH_WAIT_STATES: 7},
        {**F103, PREFETCH: 0},
        DUE,
        {**DUE, Setting.FLASH_WIDTH: 8},
    )
]
M4 = [
    Chip("cortex-m4f", settings)
    for settings in (
        {},
        L4,
        {**L4, PREFETCH: 1},
        flash(FlashModel.STM32L4, 7, PREFETCH),
        flash(FlashModel.K20, 0, *KINETIS, flash_ratio=3),
        flash(FlashModel.K64, 0, *KINETIS, flash_ratio=5),
        flash(FlashModel.K64, 0, PREFETCH, Setting.FLASH_LINE_BUFFER, flash_ratio=6),
        flash(FlashModel.NRF52, 0),
        flash(FlashModel.NRF52, 0, ICACHE),
        APOLLO3,
        {**APOLLO3, Setting.FLASH_REPLACE_OLDEST: 1, Setting.FLASH_RATIO: 2},
    )
]
M7 = [
    Chip("cortex-m7", settings, buses)
    for settings, buses in (
        (L1, AXI),
        (L1, {**AXI, RAM: Bus.TCM}),
        ({**L1, Setting.L1_ICACHE: 0}, AXI),
        ({**L1, Setting.L1_DCACHE: 0, Setting.M7_NO_BTAC: 1}, AXI),
        ({Setting.FLASH_WAIT_STATES: 7, PREFETCH: 1, ICACHE: 1}, ITCM),
        ({Setting.FLASH_WAIT_STATES: 5, Setting.L1_DCACHE: 1}, ITCM),
    )
]
ALL = M3 + M4 + M7
CHIPS = st.one_of(st.sampled_from(M3), st.sampled_from(M4), st.sampled_from(M7))
CODE = st.sampled_from([FLASH, FLASH, RAM + 0x5000, CODE_RAM])
DATA = st.sampled_from([RAM + 0x400, RAM + 0x400, FLASH + 0x4000, CODE_RAM + 0x4000, APB2 + 0x400])
STRIDE = st.sampled_from([0, 0, 1, 2, 4, 20, 32, 132, 516])  # bytes that the data move on each turn
GAP = st.sampled_from(["b.w 1f; .space 28; 1:", "b.w 1f; .space 92; 1:"])  # more lines of a cache
SKIPPED = st.sampled_from(
    [
        "cmp r1, r2; itt hi; ldrhi r3, [r7, #4]; strhi r3, [r7, #8]",
        "cmp r1, r2; itee ls; nopls; ldrhi.w r3, [r7, r2]; udivhi r3, r1, r2",
        "tst r1, #1; it ne; popne {r3}; it ne; pushne {r3}",
        "tst r1, #2; it ne; blne 8f",
    ]
)
# The same instructions behind others each time: what these leave in the pipeline has to be in the state.
CALL = st.sampled_from(
    ["nop", "udiv r3, r1, r2", "ldr r3, [r7]", "str r3, [r7, #8]", "ldm.w r7, {r3, r4, r5}", "strb r3, [r7]"]
).map("{}; bl 8f".format)
FP_CALL = st.sampled_from(["vdiv.f32 s0, s3, s4", "vmla.f32 s0, s3, s4", "vldr s0, [r7]"]).map(
    "{}; bl 8f".format
)
STATEMENT = st.one_of(INTEGER, MEMORY, BRANCHING, CALL, SKIPPED, GAP)


@st.composite
def programs(draw: st.DrawFn) -> tuple[Chip, str]:
    """A chip, and a loop for it: its data move with each turn, the stack pointer counts them, WFI ends it."""
    chip = draw(CHIPS)
    floating = chip.core != "cortex-m3"
    statement = st.one_of(STATEMENT, FLOATING, FP_CALL) if floating else STATEMENT
    body = draw(st.lists(statement, min_size=1, max_size=30))
    stack = "movw lr, #0x8000; movt lr, #0x2000"
    code = (
        f"mov.w lr, #{draw(st.integers(1, 25))}; mov.w sp, lr, lsl #2; {stack}; add sp, lr",
        "0:",
        *body,
        f"addw r7, r7, #{draw(STRIDE)}; sub.w sp, sp, #4; {stack}; cmp sp, lr; bne.w 0b; wfi",
        f"8: adds r3, #1; {'vadd.f32 s1, s0, s0' if floating else 'str r3, [r7, #12]'}",
        "ldr r4, [r7, #4]; it vs; bxvs lr; bx lr",
        ".p2align 2; 9: .word 12345",
    )
    return chip, "\n".join(code)


def started(chip: Chip, code: str, address: int, data: int, memo: int) -> Rig:
    rig = Rig(chip.core, {**chip.settings, Setting.MEMO: memo}, chip.buses)
    rig.set({7: data})
    rig.load(code, address)
    return rig


def totals(rig: Rig) -> tuple[object, ...]:
    return rig.timing.pc, rig.cycles, rig.counters, rig.registers()


BETWEEN = {
    "nothing": lambda rig: None,
    "sleep": lambda rig: rig.timing.sleep(1000),
    "entry": lambda rig: rig.timing.exception_entry(FLASH + 0x2000, rig.timing.pc, RAM + 0x800, False),
    "tail": lambda rig: rig.timing.exception_entry(FLASH + 0x2000, rig.timing.pc, RAM + 0x800, True),
    "return": lambda rig: rig.timing.exception_return(rig.timing.pc, RAM + 0x800),
    "stack": lambda rig: rig.timing.stack_words(17),
    "faster": lambda rig: rig.timing.set(Setting.FLASH_WAIT_STATES, 1),
    "slower": lambda rig: rig.timing.set(Setting.FLASH_WAIT_STATES, 6),
    "prefetch": lambda rig: rig.timing.set(PREFETCH, 1),
    "caches": lambda rig: [rig.timing.set(setting, 1) for setting in (ICACHE, DCACHE)],
    "no caches": lambda rig: [rig.timing.set(setting, 0) for setting in (ICACHE, DCACHE)],
    "empty": lambda rig: rig.timing.set(Setting.FLASH_INVALIDATE, 3),
    "l1": lambda rig: [rig.timing.set(setting, 1) for setting in (Setting.L1_ICACHE, Setting.L1_DCACHE)],
    "no l1": lambda rig: [rig.timing.set(setting, 0) for setting in (Setting.L1_ICACHE, Setting.L1_DCACHE)],
    "empty l1i": lambda rig: rig.timing.set(Setting.L1_ICACHE_INVALIDATE, -1),
    "empty l1d": lambda rig: rig.timing.set(Setting.L1_DCACHE_INVALIDATE, -1),
    "drop": lambda rig: rig.timing.set(Setting.L1_DCACHE_INVALIDATE, rig.registers()[7]),
}


@settings(max_examples=150, deadline=None)
@given(programs(), CODE, DATA, st.lists(st.integers(1, 90), min_size=1), st.booleans())
def test_remembering_changes_nothing_however_the_run_is_cut(program, address, data, steps, by_cycles):
    plain, memo = (started(*program, address, data, on) for on in (0, 1))
    limit, pc = 0, address
    for step in itertools.cycle(steps):
        limit += step
        limits = {"cycles": limit} if by_cycles else {"instructions": limit}
        stop = plain.run(pc, **limits)
        assert memo.run(pc, **limits) is stop
        assert totals(memo) == totals(plain)
        if stop not in LIMITS:
            break
        pc = plain.timing.pc


@settings(max_examples=100, deadline=None)
@given(programs(), CODE, DATA, st.lists(st.sampled_from(list(BETWEEN)), max_size=8))
def test_remembering_changes_nothing_from_run_to_run(program, address, data, between):
    """Also when time passes, exceptions come, or settings change between runs."""
    plain, memo = (started(*program, address, data, on) for on in (0, 1))
    for action in ("nothing", *between, "nothing"):
        for rig in (plain, memo):
            assert rig.run(address) is NativeStop.SLEEP
            BETWEEN[action](rig)
            rig.set({7: data})
        assert totals(memo) == totals(plain)


@settings(max_examples=100, deadline=None)
@given(
    programs(),
    CODE,
    DATA,
    st.lists(st.tuples(st.integers(40, 900), st.sampled_from(list(BETWEEN))), min_size=1),
)
def test_remembering_changes_nothing_when_a_run_is_interrupted(program, address, data, actions):
    """In the middle of a turn, some of the way into what is remembered."""
    plain, memo = (started(*program, address, data, on) for on in (0, 1))
    limit, pc = 0, address
    for step, action in itertools.cycle(actions):
        limit += step
        stops = [rig.run(pc, instructions=limit) for rig in (plain, memo)]
        assert stops[0] is stops[1]
        assert totals(memo) == totals(plain)
        if stops[0] not in LIMITS:
            break
        pc = plain.timing.pc
        for rig in (plain, memo):
            BETWEEN[action](rig)


@pytest.mark.parametrize("chip", [M3[0], M3[1], M3[4], M4[1], M4[4], M7[0]], ids=str)
@pytest.mark.parametrize("flags, other", [("eq", "udiv r3, r0, r2"), ("ne", "b.w . + 64")])
def test_code_that_changes_is_looked_at_again(chip, flags, other):
    """A loop in RAM that turns its own ADD into something else and back, executed or skipped."""
    code = f"""
        adr.w r4, 1f; ldr.w r5, 9f; ldr.w r6, [r4]; movs r1, #100; movs r2, #3; mov.w r0, #-1
    0:  ldr.w r8, [r4]; cmp r8, r5; ite eq; moveq r8, r6; movne r8, r5; str.w r8, [r4]; isb
        nop; cmp r1, r1; it {flags}
    1:  add{flags}.w r3, r0, r2
        add.w r3, r3, r1; add.w r3, r3, r1; add.w r3, r3, r1
        subs r1, #1; bne 0b; wfi
        .p2align 2
    9:  {other}
    """
    plain, memo = (started(chip, code, RAM + 0x1000, RAM, on) for on in (0, 1))
    assert plain.run(RAM + 0x1000) is memo.run(RAM + 0x1000) is NativeStop.SLEEP
    assert plain.counters["mix_div"] == (50 if flags == "eq" else 0)
    assert totals(memo) == totals(plain)


def same_for_three_runs(chip: Chip, code: str) -> None:
    plain, memo = (started(chip, code, FLASH, RAM + 0x400, on) for on in (0, 1))
    for _ in range(3):
        assert plain.run(FLASH) is memo.run(FLASH) is NativeStop.SLEEP
        assert totals(memo) == totals(plain)


# Of each pair one is executed, in turns; what follows on both ways differs by what it left behind alone.
EITHER = (
    "ldr{0} r3, [r7]; ldr{1} r4, [r7]",
    "ldr{0} r3, [r7]; mul{1} r3, r1, r2",
    "udiv{0} r3, r1, r2; udiv{1} r4, r1, r2",
    "str{0} r3, [r7]; str{1} r3, [r7, #4]",
    "str{0} r3, [r7]; nop{1}.w",
    "strd{0} r3, r4, [r7]; strb{1} r3, [r7, #12]",
    "stm{0}.w r7, {{r3, r4, r5}}; ldm{1}.w r7, {{r3, r4, r5}}",
    "cmp{0} r3, r4; adds{1}.w r3, r3, #1",
    "mul{0} r3, r1, r2; ldr{1} r3, [r7]",
    "ldr{0} r3, [r7], #0; ldr{1}.w r3, [r7]",
    "umull{0} r3, r4, r1, r2; umull{1} r4, r3, r1, r2",
    "stm{0}.w r7, {{r1, r2, r3, r4, r5, r6}}; strd{1} r3, r4, [r7]",
)
EITHER_FP = (
    "vdiv{0}.f32 s0, s3, s4; vdiv{1}.f32 s2, s3, s4",
    "vldr{0} s0, [r7]; vdiv{1}.f32 s0, s3, s4",
    "vldr{0} s0, [r7]; vmul{1}.f32 s0, s3, s4",
    "vmla{0}.f32 s0, s3, s4; vadd{1}.f32 s0, s3, s4",
    "vstr{0} s0, [r7]; vstr{1} s0, [r7, #4]",
    "vcmp{0}.f32 s0, s2; vmov{1} s0, r3",
)
THEN = (
    "add.w r5, r3, r3", "add.w r5, r4, r4", "mul r5, r3, r4", "ldr r5, [r7]", "ldr r5, [r7, #4]",
    "str r3, [r7]", "str r3, [r7, #4]; ldr r5, [r7, #8]", "strb r3, [r7, #1]; strb r3, [r7, #5]",
    "ldrd r5, r6, [r7]", "cmp r3, #9; bne 1f; nop; 1:", "mla r5, r1, r2, r3", "smlal r3, r4, r1, r2",
    "strd r3, r4, [r7]; strd r3, r4, [r7, #8]; str r3, [r7, #16]; str r3, [r7, #24]; str r3, [r7, #32]",
)  # fmt: skip
THEN_FP = (
    "vadd.f32 s1, s0, s0", "vadd.f32 s1, s2, s2", "vmla.f32 s0, s1, s1", "vstr s0, [r7]", "vmov r5, s0",
    "vldr s0, [r7, #4]", "vmrs apsr_nzcv, fpscr; bne 1f; nop; 1:",
)  # fmt: skip


@pytest.mark.parametrize("address", [FLASH, RAM + 0x1000, CODE_RAM])
@pytest.mark.parametrize("chip", ALL, ids=str)
def test_what_an_instruction_leaves_behind_is_part_of_the_state(chip, address):
    floating = chip.core != "cortex-m3"
    for pair in EITHER + EITHER_FP * floating:
        body = [
            f"mov.w lr, sp; tst.w lr, #{4 << way}; ite eq; {pair.format('eq', 'ne')}\n{'nop; ' * gap}{then}"
            for then in THEN + THEN_FP * floating
            for gap in range(4)
            for way in range(2)
        ]
        end = "add sp, #4; mov lr, sp; cmp lr, r0; bne.w 0b; wfi"
        code = "\n".join(["add.w r0, sp, #64; 0:", *body, end])
        plain, memo = (started(chip, code, address, RAM + 0x400, on) for on in (0, 1))
        assert plain.run(address) is memo.run(address) is NativeStop.SLEEP
        assert totals(memo) == totals(plain), pair


@pytest.mark.parametrize("chip", M7, ids=str)
@pytest.mark.parametrize("length", range(1, 16, 2))
def test_fetching_that_had_long_to_run_ahead(chip, length):
    """While a division keeps the pipeline, lines come: what they waited for is not what is missing later."""
    body = "udiv r3, r9, r2\n" + "adds r4, #1\nadd.w r5, r6, #1\n" * length
    same_for_three_runs(chip, "movs r0, #3\n0:\n" + body * 40 + "subs r0, #1; bne.w 0b; wfi")


@pytest.mark.parametrize("chip", M7, ids=str)
def test_code_that_jumps_back_within_a_line_that_is_still_being_filled(chip):
    """Three lines of one set with two ways, each entered at its end, by branches that are predicted."""
    line = ".p2align 11\na{0}: adds r3, #1\nb.w b{1}\n.space {2}\nb{0}: b a{0}\n"
    lines = "".join(line.format(n, n + 1, 10 + 8 * (n == 3)) for n in (1, 2, 3))
    same_for_three_runs(chip, f"movs r0, #40\n0: b.w b1\n{lines}\nb4: subs r0, #1; bne.w 0b; wfi")


@pytest.mark.parametrize("divider", [40, 75])
def test_flash_that_had_long_to_read_ahead(divider):
    """While a slow peripheral answers, the flash idles; straight code uses up that lead line by line."""
    code = "movs r0, #20\n0: ldr r3, [r7]\n" + "add.w r1, r1, r2\n" * 600 + "subs r0, #1; bne.w 0b; wfi"
    chip = Chip("cortex-m3", {**F103, Setting.APB1_DIVIDER: divider})
    plain, memo = (started(chip, code, FLASH, APB1, on) for on in (0, 1))
    for _ in range(3):
        assert plain.run(FLASH) is memo.run(FLASH) is NativeStop.SLEEP
        assert totals(memo) == totals(plain)


@pytest.mark.parametrize(
    "board, name, cuts",
    [
        ("stm32f103", "72mhz", 0),
        ("stm32f103", "128mhz", 300),
        ("arduino_due", "84mhz", 300),
        ("teensy32", "120mhz", 300),
        ("teensy35", "168mhz", 300),
        ("stm32l476", "80mhz", 300),
        ("nano33ble", "64mhz", 300),
        ("sparkfun_edge", "96mhz", 300),
        ("stm32f746", "216mhz", 0),
        ("stm32f746", "295mhz", 300),
    ],
)
def test_firmware_makes_the_same_edges_lines_and_counters(board, name, cuts):
    def once(memo: int) -> list[object]:
        machine = UnicornMachine(load_board(board))
        machine.load(FIRMWARE / f"{board}-{name}-recorded.elf")
        machine.core.timing.set(Setting.MEMO, memo)
        steps = random.Random(cuts)
        results: list[object] = [machine.run(for_us=1e6, until_line="^Ready$")]
        for command in (b"TEST=1\n", b"START=1\n"):
            machine.uart_send(command)
            for _ in range(cuts):
                results += [machine.run(for_us=60 * steps.random()), machine.core.timing.counters]
            results += [machine.run(for_us=7e6), machine.core.timing.cycles, machine.core.timing.counters]
        machine.close()
        return results

    assert once(memo=1) == once(memo=0)
