"""STM32 general-purpose and basic timers. ST RM0008 sections 15 and 17."""

from itertools import pairwise

import pytest

from support.bench import Bench, poke

CR1, DIER, SR, EGR, CCMR1, CNT, PSC, ARR, CCR1 = 0x00, 0x0C, 0x10, 0x14, 0x18, 0x24, 0x28, 0x2C, 0x34
CEN, UDIS, URS, OPM, DOWN, ARPE = 1, 2, 4, 8, 16, 128
TIM2_IRQ = 28


@pytest.fixture
def bench() -> Bench:
    return Bench("stm32f103", core=72_000_000, timclk1=72_000_000)


@pytest.fixture
def tim2(bench):
    return bench["tim2"]


def test_a_period_is_arr_plus_1_times_psc_plus_1_timer_clocks(bench, tim2):
    poke(tim2, (PSC, 71), (ARR, 999), (EGR, 1), (SR, 0), (DIER, 1), (CR1, CEN))
    bench.run(20)
    for _ in range(100):
        bench.run(72_000)
        poke(tim2, (SR, 0))  # as a handler does, a while after the update
    rises = bench.rise_cycles(TIM2_IRQ)
    assert len(rises) == 100
    assert rises[0] == 72_000 + 1  # the counter starts one clock after CEN
    assert {b - a for a, b in pairwise(rises)} == {72_000}


def test_the_timer_clock_is_twice_that_of_a_divided_bus():
    bench = Bench("stm32f103")
    rcc, tim2 = bench["rcc"], bench["tim2"]
    poke(rcc, (0x04, 4 << 8))  # APB1 divided by 2
    hz = bench.system.clocks.hz
    assert (hz["core"], hz["pclk1"], hz["timclk1"], hz["timclk2"]) == (
        8_000_000,
        4_000_000,
        8_000_000,
        8_000_000,
    )
    poke(rcc, (0x04, 5 << 8))  # by 4
    assert (hz["pclk1"], hz["timclk1"]) == (2_000_000, 4_000_000)
    poke(tim2, (ARR, 99), (CR1, CEN))
    bench.run(2 + 2 * 40)
    assert tim2.read(CNT, 4) == 40


def test_timpre_of_the_f7_makes_it_up_to_four_times(bench):
    bench = Bench("stm32f746")
    rcc, hz = bench["rcc"], bench.system.clocks.hz
    poke(rcc, (0x08, 6 << 10 | 4 << 13))  # APB1 / 8, APB2 / 2
    assert (hz["timclk1"], hz["timclk2"]) == (4_000_000, 16_000_000)
    poke(rcc, (0x8C, 1 << 24))
    assert (hz["timclk1"], hz["timclk2"]) == (8_000_000, 16_000_000)


def test_the_prescaler_is_taken_over_at_the_update_event(bench, tim2):
    poke(tim2, (ARR, 9), (CR1, CEN), (PSC, 1))
    bench.run(1 + 10)
    assert tim2.read(CNT, 4) == 0  # the first period still at one clock a tick
    bench.run(10)
    assert tim2.read(CNT, 4) == 5


def test_ug_starts_over_and_sets_uif_unless_urs(bench, tim2):
    poke(tim2, (ARR, 99), (CR1, CEN))
    bench.run(51)
    assert tim2.read(CNT, 4) == 50
    poke(tim2, (PSC, 4), (EGR, 1))
    assert (tim2.read(CNT, 4), tim2.read(SR, 4)) == (0, 1)
    bench.run(10)
    assert tim2.read(CNT, 4) == 2
    poke(tim2, (SR, 0), (CR1, CEN | URS), (EGR, 1))
    assert tim2.read(SR, 4) == 0


def test_arr_is_buffered_only_with_arpe(bench, tim2):
    poke(tim2, (ARR, 99), (CR1, CEN))
    bench.run(11)
    poke(tim2, (ARR, 19))
    bench.run(10)
    assert tim2.read(CNT, 4) == 0
    poke(tim2, (CR1, CEN | ARPE), (ARR, 9))
    bench.run(15)
    assert tim2.read(CNT, 4) == 15
    bench.run(5 + 10)
    assert tim2.read(CNT, 4) == 0


def test_one_pulse_mode_stops_at_the_update(bench, tim2):
    poke(tim2, (ARR, 9), (SR, 0), (CR1, CEN | OPM))
    bench.run(500)
    assert (tim2.read(CR1, 4), tim2.read(CNT, 4), tim2.read(SR, 4) & 1) == (OPM, 0, 1)


