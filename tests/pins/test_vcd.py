"""Edges as VCD, read back with pyvcd's own parser."""

import io

from vcd.reader import TokenKind, tokenize

from records import make_record
from scopeless.benchmark.record import Record
from scopeless.pins.vcd import vcd_text


def changes(record: Record) -> list[tuple[int, str]]:
    """(time, value) of every change after the dump of initial values."""
    time, found = 0, []
    for token in tokenize(io.BytesIO(vcd_text(record).encode())):
        if token.kind is TokenKind.CHANGE_TIME:
            time = token.time_change
        elif token.kind is TokenKind.CHANGE_SCALAR:
            found.append((time, token.scalar_change.value))
    return found


def test_every_edge_is_at_its_time_in_nanoseconds() -> None:
    initial, *edges = changes(make_record(clock_hz=72_000_000))
    assert initial == (0, "x")
    assert edges[:2] == [(3 * 10**9, "1"), (3 * 10**9 + 125, "0")]
    assert len(edges) == 12


def test_the_time_is_rounded_not_cut() -> None:
    times = [time for time, _ in changes(make_record(clock_hz=128_000_000, write=1))]
    assert times[2] - times[1] == 8


def test_the_header_names_the_run_and_holds_no_date() -> None:
    text = vcd_text(make_record())
    assert "$date $end" in text or "$date" not in text
    assert "$timescale 1 ns $end" in text
    assert "stm32f103 at 72 MHz, engine unicorn 2.1.4" in text
    assert text == vcd_text(make_record())
