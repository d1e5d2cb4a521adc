"""Protocol Buffers' wire format, as far as writing needs it (protobuf.dev, Encoding)."""

from __future__ import annotations

VARINT, LENGTH = 0, 2


def varint(value: int) -> bytes:
    """A number that is not negative, seven bits a byte."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def message(*fields: tuple[int, int | str | bytes]) -> bytes:
    """A message of fields: (field number, value). Bytes are a message inside."""
    encoded = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            encoded += varint(number << 3 | VARINT) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else value
            encoded += varint(number << 3 | LENGTH) + varint(len(content)) + content
    return bytes(encoded)
