"""Timers of the families other than STM32, on the bench; test_stm32_timer.py has those."""

from itertools import pairwise

import pytest

from support.bench import Bench, poke


def periods(bench: Bench, irq: int, acknowledge, cycles: int, count: int = 50) -> set[int]:
    """Distances of an interrupt's rises; ``acknowledge`` is what the handler does, ``cycles`` a period."""
    bench.run(cycles // 2)
    for _ in range(count):
        bench.run(cycles)
        acknowledge()
    rises = bench.rise_cycles(irq)
    assert len(rises) >= count - 1
    return {b - a for a, b in pairwise(rises)}


# SAM3X TC: Atmel 11057, chapter TC

CCR, CMR, CV, RA, RC, SR, IER, IDR, IMR = 0x00, 0x04, 0x10, 0x14, 0x1C, 0x20, 0x24, 0x28, 0x2C
UP_RC_CLOCK_1 = 1 << 15 | 2 << 13  # WAVE, UP_RC, MCK / 2
CPAS, CPCS = 1 << 2, 1 << 4


@pytest.fixture
def due() -> Bench:
    return Bench("arduino_due", core=84_000_000, mck=84_000_000)


def test_a_tc_channel_in_up_rc_repeats_every_rc_clocks(due):
    tc = due["tc0"]
    poke(tc, (CMR, UP_RC_CLOCK_1), (RC, 42_000), (IER, CPCS), (CCR, 5))
    assert periods(due, 27, lambda: tc.read(SR, 4), 84_000) == {84_000}


def test_reading_the_status_clears_its_flags_but_not_the_clock_s(due):
    tc = due["tc1"]
    poke(tc, (CMR, UP_RC_CLOCK_1), (RA, 10), (RC, 100), (CCR, 5))
    due.run(2 * 50)
    assert tc.read(SR, 4) == 1 << 16 | CPAS
    assert tc.read(SR, 4) == 1 << 16
    assert tc.read(CV, 4) == 50


@pytest.mark.parametrize(("source", "cycles"), [(0, 2), (1, 8), (2, 32), (3, 128), (4, 2625)])
def test_a_tc_channel_counts_a_divided_master_clock_or_the_slow_one(due, source, cycles):
    tc = due["tc4"]
    poke(tc, (CMR, 1 << 15 | source), (CCR, 5))
    due.run(1000 * cycles)
    assert tc.read(CV, 4) == 1000


def test_a_tc_channel_stops_where_told_and_rc_resets_in_capture_mode_too(due):
    tc = due["tc2"]
    poke(tc, (CMR, UP_RC_CLOCK_1 | 1 << 6), (RC, 10), (CCR, 5))  # CPCSTOP
    due.run(1000)
    assert tc.read(CV, 4) == 0
    poke(tc, (CMR, 1 << 14), (CCR, 5))  # CPCTRG
    due.run(2 * 25)
    assert tc.read(CV, 4) == 5
    poke(tc, (CCR, 2))  # CLKDIS
    due.run(10)
    assert (tc.read(CV, 4), tc.read(SR, 4) >> 16) == (5, 0)


def test_what_a_tc_channel_lacks_is_said(due):
    poke(due["tc3"], (CMR, 5), (CMR, 1 << 15 | 1 << 13))
    assert len(due.system.notes.all()) == 2


# Kinetis PIT

LDVAL, CVAL, TCTRL, TFLG = 0x100, 0x104, 0x108, 0x10C


@pytest.fixture
def teensy() -> Bench:
    bench = Bench("teensy32", core=96_000_000, bus=48_000_000)
    bench.system.clocks.enabled["scgc6"] = 1 << 23
    return bench


def test_a_pit_channel_repeats_every_ldval_plus_1_bus_clocks(teensy):
    pit = teensy["pit"]
    poke(pit, (0, 0), (LDVAL + 0x20, 47_999), (TCTRL + 0x20, 3))
    assert periods(teensy, 70, lambda: poke(pit, (TFLG + 0x20, 1)), 96_000) == {96_000}


def test_a_pit_channel_counts_down_and_takes_a_new_value_at_the_next_period(teensy):
    pit = teensy["pit"]
    poke(pit, (0, 0), (LDVAL, 99), (TCTRL, 1))
    teensy.run(2 * 30)
    poke(pit, (LDVAL, 9))
    assert (pit.read(CVAL, 4), pit.read(TFLG, 4)) == (69, 0)
    teensy.run(2 * (70 + 3))
    assert (pit.read(CVAL, 4), pit.read(TFLG, 4)) == (6, 1)


def test_the_pit_stands_while_the_module_or_the_channel_is_off(teensy):
    pit = teensy["pit"]
    poke(pit, (LDVAL, 99), (TCTRL, 3))
    teensy.run(1000)
    assert teensy.rises == []
    poke(pit, (0, 0))
    teensy.run(200)
    assert teensy.rise_cycles(68) == [1200]
    poke(pit, (TCTRL, 0), (TFLG, 1))
    teensy.run(1000)
    assert not teensy.lines[68]


# nRF52 TIMER

START, STOP, COUNT, CLEAR, CAPTURE, COMPARE = 0x000, 0x004, 0x008, 0x00C, 0x040, 0x140
SHORTS, INTENSET, MODE, BITMODE, PRESCALER, CC = 0x200, 0x304, 0x504, 0x508, 0x510, 0x540


@pytest.fixture
def nano() -> Bench:
    return Bench("nano33ble", core=64_000_000, hfclk16m=16_000_000)


def test_a_timer_that_its_compare_event_clears_repeats_every_cc_ticks(nano):
    timer = nano["timer1"]
    poke(timer, (BITMODE, 3), (PRESCALER, 4), (CC, 1000), (SHORTS, 1), (INTENSET, 1 << 16), (START, 1))
    assert periods(nano, 9, lambda: poke(timer, (COMPARE, 0)), 64_000) == {64_000}


def test_capture_reads_the_count_and_clear_starts_over(nano):
    timer = nano["timer0"]
    poke(timer, (BITMODE, 3), (PRESCALER, 0), (START, 1))
    nano.run(4 * 123)
    poke(timer, (CAPTURE + 8, 1))
    assert timer.read(CC + 8, 4) == 123
    poke(timer, (CLEAR, 1))
    nano.run(40)
    poke(timer, (CAPTURE, 1), (STOP, 1))
    nano.run(400)
    poke(timer, (CAPTURE + 4, 1))
    assert (timer.read(CC, 4), timer.read(CC + 4, 4)) == (10, 10)


def test_a_timer_may_stop_at_its_compare_event(nano):
    timer = nano["timer3"]
    poke(timer, (PRESCALER, 0), (CC + 20, 50), (SHORTS, 1 << 13), (START, 1))
    nano.run(1000)
    poke(timer, (CAPTURE, 1))
    assert (timer.read(CC, 4), timer.read(COMPARE + 20, 4)) == (50, 1)


def test_the_bit_mode_says_where_it_overflows(nano):
    timer = nano["timer2"]
    poke(timer, (BITMODE, 1), (PRESCALER, 0), (START, 1))
    nano.run(4 * 300)
    poke(timer, (CAPTURE, 1))
    assert timer.read(CC, 4) == 300 - 256


def test_as_a_counter_it_counts_its_task(nano):
    timer = nano["timer2"]
    poke(timer, (MODE, 1), (CC + 4, 3), (INTENSET, 2 << 16), (START, 1), *[(COUNT, 1)] * 3, (CAPTURE, 1))
    assert (timer.read(CC, 4), timer.read(COMPARE + 4, 4)) == (3, 1)
    assert nano.lines[10]


# Apollo3 CTIMER

CTRL0, CMPRA0, CMPRB0, GLOBEN, INTEN, INTSTAT, INTCLR = 0x0C, 0x04, 0x08, 0x100, 0x200, 0x204, 0x208
EN, HFRC_4, REPEATED, IE0, IE1, CLR, LINK = 1, 1 << 1, 1 << 6, 1 << 9, 1 << 10, 1 << 11, 1 << 31
CTIMER_IRQ = 14


@pytest.fixture(params=[48_000_000, 96_000_000])
def edge(request) -> Bench:
    return Bench("sparkfun_edge", core=request.param, hfrc=48_000_000)


def test_a_ctimer_repeats_every_cmpr0_plus_1_clocks_at_any_core_clock(edge):
    ctimer, cycles = edge["ctimer"], edge.system.clocks.hz["core"] // 1000
    poke(ctimer, (CTRL0, CLR), (CMPRA0, 11_999), (INTEN, 1), (CTRL0, EN | HFRC_4 | REPEATED | IE0))
    assert periods(edge, CTIMER_IRQ, lambda: poke(ctimer, (INTCLR, 1)), cycles) == {cycles}


def test_timer_b_counts_beside_timer_a_and_a_link_makes_them_one(edge):
    ctimer, ratio = edge["ctimer"], edge.system.clocks.hz["core"] // 12_000_000
    poke(
        ctimer,
        (CMPRA0, 0xFFFF),
        (CMPRB0, 9),
        (CTRL0, EN | HFRC_4 | REPEATED | (EN | HFRC_4 | REPEATED) << 16),
    )
    edge.run(25 * ratio)
    assert ctimer.read(0, 4) == 5 << 16 | 25
    poke(ctimer, (CTRL0, LINK | CLR), (CMPRA0, 0xFFFF), (CMPRB0, 1), (CTRL0, LINK | EN | HFRC_4 | REPEATED))
    edge.run(70_000 * ratio)
    assert ctimer.read(0, 4) == 70_000
    edge.run(62_000 * ratio)
    assert ctimer.read(0, 4) == 132_000 - 131_072  # CMPR0 is 0x1FFFF


def test_a_single_count_ends_and_a_continuous_one_passes_its_compare_values(edge):
    ctimer, ratio = edge["ctimer"], edge.system.clocks.hz["core"] // 12_000_000
    poke(ctimer, (CMPRA0, 9), (CTRL0, EN | HFRC_4 | IE0))
    edge.run(100 * ratio)
    assert (ctimer.read(0, 4) & 0xFFFF, ctimer.read(INTSTAT, 4)) == (0, 1)
    poke(ctimer, (0x2C, 0), (0x24, 50 << 16 | 20), (0x2C, EN | HFRC_4 | 6 << 6 | IE0 | IE1))
    edge.run(30 * ratio)
    assert ctimer.read(INTSTAT, 4) == 1 | 1 << 2
    edge.run(30 * ratio)
    assert (ctimer.read(0x20, 4) & 0xFFFF, ctimer.read(INTSTAT, 4)) == (60, 1 | 1 << 2 | 1 << 18)


def test_globen_and_clr_hold_a_ctimer(edge):
    ctimer = edge["ctimer"]
    poke(ctimer, (GLOBEN, 0), (CMPRA0, 99), (CTRL0, EN | HFRC_4 | REPEATED))
    edge.run(1000)
    assert ctimer.read(0, 4) == 0
    poke(ctimer, (GLOBEN, 1))
    edge.run(100)
    assert ctimer.read(0, 4) > 0
    poke(ctimer, (CTRL0, EN | HFRC_4 | REPEATED | CLR))
    edge.run(100)
    assert ctimer.read(0, 4) == 0
