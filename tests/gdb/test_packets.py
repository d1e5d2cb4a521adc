"""Packets: what is framed is read again, and nothing that comes over the line does harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeless.gdb.packets import MAX_PACKET, Reader, Sign, frame


def test_a_packet_has_a_checksum_and_escapes():
    assert frame(b"OK") == b"$OK#9a"
    assert frame(b"a}#$*") == b"$a}]}\x03}\x04}\x0a#" + b"%02x" % (sum(b"a}]}\x03}\x04}\x0a") & 0xFF)


@given(st.binary(max_size=300), st.integers(1, 7))
def test_what_is_framed_is_read_again_however_it_is_cut(payload, size):
    reader, data = Reader(), b"+" + frame(payload) + b"\x03"
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    found = [item for piece in pieces for item in reader.feed(piece)]
    assert found == [Sign.ACK, payload, Sign.INTERRUPT]


@pytest.mark.parametrize("damaged", [b"$g#68", b"$g#zz", b"$a}#de", b"$g#6\xff"])
def test_a_damaged_packet_is_told_from_a_good_one(damaged):
    reader = Reader()
    assert reader.feed(damaged) == [Sign.DAMAGED]
    assert reader.feed(b"$g#67") == [b"g"]


def test_a_packet_that_was_cut_off_ends_where_the_next_begins():
    assert Reader().feed(b"$m8000$g#67") == [b"g"]


def test_a_packet_that_is_too_long_takes_no_memory_and_is_damaged():
    reader = Reader()
    assert reader.feed(b"$" + b"a" * 10 * MAX_PACKET) == []
    assert len(reader._payload) == MAX_PACKET
    assert reader.feed(b"#00") == [Sign.DAMAGED]
    assert reader.feed(frame(b"b" * MAX_PACKET)) == [b"b" * MAX_PACKET]


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"$", b"#", b"}", b"\x03", b"$g#67"])))
def test_after_any_bytes_the_reader_still_reads(pieces):
    reader = Reader()
    for piece in pieces:
        reader.feed(piece)
    reader.feed(b"#00")  # what may be under way
    assert reader.feed(b"$?#3f") == [b"?"]
