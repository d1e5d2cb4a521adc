"""The Cortex-M7's caches and what lies behind its AXI and peripheral ports, with an STM32F746's geometry."""

import pytest

from scopeless.native import Bus, NativeStop, Setting
from support.micro import FLASH, RAM, Rig, loop

SRAM = RAM + 0x1_0000
GPIO_PORT = 0x4002_0000
BUSES = {FLASH: Bus.AXI_FLASH, RAM: Bus.TCM, SRAM: Bus.AXI_SRAM, 0x4001_8000: Bus.AHBP}
WAIT_STATES = 7
CACHED = {Setting.L1_ICACHE: 1, Setting.L1_DCACHE: 1, Setting.FLASH_WAIT_STATES: WAIT_STATES}
AXI_WAY = 4  # docs/timing/m7.md
MISS = AXI_WAY + 1 + WAIT_STATES  # a 256-bit read of the flash and the way there and back
LINE = MISS + 4  # until the next line can be asked for: four 64-bit beats


def cold(code, settings=None):
    """The rig after running code from an empty instruction cache."""
    rig = Rig("cortex-m7", {**CACHED, **(settings or {})}, BUSES)
    rig.load(f"{code}\nwfi")
    assert rig.run(FLASH) is NativeStop.SLEEP
    return rig


def straight(lines):
    """That many 32-byte lines of additions."""
    return "adds r1, r2, r3\n" * 15 * lines + "nop\n" * lines


@pytest.mark.parametrize("wait_states", [0, 3, 7])
def test_straight_code_from_an_empty_cache_takes_a_line_fill_for_each_line(wait_states):
    settings = {Setting.FLASH_WAIT_STATES: wait_states}
    few, many = (cold(straight(lines), settings).cycles for lines in (8, 24))
    assert (many - few) / 16 == AXI_WAY + 1 + wait_states + 4


def test_the_same_code_runs_without_waiting_once_it_is_cached():
    body = "adds r1, r2, r3\n" * 200
    turn = loop(["l:", *["adds r1, r2, r3"] * 200, "subs r0, #1", "bne l"], "cortex-m7",
                buses=BUSES, settings=CACHED)  # fmt: skip
    assert turn == 101
    assert cold(body).cycles > 12 * LINE


@pytest.mark.parametrize(("lines", "thrashes"), [(2, False), (3, True)])
def test_instructions_have_two_ways(lines, thrashes):
    """Jumps between lines 2 KiB apart, in one set of a two-way cache of 4 KiB."""
    jumps = [f"p{i}: b.w p{i + 1}\n.space {2048 - 4}" for i in range(lines - 1)]
    code = [*jumps, f"p{lines - 1}: subs r0, #1; bne.w p0"]
    rig = Rig("cortex-m7", CACHED, BUSES)
    rig.load("\n".join(code).replace(";", "\n"))
    rig.set({0: 1_000_000})
    rig.run(FLASH, instructions=500)
    before = rig.counters["fetch_flash"]
    rig.run(instructions=1000)
    assert (rig.counters["fetch_flash"] > before) == thrashes


@pytest.mark.parametrize(("lines", "thrashes"), [(4, False), (5, True)])
def test_data_have_four_ways(lines, thrashes):
    """Loads 1 KiB apart, in one set of a four-way cache of 4 KiB."""
    loads = [f"ldr.w r1, [r3, #{1024 * i}]" for i in range(min(lines, 4))]
    loads += ["ldr.w r1, [r6]"] * (lines - 4)
    rig = Rig("cortex-m7", CACHED, BUSES)
    rig.load("\n".join(["l:", *loads, "b l"]))
    rig.set({3: SRAM, 6: SRAM + 4096})
    rig.run(FLASH, instructions=200)
    before = rig.counters["data_bus"]
    rig.run(instructions=1000)
    assert (rig.counters["data_bus"] > before) == thrashes


def waits(code, registers, settings=None, counter="data_flash"):
    rig = Rig("cortex-m7", {**CACHED, **(settings or {})}, BUSES)
    rig.load(f"{code}\nwfi".replace(";", "\n"))
    rig.set(registers)
    assert rig.run(FLASH) is NativeStop.SLEEP
    return rig.counters[counter]


