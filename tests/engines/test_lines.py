"""Lines out of bytes."""

from __future__ import annotations

from scopeless.engines.lines import LONGEST_LINE, LineAssembler
from scopeless.machine import UartLine


def feed(lines: LineAssembler, data: bytes) -> list[UartLine]:
    return [line for cycle, value in enumerate(data) if (line := lines.feed(value, cycle))]


def test_a_line_has_the_cycle_of_its_line_feed() -> None:
    assert feed(LineAssembler(), b"ab\r\n\nc\n") == [UartLine(3, "ab"), UartLine(4, ""), UartLine(6, "c")]


def test_a_line_under_way_waits_for_its_end() -> None:
    lines = LineAssembler()
    assert feed(lines, b"done\nhalf") == [UartLine(4, "done")]
    assert feed(lines, b" more\n") == [UartLine(5, "half more")]


def test_bytes_that_are_no_text() -> None:
    assert feed(LineAssembler(), b"\xff\x41\r\r\n") == [UartLine(4, "\\xffA\r")]


def test_a_flood_without_line_ends_comes_in_pieces() -> None:
    lines = feed(LineAssembler(), b"x" * (2 * LONGEST_LINE + 1))
    assert [(line.cycle, len(line.text)) for line in lines] == [
        (LONGEST_LINE - 1, LONGEST_LINE),
        (2 * LONGEST_LINE - 1, LONGEST_LINE),
    ]
