"""Flash controllers and peripheral buses of the boards' chips, by micro-benchmarks.

Each expected count is a measured one with its source, or derived beside it from the documented access time
(docs/timing/memory.md): W wait states make a read W + 1 cycles long, and a stall that nothing hides is W
cycles on top of what the core needs with zero-wait memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path

import pytest
from tests.support.micro import AHB, APB1, APB2, CODE_RAM, FLASH, RAM, SIZE, Rig, gap, loop

from scopeless.native import Bus, FlashModel, Setting

S = Setting
Settings = dict[Setting, int]
KINETIS: Settings = {
    S.FLASH_PREFETCH: 1, S.FLASH_DATA_PREFETCH: 1, S.FLASH_LINE_BUFFER: 1, S.FLASH_ICACHE: 1,
    S.FLASH_DCACHE: 1, S.APB1_DIVIDER: 2,
}  # fmt: skip
# As the boards' firmware sets them up at full clock.
STM32F1: Settings = {S.FLASH_MODEL: FlashModel.STM32F1, S.FLASH_WAIT_STATES: 2, S.FLASH_PREFETCH: 1}
STM32L4: Settings = {
    S.FLASH_MODEL: FlashModel.STM32L4,
    S.FLASH_WAIT_STATES: 4,
    S.FLASH_ICACHE: 1,
    S.FLASH_DCACHE: 1,
}
SAM3X: Settings = {S.FLASH_MODEL: FlashModel.SAM3X, S.FLASH_WAIT_STATES: 4, S.FLASH_PREFETCH: 1}
K20: Settings = KINETIS | {S.FLASH_MODEL: FlashModel.K20, S.FLASH_RATIO: 5}  # 120 MHz core, 24 MHz flash
K64: Settings = KINETIS | {S.FLASH_MODEL: FlashModel.K64, S.FLASH_RATIO: 6}  # 168 MHz core, 28 MHz flash
NRF52: Settings = {S.FLASH_MODEL: FlashModel.NRF52, S.FLASH_ICACHE: 1}
APOLLO3: Settings = {
    S.FLASH_MODEL: FlashModel.APOLLO3,
    S.FLASH_WAIT_STATES: 1,
    S.FLASH_ICACHE: 1,
    S.FLASH_DCACHE: 1,
}
IDEAL: Settings = {S.FLASH_MODEL: FlashModel.IDEAL}

NARROW, WIDE = "nop", "add.w r1, r1, r1"


def core(settings: Mapping[Setting, int]) -> str:
    m3 = (FlashModel.STM32F1, FlashModel.SAM3X)
    return "cortex-m3" if settings[S.FLASH_MODEL] in m3 else "cortex-m4"


def case(settings: Mapping[Setting, int], *values: object, **changed: int) -> tuple[object, ...]:
    """One row of a table: a chip's settings, some of them changed, and what the test makes of them."""
    return ({**settings, **{Setting[name.upper()]: value for name, value in changed.items()}}, *values)


# Tight loops, delay loops foremost: they are what cores' authors have measured.


@pytest.mark.parametrize(
    ("settings", "offset", "cycles"),
    [
        # Maple and STM32duino count F_CPU / 6e6 turns of their aligned loop to a microsecond.
        case(STM32F1, 0, 6),
        case(STM32F1, 8, 6),
        # Half a line later the fetches ahead of the branch take one more line, three cycles.
        case(STM32F1, 4, 9),
        # Without prefetch, one line holds the loop and what is fetched ahead but its last word: that one read
        # and the way back cost 2 each.
        case(STM32F1, 0, 7, flash_prefetch=0),
        case(STM32F1, 0, 3, flash_wait_states=0),
        # Cached: as with zero-wait memory, wherever the loop lies.
        *(case(STM32L4, offset, 3) for offset in (0, 4, 6, 14)),
        # Arduino's delayMicroseconds(): MCK / 3e6 turns (ArduinoCore-sam, wiring.h), inlined anywhere.
        *(case(SAM3X, offset, 3) for offset in (0, 4, 8, 12, 14)),
        # Teensyduino's delayMicroseconds(): 40 turns a microsecond at 120 MHz, 56 at 168 MHz (core_pins.h).
        *(case(K20, offset, 3) for offset in (0, 4, 6)),
        *(case(K64, offset, 3) for offset in (0, 4, 14)),
        # nrfx_coredep_delay_us(): 3 where the code is cached, 7 on the nRF52810 and nRF52811 without cache.
        case(NRF52, 0, 3),
        case(NRF52, 0, 7, flash_icache=0),
        # AmbiqSuite, am_hal_flash_delay(): 3 cycles a turn, at 48 MHz and in burst mode.
        case(APOLLO3, 0, 3),
        case(APOLLO3, 0, 3, flash_ratio=2),
    ],
)
def test_delay_loop(settings: Settings, offset: int, cycles: int) -> None:
    assert loop("again: subs r0, #1\nbhi again", core(settings), settings=settings, offset=offset) == cycles


