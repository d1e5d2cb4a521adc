"""What the core remembers changes no cycle and no counter."""

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeless.board import load_board
from scopeless.engines.unicorn import UnicornMachine
from scopeless.native import FlashModel, NativeStop, Setting
from support.micro import APB1, APB2, CODE_RAM, FLASH, RAM, Rig
from timing.sequences import F103
from timing.test_properties import BRANCHING, INTEGER, MEMORY

FIRMWARE = Path(__file__).parents[2] / "firmware" / "prebuilt"
DUE = {
    Setting.FLASH_MODEL: FlashModel.SAM3X,
    Setting.FLASH_WAIT_STATES: 4,
    Setting.FLASH_PREFETCH: 1,
}
SLOW = {**F103, Setting.FLASH_WAIT_STATES: 7}
NO_PREFETCH = {**F103, Setting.FLASH_PREFETCH: 0}
CHIPS = st.sampled_from([{}, F103, SLOW, NO_PREFETCH, DUE, {**DUE, Setting.FLASH_WIDTH: 8}])
CODE = st.sampled_from([FLASH, FLASH, RAM + 0x1000, CODE_RAM])
DATA = st.sampled_from([RAM + 0x400, RAM + 0x400, FLASH + 0x1000, CODE_RAM + 0x1000, APB2 + 0x400])
STRIDE = st.sampled_from([0, 0, 1, 2, 4, 20])
LOOPED = st.tuples(
    st.lists(st.one_of(INTEGER, MEMORY, BRANCHING), min_size=1, max_size=30), st.integers(1, 12), STRIDE
)


def source(body: list[str], turns: int, stride: int) -> str:
    """The body a number of times, counted in the stack pointer, then WFI; its data move with each turn."""
    stack = "movw lr, #0x8000; movt lr, #0x2000"
    return "\n".join(
        (
            f"mov.w lr, #{turns}; mov.w sp, lr, lsl #2; {stack}; add sp, lr",
            "0:",
            *body,
            f"add.w r7, #{stride}; sub.w sp, sp, #4; {stack}; cmp sp, lr; bne.w 0b; wfi",
            "8: adds r3, #1; it vs; bxvs lr; bx lr",
            ".p2align 2; 9: .word 12345",
        )
    )


def started(code: str, chip: dict[Setting, int], address: int, data: int, memo: int) -> Rig:
    rig = Rig("cortex-m3", {**chip, Setting.MEMO: memo})
    rig.set({7: data})
    rig.load(code, address)
    return rig


def totals(rig: Rig) -> tuple[object, ...]:
    return rig.timing.pc, rig.timing.cycles, rig.counters, rig.registers()


@settings(max_examples=150, deadline=None)
@given(LOOPED, CHIPS, CODE, DATA, st.lists(st.integers(1, 90), min_size=1), st.booleans())
def test_remembering_changes_nothing_however_the_run_is_cut(program, chip, address, data, steps, by_cycles):
    code = source(*program)
    plain, memo = (started(code, chip, address, data, on) for on in (0, 1))
    limit, pc = 0, address
    for step in itertools.cycle(steps):
        limit += step
        limits = {"cycles": limit} if by_cycles else {"instructions": limit}
        stop = plain.run(pc, **limits)
        assert memo.run(pc, **limits) is stop
        assert totals(memo) == totals(plain)
        if stop is NativeStop.SLEEP:
            break
        pc = plain.timing.pc


@settings(max_examples=150, deadline=None)
@given(LOOPED, CHIPS, CODE, DATA, st.lists(st.sampled_from(["run", "sleep", "entry", "set"]), max_size=8))
def test_remembering_changes_nothing_from_run_to_run(program, chip, address, data, between):
    """Also when time passes, exceptions come, or settings change between runs."""
    code = source(*program)
    plain, memo = (started(code, chip, address, data, on) for on in (0, 1))
    for action in ("run", *between, "run"):
        for rig in (plain, memo):
            assert rig.run(address) is NativeStop.SLEEP
            if action == "sleep":
                rig.timing.sleep(1000)
            elif action == "entry":
                rig.timing.exception_entry(FLASH + 0x2000, address, RAM + 0x800, False)
            elif action == "set":
                rig.timing.set(Setting.FLASH_WAIT_STATES, 1)
            rig.set({7: data})
        assert totals(memo) == totals(plain)


@pytest.mark.parametrize("chip", [{}, F103, DUE])
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
    plain, memo = (started(code, chip, RAM + 0x1000, RAM, on) for on in (0, 1))
    assert plain.run(RAM + 0x1000) is memo.run(RAM + 0x1000) is NativeStop.SLEEP
    assert plain.counters["mix_div"] == (50 if flags == "eq" else 0)
    assert totals(memo) == totals(plain)


@pytest.mark.parametrize("divider", [40, 75])
def test_flash_that_had_long_to_read_ahead(divider):
    """While a slow peripheral answers, the flash idles; straight code uses up that lead line by line."""
    code = "movs r0, #20\n0: ldr r3, [r7]\n" + "add.w r1, r1, r2\n" * 600 + "subs r0, #1; bne.w 0b; wfi"
    plain, memo = (started(code, {**F103, Setting.APB1_DIVIDER: divider}, FLASH, APB1, on) for on in (0, 1))
    for _ in range(3):
        assert plain.run(FLASH) is memo.run(FLASH) is NativeStop.SLEEP
        assert totals(memo) == totals(plain)


@pytest.mark.parametrize("board, name", [("stm32f103", "72mhz"), ("arduino_due", "84mhz")])
@pytest.mark.parametrize("cuts", [0, 300])
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