def test_udis_keeps_the_flag_and_the_preloads(bench, tim2):
    poke(tim2, (ARR, 9), (DIER, 1), (CR1, CEN | UDIS), (PSC, 7))
    bench.run(1 + 25)
    assert (tim2.read(SR, 4) & 1, tim2.read(CNT, 4), bench.rises) == (0, 5, [])


def test_it_counts_down(bench, tim2):
    poke(tim2, (ARR, 9), (CR1, DOWN), (EGR, 1), (SR, 0), (CR1, DOWN | CEN))
    assert tim2.read(CNT, 4) == 9
    bench.run(1 + 9)
    assert (tim2.read(CNT, 4), tim2.read(SR, 4) & 1) == (0, 0)
    bench.run(1)
    assert (tim2.read(CNT, 4), tim2.read(SR, 4) & 1) == (9, 1)


def test_compare_channels_flag_their_match(bench, tim2):
    poke(tim2, (ARR, 99), (CCR1, 30), (CCR1 + 4, 70), (CCR1 + 8, 200), (SR, 0), (DIER, 2), (CR1, CEN))
    bench.run(1 + 30)
    assert bench.rise_cycles(TIM2_IRQ) == [31]
    assert tim2.read(SR, 4) == 0b00010
    bench.run(69)
    assert tim2.read(SR, 4) == 0b00110
    bench.run(1)  # the overflow, with CCR3 beyond the period and CCR4 at 0
    assert tim2.read(SR, 4) == 0b11111


def test_a_preloaded_compare_value_waits_for_the_update(bench, tim2):
    poke(tim2, (ARR, 99), (CCMR1, 1 << 3), (EGR, 1), (CCR1, 10), (SR, 0), (CR1, CEN))
    bench.run(51)
    assert not tim2.read(SR, 4) & 2
    bench.run(50 + 10)
    assert tim2.read(SR, 4) & 2


def test_writing_zeros_clears_flags_and_drops_the_line(bench, tim2):
    poke(tim2, (ARR, 9), (DIER, 1), (CR1, CEN))
    bench.run(15)
    assert bench.lines[TIM2_IRQ]
    poke(tim2, (SR, 0xFFFF))
    assert bench.lines[TIM2_IRQ]
    poke(tim2, (SR, 0xFFFE))
    assert not bench.lines[TIM2_IRQ]


def test_without_an_interrupt_a_timer_makes_no_events(bench, tim2):
    poke(tim2, (ARR, 1), (CR1, CEN))
    assert bench.events.next_cycle() == 1 << 63
    bench.run(1_000_001)
    assert (tim2.read(CNT, 4), tim2.read(SR, 4) & 1) == (0, 1)


def test_the_clock_may_change_in_the_middle(bench, tim2):
    poke(tim2, (ARR, 999), (DIER, 1), (CR1, CEN))
    bench.run(1 + 500)
    bench.system.clocks.set(core=8_000_000, timclk1=2_000_000)
    assert tim2.read(CNT, 4) == 500
    bench.run(4 * 500)
    assert bench.rise_cycles(TIM2_IRQ) == [501 + 2000]


def test_a_32_bit_timer_counts_beyond_16_bits_and_a_basic_one_has_no_channels():
    bench = Bench("stm32l476", core=80_000_000, timclk1=80_000_000)
    tim5, tim6 = bench["tim5"], bench["tim6"]
    assert (tim5.read(ARR, 4), tim6.read(ARR, 4)) == (0xFFFF_FFFF, 0xFFFF)
    poke(tim5, (CR1, CEN))
    poke(tim6, (DIER, 0x1F), (EGR, 0x1E), (CR1, CEN))
    bench.run(80_000_001)
    assert tim5.read(CNT, 4) == 80_000_000
    assert tim6.read(SR, 4) == 1


def test_uifremap_shows_the_flag_with_the_count():
    bench = Bench("stm32l476", core=80_000_000, timclk1=80_000_000)
    tim7 = bench["tim7"]
    poke(tim7, (ARR, 9), (CR1, CEN | 1 << 11))
    bench.run(1 + 13)
    assert tim7.read(CNT, 4) == 1 << 31 | 3


def test_what_is_not_modelled_is_said(bench, tim2):
    poke(tim2, (0x08, 7), (0x20, 1), (CR1, 1 << 5))
    assert len(bench.system.notes.all()) == 3
