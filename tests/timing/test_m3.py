"""Cortex-M3, M4 and M4F: every micro-benchmark takes the cycles that its source gives."""

import pytest

from support.micro import gap, loop
from timing.sequences import ALL, Sequence

COPIES = 8


def measure(sequence: Sequence) -> float:
    lines, core, options = sequence.lines, sequence.core, sequence.options
    if sequence.measure == "loop":
        return loop(lines, core, **options)
    if sequence.measure == "each":
        return (gap([lines] * 2 * COPIES, core, **options) - gap([lines] * COPIES, core, **options)) / COPIES
    return gap(lines, core, **options) - 2


@pytest.mark.parametrize("sequence", ALL, ids=lambda sequence: sequence.name)
def test_cycles(sequence):
    assert measure(sequence) == sequence.cycles, sequence.source


def test_there_are_enough_and_no_two_are_the_same():
    assert len({sequence.name for sequence in ALL}) == len(ALL) >= 90
