"""The counter that all timers share: exact at every cycle, over any change of clocks."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from scopeless.peripherals.counter import Counter
from support.bench import Bench

WRAP, MARK = 1, 2


def counter(bench: Bench, period: int, hz: int, divider: int = 1) -> Counter:
    bench.system.clocks.set(timer=hz)
    made = Counter(bench.system, lambda: bench.system.clocks.hz["timer"])
    made.divider = divider
    made.set_period(period)
    made.marks = {WRAP: period}
    made.start(0)
    return made


def test_its_value_is_known_at_every_cycle_and_costs_no_event():
    bench = Bench("stm32f103", core=72_000_000)
    made = counter(bench, 10, 36_000_000, divider=3)  # a tick each 6 cycles
    seen = []
    for _ in range(130):
        made.advance()
        seen.append(made.value)
        bench.run(1)
    assert seen == [cycle // 6 % 10 for cycle in range(130)]
    assert bench.events.next_cycle() == 1 << 63


def test_ticks_of_a_clock_that_is_no_fraction_of_the_core_s_stay_exact():
    bench = Bench("stm32f103", core=72_000_000)
    made = counter(bench, 1 << 32, 32_768)
    bench.run(72_000_000 * 10)
    made.advance()
    assert made.value == 327_680


def test_each_mark_is_told_once_and_the_step_back_to_0_is_one():
    bench = Bench("stm32f103", core=8_000_000)
    made = counter(bench, 10, 8_000_000)
    made.marks = {WRAP: 10, MARK: 4}
    told = []
    for _ in range(21):
        told.append(made.advance())
        bench.run(1)
    assert [cycle for cycle, flags in enumerate(told) if flags & MARK] == [4, 14]
    assert [cycle for cycle, flags in enumerate(told) if flags & WRAP] == [10, 20]


def test_a_change_of_clock_keeps_the_ticks_so_far_and_moves_what_is_due():
    bench = Bench("stm32f103", core=8_000_000)
    made = counter(bench, 100, 8_000_000)
    called = []
    made.advance()
    made.watch(WRAP, lambda: called.append(bench.cycle))
    bench.run(50)
    bench.system.clocks.set(core=72_000_000, timer=36_000_000)  # from now on a tick each 2 cycles
    bench.run(200)
    assert called == [50 + 50 * 2]
    made.advance()
    assert made.value == 50


def test_a_counter_beyond_a_new_period_runs_to_the_end_of_its_bits_first():
    bench = Bench("stm32f103", core=8_000_000)
    made = Counter(bench.system, lambda: 8_000_000, bits=8)
    made.start(200)
    made.set_period(100)
    made.marks = {WRAP: 100}
    bench.run(56)
    made.advance()
    assert made.value == 0
    bench.run(101)
    assert made.advance() == WRAP
    assert made.value == 1


@given(
    period=st.integers(1, 30),
    mark=st.integers(0, 32),
    divider=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(0, 40), st.sampled_from([1, 2, 3, 8])), max_size=12),
)
def test_it_counts_as_one_that_is_stepped(period, mark, divider, steps):
    """Against the obvious: one tick after the other, with clocks that change on the way."""
    bench = Bench("stm32f103", core=8_000_000)
    made = counter(bench, period, 8_000_000, divider)
    made.marks = {WRAP: period, MARK: mark}
    position, value = Fraction(0), 0
    for cycles, slower in steps:
        flags = 0
        for _ in range(cycles):
            before = int(position)
            position += Fraction(bench.system.clocks.hz["timer"], 8_000_000 * divider)
            for _ in range(int(position) - before):
                value = (value + 1) % period
                flags |= WRAP if value == 0 else 0
                flags |= MARK if (value or period) == (mark or period) else 0
        bench.run(cycles)
        assert (made.advance(), made.value) == (flags, value)
        bench.system.clocks.set(timer=8_000_000 // slower)
