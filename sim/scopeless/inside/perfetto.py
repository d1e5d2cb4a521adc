"""A trace for Perfetto (ui.perfetto.dev): functions, exceptions, pins and UART on one line of simulated time.

Field numbers: Perfetto's protos/perfetto/trace (trace_packet.proto and track_event/*.proto).
"""

from __future__ import annotations

from collections.abc import Iterator

from scopeless.inside import View
from scopeless.inside.calls import EXCEPTIONS
from scopeless.inside.protobuf import message
from scopeless.inside.slices import slices

PACKET = 1  # Trace
# TracePacket
TIMESTAMP, SEQUENCE_ID, TRACK_EVENT, TRACK_DESCRIPTOR = 8, 10, 11, 60
# TrackEvent
TYPE, TRACK_UUID, NAME, COUNTER_VALUE = 9, 11, 23, 30
BEGIN, END, COUNTER = 1, 2, 4
# TrackDescriptor
UUID, TRACK_NAME, PROCESS, PARENT, COUNTER_DESCRIPTOR, CHILD_ORDERING, RANK = 1, 2, 3, 5, 8, 11, 12
EXPLICIT = 3
PID, PROCESS_NAME, UNIT_NAME = 1, 6, 6  # of ProcessDescriptor and CounterDescriptor

BITS_PER_BYTE = 10  # with start and stop bit
PROCESS_UUID, UART_UUID, FIRST_PIN_UUID, FIRST_STACK_UUID = 1, 2, 100, 10_000


def perfetto(view: View) -> bytes:
    """The trace file of ``view``."""
    packets = [_process(view), *_tracks(view)]
    packets += [packet for _, packet in sorted(_events(view), key=lambda item: item[0])]
    return b"".join(message((PACKET, packet)) for packet in packets)


def _process(view: View) -> bytes:
    process = message((PID, 1), (PROCESS_NAME, view.title))
    descriptor = message((UUID, PROCESS_UUID), (PROCESS, process), (CHILD_ORDERING, EXPLICIT))
    return message((TRACK_DESCRIPTOR, descriptor), (SEQUENCE_ID, 1))


def _tracks(view: View) -> Iterator[bytes]:
    threads = sorted({call.thread for call in view.calls} - {EXCEPTIONS})
    stacks = {thread: f"thread {thread}" if thread else "functions" for thread in threads}
    if any(call.thread == EXCEPTIONS for call in view.calls):
        stacks[EXCEPTIONS] = "exceptions"
    rank = 0
    for thread, name in stacks.items():
        yield _track(_stack_uuid(thread), name, rank := rank + 1)
    for index, pin in enumerate(_pins(view)):
        yield _track(FIRST_PIN_UUID + index, pin, rank := rank + 1, counter=True)
    if view.uart:
        yield _track(UART_UUID, "UART, sent", rank + 1)


def _track(uuid: int, name: str, rank: int, *, counter: bool = False) -> bytes:
    descriptor = message((UUID, uuid), (TRACK_NAME, name), (PARENT, PROCESS_UUID), (RANK, rank))
    if counter:
        descriptor += message((COUNTER_DESCRIPTOR, message((UNIT_NAME, "level"))))
    return message((TRACK_DESCRIPTOR, descriptor), (SEQUENCE_ID, 1))


def _stack_uuid(thread: int) -> int:
    return FIRST_STACK_UUID + thread - EXCEPTIONS


def _pins(view: View) -> list[str]:
    return sorted({edge.pin for edge in view.edges})


def _events(view: View) -> Iterator[tuple[int, bytes]]:
    """(nanosecond, packet) of everything; a sort by the first keeps each track's own order."""
    for thread in sorted({call.thread for call in view.calls}):
        for cycle, begins, call in slices(call for call in view.calls if call.thread == thread):
            ns, uuid = _ns(view, cycle), _stack_uuid(thread)
            if begins:
                yield ns, _packet(ns, (TYPE, BEGIN), (TRACK_UUID, uuid), (NAME, call.function))
            else:
                yield ns, _packet(ns, (TYPE, END), (TRACK_UUID, uuid))
    uuids = {pin: FIRST_PIN_UUID + index for index, pin in enumerate(_pins(view))}
    for edge in view.edges:
        ns = _ns(view, edge.cycle)
        yield ns, _packet(ns, (TYPE, COUNTER), (TRACK_UUID, uuids[edge.pin]), (COUNTER_VALUE, edge.level))
    yield from _uart(view)


def _uart(view: View) -> Iterator[tuple[int, bytes]]:
    """A slice for each byte, as long as it was on the wire, in a slice for each line."""
    byte_ns = round(view.bit_s * BITS_PER_BYTE * 1e9)
    line: list[tuple[int, int, int]] = []
    free = 0
    for index, byte in enumerate(view.uart):
        end = _ns(view, byte.cycle)
        begin = max(end - byte_ns, free, 0)
        line.append((begin, end, byte.value))
        free = end
        if byte.value == 0x0A or index == len(view.uart) - 1:
            yield from _line(line)
            line = []


def _line(line: list[tuple[int, int, int]]) -> Iterator[tuple[int, bytes]]:
    text = bytes(value for _, _, value in line).decode(errors="replace").rstrip("\r\n")
    track = (TRACK_UUID, UART_UUID)
    first, last = line[0][0], line[-1][1]
    yield first, _packet(first, (TYPE, BEGIN), track, (NAME, text or "(empty line)"))
    for begin, end, value in line:
        name = chr(value) if 0x20 < value < 0x7F else f"{value:#04x}"
        yield begin, _packet(begin, (TYPE, BEGIN), track, (NAME, name))
        yield end, _packet(end, (TYPE, END), track)
    yield last, _packet(last, (TYPE, END), track)


def _packet(ns: int, *event: tuple[int, int | str | bytes]) -> bytes:
    return message((TIMESTAMP, ns), (TRACK_EVENT, message(*event)), (SEQUENCE_ID, 1))


def _ns(view: View, cycle: int) -> int:
    return round(view.timeline.exact_us(cycle) * 1000)
