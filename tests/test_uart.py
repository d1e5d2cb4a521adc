"""Lines out of bytes."""

from __future__ import annotations

from scopeless.machine import UartLine
from scopeless.uart import LineAssembler


def feed(lines: LineAssembler, data: bytes) -> list[UartLine]:
    return [line for cycle, value in enumerate(data) if (line := lines.feed(value, cycle))]


def test_a_line_has_the_cycle_of_its_line_feed() -> None:
    assert feed(LineAssembler(), b"ab\r\n\nc\n") == [UartLine(3, "ab"), UartLine(4, ""), UartLine(6, "c")]


def test_a_line_under_way_is_in_the_transcript_only() -> None:
    lines = LineAssembler()
    assert feed(lines, b"done\nhalf") == [UartLine(4, "done")]
    assert lines.transcript == b"done\nhalf"
    assert feed(lines, b" more\n") == [UartLine(5, "half more")]


def test_bytes_that_are_no_text() -> None:
    assert feed(LineAssembler(), b"\xff\x41\r\r\n") == [UartLine(4, "\\xffA\r")]