def test_a_load_waits_for_its_word_only():
    """Critical word first: 5.9 of the Cortex-M7 TRM (DDI 0489)."""
    turn = ["movs r0, #3", "l: ldr.w r1, [r5], #64", "nop.w", *["nop.w"] * 60, "subs r0, #1", "bne l"]
    once = waits("\n".join(turn), {5: FLASH + 0x8000})
    wait = waits("\n".join(["movs r0, #4", *turn[1:]]), {5: FLASH + 0x8000}) - once
    assert wait == MISS
    assert (
        waits("\n".join(["movs r0, #4", *turn[1:]]), {5: FLASH + 0x8018})
        - waits("\n".join(turn), {5: FLASH + 0x8018})
        == MISS
    )


def test_later_words_of_the_line_come_one_beat_after_the_other():
    near = "movs r0, #3; l: ldr.w r1, [r5], #64; nop.w; " + "nop.w; " * 60 + "subs r0, #1; bne l"
    far = near.replace("l: ldr.w r1, [r5], #64; nop.w", "l: ldr.w r1, [r5], #64; ldr.w r2, [r5, #-40]")
    assert waits(far, {5: FLASH + 0x8000}) > waits(near, {5: FLASH + 0x8000})


def test_uncached_loads_wait_every_time_and_tightly_coupled_ones_never():
    loads = "movs r0, #9; l: ldr.w r1, [r3]; subs r0, #1; bne l"
    off = {Setting.L1_DCACHE: 0}
    assert waits(loads, {3: SRAM}, off, "data_bus") >= 9 * AXI_WAY
    assert waits(loads, {3: SRAM}, None, "data_bus") < 3 * AXI_WAY
    assert waits(loads, {3: RAM}, off, "data_bus") == 0


def test_a_store_that_misses_brings_the_line():
    store_first = "str.w r1, [r3]; " + "nop.w; " * 60 + "ldr.w r1, [r3, #16]"
    assert waits(store_first, {3: SRAM}, None, "data_bus") == 0
    assert waits("ldr.w r1, [r3, #16]", {3: SRAM}, None, "data_bus") > 0


@pytest.mark.parametrize("what", [-1, FLASH])
def test_invalidating_makes_code_cold_again(what):
    rig = Rig("cortex-m7", CACHED, BUSES)
    rig.load("l: subs r0, #1\nbne l\nwfi")
    rig.set({0: 1_000_000})
    rig.run(FLASH, instructions=100)
    before = rig.counters["fetch_flash"]
    rig.run(instructions=200)
    assert rig.counters["fetch_flash"] == before
    rig.timing.set(Setting.L1_ICACHE_INVALIDATE, what)
    rig.run(instructions=300)
    assert rig.counters["fetch_flash"] > before


def test_caches_that_are_off_hold_nothing():
    off = {Setting.L1_ICACHE: 0}
    turn = ["l:", *["adds r1, r2, r3"] * 62, "subs r0, #1", "bne l"]
    assert loop(turn, "cortex-m7", buses=BUSES, settings={**CACHED, **off}) >= 4 * LINE
    assert loop(turn, "cortex-m7", buses=BUSES, settings=CACHED) == 32


@pytest.mark.parametrize("turns", [1, 4])
def test_a_register_answers_before_the_core_goes_on(turns):
    """The peripheral port's way: docs/timing/m7.md."""
    loads = "\n".join(["ldr.w r1, [r4]"] * turns)
    assert waits(loads, {4: GPIO_PORT}, None, "data_bus") == 3 * turns


def test_stores_to_registers_do_not_hold_the_core_until_the_buffer_is_full():
    """A port changes every two clock cycles at most: RM0385 6.2."""
    turn = loop(["l:", *["str.w r1, [r4]"] * 16, "subs r0, #1", "bne l"], "cortex-m7",
                buses=BUSES, settings=CACHED, registers={4: GPIO_PORT})  # fmt: skip
    assert turn == pytest.approx(32, abs=1)
