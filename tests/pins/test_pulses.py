"""Widths of a pin's pulses, across changes of the clock."""

from collections import Counter

from scopeless.machine import Edge
from scopeless.pins.pulses import Pulse, PulseFinder, spread
from scopeless.timeline import Timeline


def test_pulses_of_two_pins_in_parts():
    timeline = Timeline(1_000_000)
    timeline.change(150, 2_000_000)
    finder = PulseFinder()
    first = [Edge(100, "A", 1), Edge(120, "B", 1), Edge(130, "B", 0)]
    assert list(finder.feed(first, timeline)) == [Pulse("B", 1, 120, 10, 10.0)]
    # 50 cycles of 1 us, then 50 of half a microsecond.
    assert list(finder.feed([Edge(200, "A", 0)], timeline)) == [Pulse("A", 1, 100, 100, 75.0)]


def test_the_median_is_a_number_that_was_seen():
    assert spread(Counter([5])) == (1, 5, 5, 5)
    assert spread(Counter([1, 2, 3, 100])) == (4, 1, 2, 100)
    assert spread(Counter([7, 7, 7, 1, 9])) == (5, 1, 7, 9)