# Straight code that no cache holds: cycles per line. Wide instructions need a word each, a cycle each at
# best; the 16 KiB passed through in each turn are more than any cache but the Apollo3's keeps.


@pytest.mark.parametrize(
    ("settings", "instruction", "line_bytes", "cycles"),
    [
        # A line ahead in time: 8 bytes in 3 cycles hide behind four narrow instructions, not behind two wide.
        case(STM32F1, NARROW, 8, 4),
        case(STM32F1, WIDE, 8, 3),
        case(STM32F1, WIDE, 8, 2, flash_wait_states=1),
        case(STM32F1, WIDE, 8, 2, flash_wait_states=0),
        # Each line waits for its read, then gives its second word at once.
        case(STM32F1, WIDE, 8, 4, flash_prefetch=0),
        # LATENCY 4, no prefetch: 5 + 1; with it, the array's own rate.
        case(STM32L4, WIDE, 8, 6),
        case(STM32L4, NARROW, 8, 6),
        case(STM32L4, WIDE, 8, 5, flash_prefetch=1),
        case(STM32L4, NARROW, 8, 5, flash_prefetch=1),
        case(STM32L4, WIDE, 8, 3, flash_wait_states=1),
        case(STM32L4, WIDE, 8, 2, flash_wait_states=0),
        # Caches do not help with what they cannot keep, nor cost anything.
        case(STM32L4, WIDE, 8, 6, flash_icache=0),
        # Datasheet: FWS - 2 cycles for the first word of a line, 1 for the others; with FWS 1 to 3 no wait.
        case(SAM3X, WIDE, 16, 5),
        case(SAM3X, WIDE, 16, 7, flash_wait_states=6),
        case(SAM3X, WIDE, 16, 4, flash_wait_states=3),
        case(SAM3X, WIDE, 16, 4, flash_wait_states=1),
        case(SAM3X, NARROW, 16, 8),
        # SCOD: FWS + 1 for the first word, 1 for each other.
        case(SAM3X, WIDE, 16, 8, flash_prefetch=0),
        # FAM: 8 bytes in FWS + 1.
        case(SAM3X, WIDE, 8, 5, flash_width=8),
        # FMC: a line per flash clock period N with speculation; without, the second word pushes the next read
        # past an edge: two periods.
        case(K20, WIDE, 8, 5),
        case(K20, NARROW, 8, 5),
        case(K20, WIDE, 8, 3, flash_ratio=3),
        case(K20, WIDE, 8, 2, flash_ratio=2),
        case(K20, WIDE, 8, 10, flash_prefetch=0),
        case(K64, WIDE, 16, 6),
        case(K64, WIDE, 16, 5, flash_ratio=5),
        case(K64, WIDE, 16, 12, flash_prefetch=0),
        # 64 bits in 3 cycles without the cache, in 4 with it, and a second word.
        case(NRF52, WIDE, 8, 4, flash_icache=0),
        case(NRF52, WIDE, 8, 5),
        # RD_WAIT + 1 cycles for the first word, three more words; in burst mode the flash keeps its 48 MHz.
        case(APOLLO3, WIDE, 16, 5, flash_icache=0),
        case(APOLLO3, WIDE, 16, 7, flash_icache=0, flash_wait_states=3),
        case(APOLLO3, WIDE, 16, 7, flash_icache=0, flash_ratio=2),
    ],
)
def test_straight_line(settings: Settings, instruction: str, line_bytes: int, cycles: int) -> None:
    size = 2 if instruction == NARROW else 4

    def turn(lines: int) -> float:
        body = f"{instruction}\n" * (lines * line_bytes // size)
        return loop(f"again:\n{body}b.w again", core(settings), settings=settings, turns=4)

    short, long = 8192 // line_bytes, 16384 // line_bytes
    assert (turn(long) - turn(short)) / (long - short) == pytest.approx(cycles, abs=0.02)


@pytest.mark.parametrize("settings", [STM32L4, K20, K64, NRF52, APOLLO3])
def test_cached_code_has_no_wait_states(settings: Settings) -> None:
    body = f"again:\n{WIDE}\n" + f"{WIDE}\n" * 39 + "b again"
    assert loop(body, core(settings), settings=settings) == loop(body, core(settings), settings=IDEAL)


def test_stm32l4_prefetched_lines_are_not_cached() -> None:
    """RM0351 3.3.5: what misses is cached. A hot loop with prefetch runs at the array's rate: ST measures its
    own CoreMark with "cache on, prefetch off"."""

    def turn(count: int, prefetch: int) -> float:
        settings = STM32L4 | {S.FLASH_PREFETCH: prefetch}
        return loop("again:\n" + f"{NARROW}\n" * count + "b again", "cortex-m4", settings=settings)

    assert turn(64, 0) - turn(32, 0) == 32
    assert turn(64, 1) - turn(32, 1) == 40


# Branches: a ring of them, each at the start of a line. Taken from zero-wait memory, B.W costs 2.


@pytest.mark.parametrize(
    ("settings", "count", "apart", "cycles"),
    [
        # Into the line it stands in.
        *(case(chip, 1, 64, 2) for chip in (STM32F1, STM32L4, SAM3X, K20, K64, NRF52, APOLLO3)),
        # A line that is not buffered: + W.
        case(STM32F1, 2, 64, 4, flash_prefetch=0),
        # With prefetch, the read of the line behind the branch has started and is finished first.
        case(STM32F1, 2, 64, 6),
        case(STM32F1, 2, 64, 2, flash_wait_states=0),
        # 32 lines of 32 bytes, fully associative: all in, or with one more none.
        case(STM32L4, 32, 32, 2),
        case(STM32L4, 33, 32, 6),
        case(STM32L4, 2, 64, 6, flash_icache=0),
        # A line holds four reads of 64 bits: touched in one of them, it is taken as a whole.
        case(STM32L4, 33, 256, 6),
        # Both buffers hold a target, whatever is read ahead.
        case(SAM3X, 2, 64, 2, flash_prefetch=0),
        case(SAM3X, 2, 64, 2),
        # + FWS; and with prefetch the line behind, begun with the second word a cycle before, is read first.
        case(SAM3X, 3, 64, 6, flash_prefetch=0),
        case(SAM3X, 3, 64, 10),
        # Four ways: 64 bytes apart is the same set.
        case(K20, 4, 64, 2),
        case(K64, 4, 64, 2),
        # N to 2N - 1 for a read: 2N, since the ring comes round to the edge it started from.
        case(K20, 5, 64, 10),
        case(K64, 5, 64, 12),
        case(K20, 5, 64, 6, flash_ratio=3),
        # Without the cache, the single-entry buffer holds one line.
        case(K20, 2, 64, 10, flash_icache=0),
        # Two ways of 64 sets.
        case(NRF52, 2, 1024, 2),
        case(NRF52, 3, 1024, 5),
        case(NRF52, 3, 1024, 4, flash_icache=0),
        # Two ways of 512 sets; RD_WAIT 1 and the look-up that misses.
        case(APOLLO3, 2, 8192, 2),
        case(APOLLO3, 3, 8192, 4),
        case(APOLLO3, 3, 8192, 6, flash_wait_states=3),
        case(APOLLO3, 3, 8192, 3, flash_icache=0),
        # Direct mapped.
        case(APOLLO3, 2, 8192, 4, flash_cache_ways=1),
        case(APOLLO3, 2, 8192, 2, flash_cache_ways=1, flash_cache_sets=1024),
    ],
)
def test_taken_branches(settings: Settings, count: int, apart: int, cycles: int) -> None:
    ring = "".join(f".balign {apart}\nx{i}: b.w x{(i + 1) % count}\n" for i in range(count))
    assert loop(ring, core(settings), settings=settings, instructions=count) / count == cycles


@pytest.mark.parametrize("settings", [SAM3X, K20, K64])
def test_a_branch_not_taken_costs_no_read(settings: Settings) -> None:
    """A turn in one buffered line, with a branch to a far line that is never taken: chips that lead I-Code
    and D-Code to one bus drop its fetch (measured code and a row decide, docs/timing/memory.md)."""
    text = "again: cmp r0, #0\nbeq.w far\nsubs r0, #1\nb again\n.balign 1024\nfar: nop"

    def turn(used: Settings) -> float:
        return loop(text, core(settings), settings=used, instructions=4)

    assert turn(settings) == turn(IDEAL)


def test_kinetis_miss_depends_on_the_flash_clock_phase() -> None:
    """Reference manual, wait states: a read that misses takes N to 2N - 1 cycles, by the core clock edge on
    which it is requested."""

    def cold(settings: Settings, delay: int) -> int:
        lines = "movs r1, #1\n" * (12 + delay) + "ldr r1, [r5]\n" + "movs r2, #1\n" * 6
        return gap(lines, "cortex-m4", code=RAM, settings=settings)

    waits = [cold(K20, delay) - cold(IDEAL, delay) for delay in range(5)]
    assert sorted(waits) == [4, 5, 6, 7, 8]  # five successive requests: N - 1 to 2N - 2 wait cycles


# Constants and literals: loads from flash by code in SRAM, so that nothing else uses the flash. Narrow code
# behind a load keeps the fetch queue full: nothing hides a stall.

LOAD = "ldr r1, [r2]\nadds r2, r6\n" + 6 * "movs r3, #1\n"


@pytest.mark.parametrize(
    ("settings", "count", "apart", "waits"),
    [
        # D-Code reads are not buffered: W each, even from one line.
        case(STM32F1, 2, 4, 2),
        case(STM32F1, 4, 64, 2),
        case(STM32F1, 4, 64, 0, flash_wait_states=0),
        # Eight lines, all in or none.
        case(STM32L4, 8, 32, 0),
        case(STM32L4, 9, 32, 4),
        case(STM32L4, 2, 4, 4, flash_dcache=0),
        case(STM32L4, 9, 32, 3, flash_wait_states=3),
        # One buffer of 128 bits.
        case(SAM3X, 2, 8, 0),
        case(SAM3X, 3, 64, 4),
        # The cache and the single-entry buffer.
        case(K20, 4, 64, 0),
        case(K64, 4, 64, 0),
        # I-Code only: each D-Code read waits for the flash.
        case(NRF52, 1, 4, 2),
        case(NRF52, 4, 64, 2),
        # Lines in the data line buffer, in the cache, in neither.
        case(APOLLO3, 2, 8, 0),
        case(APOLLO3, 2, 8192, 0),
        case(APOLLO3, 3, 8192, 2),
        case(APOLLO3, 2, 64, 1, flash_dcache=0),
        case(APOLLO3, 2, 8, 0, flash_dcache=0),
    ],
)
def test_loads_from_flash(settings: Settings, count: int, apart: int, waits: int) -> None:
    text = f"again: mov r2, r5\n{LOAD * count}b again"

    def turn(used: Settings) -> float:
        registers = {5: FLASH + 0x1000, 6: apart}
        return loop(text, core(settings), settings=used, code=RAM, registers=registers)

    assert turn(settings) - turn(IDEAL) == count * waits


@pytest.mark.parametrize("settings", [K20, K64])
def test_kinetis_loads_that_miss(settings: Settings) -> None:
    """Five lines of one set in four ways: every load waits for a read, N cycles from an edge, and for the
    speculative read before it."""
    text = f"again: mov r2, r5\n{LOAD * 5}b again"

    def turn(used: Settings) -> float:
        return loop(text, "cortex-m4", settings=used, code=RAM, registers={5: FLASH + 0x1000, 6: 64})

    n = settings[S.FLASH_RATIO]
    assert turn(settings) % n == 0
    assert n - 1 <= (turn(settings) - turn(IDEAL)) / 5 <= 2 * n - 2


@pytest.mark.parametrize("settings", [STM32F1, STM32L4 | {S.FLASH_DCACHE: 0}, NRF52])
def test_a_load_keeps_the_array_from_the_fetch(settings: Settings) -> None:
    """One array: what loads take is missing to straight code that runs at the array's rate."""
    straight = f"again:\n{WIDE}\n" + f"{WIDE}\n" * 400 + "b.w again"
    load = f"again:\n{WIDE}\n" + f"{WIDE}\n{WIDE}\n{WIDE}\nldr.w r1, [r5]\n" * 100 + "b.w again"
    slower = loop(load, core(settings), settings=settings) - loop(straight, core(settings), settings=settings)
    assert slower >= 100 * (settings.get(S.FLASH_WAIT_STATES, 2) + 1)


# Code buses that carry instructions and data.


@pytest.mark.parametrize(("settings", "shared"), [(K20, True), (K64, True), (NRF52, False), (STM32L4, False)])
def test_shared_code_bus(settings: Settings, shared: bool) -> None:
    """K20 and K64 lead I-Code and D-Code to one port of the crossbar: a load from SRAM_L takes a fetch's
    place. Wide loads in a row, a cycle each at best, need a fetch each: 2 cycles each, as measured for
    loads and fetches that share a flash (cmemu's recorded results, STM32F100: literal loads)."""

    def turn(address: int, count: int) -> float:
        text = "again:\n" + "ldr.w r1, [r2]\n" * count + "b again"
        return loop(text, "cortex-m4", settings=settings, registers={2: address})

    assert turn(CODE_RAM, 40) - turn(CODE_RAM, 20) == (40 if shared else 20)
    assert turn(RAM, 40) - turn(RAM, 20) == 20


# Peripheral buses: cycles of a store or a load among many in a row.


@pytest.mark.parametrize(
    ("settings", "register", "instruction", "cycles"),
    [
        # 18 MHz toggling at 72 MHz (ST): 4 cycles a period, 2 a store; loads 3 from the 12.03 cycles of
        # blog.soch.cc's loop.
        case(STM32F1, APB2, "str", 2),
        case(STM32F1, APB2, "ldr", 3),
        # APB1 at half the clock: set-up and access take four core cycles.
        case(STM32F1, APB1, "str", 4, apb1_divider=2),
        # RM0351: "every two clock cycles"; 2.00 measured on an STM32F411 (os.mbed.com question 5721).
        case(STM32L4, AHB, "str", 2),
        case(STM32L4, AHB, "ldr", 2),
        case(STM32L4, APB1, "str", 2),
        # 23 ns for a write at 84 MHz, measured (forum.arduino.cc/t/666404).
        case(SAM3X, APB1, "str", 2),
        case(SAM3X, APB1, "ldr", 3),
        # Reference manuals, GPIO introduction: zero wait states.
        case(K20, AHB, "str", 1),
        case(K64, AHB, "str", 1),
        case(K64, AHB, "ldr", 1),
        # Peripheral bridge at half the core clock.
        case(K20, APB1, "str", 4),
        case(NRF52, AHB, "str", 1),
        # 16 MHz peripheral clock, 64 MHz core.
        case(NRF52, APB1, "str", 8, apb1_divider=4),
        case(APOLLO3, APB1, "str", 2),
        # Burst mode leaves the bus at 48 MHz.
        case(APOLLO3, APB1, "str", 4, apb1_divider=2),
    ],
)
def test_peripheral_accesses(settings: Settings, register: int, instruction: str, cycles: int) -> None:
    def turn(count: int) -> float:
        body = f"{instruction} r1, [r4]\n" * count
        return loop(f"again:\n{body}b again", core(settings), settings=settings, registers={4: register})

    assert (turn(88) - turn(24)) / 64 == cycles


@pytest.mark.parametrize(
    ("lines", "offset", "cycles"),
    [
        # 12.05 MHz at 72 MHz, 21 MHz at 128 MHz: blog.csdn.net 42109643, steward-fu.github.io asm_toggle.
        ("again: str r0, [r4]\nstr r1, [r4]\nb again", 0, 6),
        # 12.03 measured: blog.soch.cc, "Fastest GPIO read speed on STM32F103".
        *(
            (
                "again: ldr r2, [r4]\nstr.w r2, [r3, r1, lsl #2]\nadds r5, #1\ncmp r0, #128\nbne again",
                offset,
                12,
            )
            for offset in (0, 4)
        ),
    ],
)
def test_stm32f1_gpio_loops(lines: str, offset: int, cycles: int) -> None:
    assert loop(lines, settings=STM32F1, offset=offset) == cycles


# Settings


@pytest.mark.parametrize("settings", [STM32L4, K20, K64, NRF52, APOLLO3, SAM3X, STM32F1])
def test_invalidated_caches_start_cold(settings: Settings) -> None:
    rig = Rig(core(settings), settings)
    rig.load("again: b again\n")

    def turn() -> int:
        before, counted = rig.cycles, rig.counters["instructions"]
        rig.run(FLASH, instructions=counted + 2)
        return rig.cycles - before

    cold, warm = turn(), turn()
    rig.timing.set(S.FLASH_INVALIDATE, 3)
    assert warm < turn() <= cold + 12
    assert turn() == warm


def test_settings_take_effect_at_once() -> None:
    rig = Rig("cortex-m4", STM32L4)
    rig.load("again:\n" + f"{WIDE}\n" * 1000 + "b.w again")
    rig.run(FLASH, instructions=1001)
    first = rig.cycles
    rig.timing.set(S.FLASH_WAIT_STATES, 0)
    rig.run(instructions=2002)
    assert first > 2.9 * 1000
    assert rig.cycles - first < 1010


def test_least_recently_replaced() -> None:
    """Apollo3 CACHECFG.LRU = 0: a hit does not refresh a line. Three lines of a set, one used in between the
    others all the time: it stays only where use counts."""

    def turn(oldest: int) -> float:
        calls = "".join(f"bl y{which}\n" for which in (0, 1, 0, 2))
        bodies = "".join(f".balign 8192\n.space 64\ny{i}: bx lr\n" for i in range(3))
        settings = APOLLO3 | {S.FLASH_REPLACE_OLDEST: oldest}
        return loop(f"again:\n{calls}b.w again\n{bodies}", "cortex-m4", settings=settings, instructions=9)

    assert turn(0) < turn(1)


@pytest.mark.parametrize(
    ("name", "kind"), [("sl_setting", S), ("sl_flash_model", FlashModel), ("sl_bus", Bus)]
)
def test_numbers_match_the_header(name: str, kind: type[IntEnum]) -> None:
    header = Path(__file__).parents[2] / "sim/native/timing/scopeless.h"
    found = re.search(rf"enum {name} {{(.*?)}};", header.read_text(), re.DOTALL)
    assert found
    names = re.findall(r"SL_\w+", re.sub(r"/\*.*?\*/", "", found[1], flags=re.DOTALL))
    prefix = {"sl_setting": "SL_", "sl_flash_model": "SL_FLASH_", "sl_bus": "SL_BUS_"}[name]
    assert [n.removeprefix(prefix) for n in names[:-1]] == [member.name for member in kind]


def test_the_rig_is_large_enough() -> None:
    """The tables' lines stay inside the memory they are about."""
    assert 3 * 8192 < SIZE and 33 * 256 < SIZE
