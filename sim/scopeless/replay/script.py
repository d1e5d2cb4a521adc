"""What a trace says comes next: instructions for the timing core to follow, answers for reads."""

from __future__ import annotations

import ctypes
from collections import defaultdict, deque
from collections.abc import Iterator

from scopeless.native import Record, TimingCore
from scopeless.replay.trace import Instructions, TraceReader

LOOK_AHEAD = 8
"""Records that a batch may leave over, at most: an IT block that is not all there yet."""


class Divergence(Exception):
    """The firmware does not do what the trace says, at instruction ``number`` of it. ``what`` goes behind
    "the firmware"; an address in braces is one of an instruction."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(what)
        self.number, self.what = number, what


class Script:
    """The instructions of one trace after the other, numbered from 0."""

    def __init__(self) -> None:
        self._timing: TimingCore | None = None
        self._sources: deque[TraceReader] = deque()
        self._batches: Iterator[Instructions] = iter(())
        self._records = (Record * 1)()
        self._count = self._base = 0
        self._accesses: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
        self.unanswered = 0
        """Reads of registers for which the trace has no value."""

    def attach(self, timing: TimingCore) -> None:
        """Have ``timing`` follow this script."""
        self._timing = timing
        timing.follow(self._records, 0)

    def add(self, trace: TraceReader) -> None:
        """Go on with ``trace`` where what is there already ends."""
        self._sources.append(trace)

    @property
    def number(self) -> int:
        """Instructions of the trace that have been executed."""
        assert self._timing is not None
        return self._base + self._timing.followed

    @property
    def exhausted(self) -> bool:
        """Whether all of what is read of the trace has been executed."""
        assert self._timing is not None
        return self._timing.followed == self._count

    def divergence(self, what: str) -> Divergence:
        """The error that the firmware does ``what`` instead of the next instruction."""
        return Divergence(self.number, what)

    def following(self) -> Record | None:
        """The next instruction; None at the end of what is there."""
        assert self._timing is not None
        if self.exhausted and not self.refill():
            return None
        return self._records[self._timing.followed]

    def refill(self) -> bool:
        """Get more instructions; whether there were any. Raises what :class:`TraceReader` raises."""
        assert self._timing is not None
        done = self._timing.followed
        more = self._next_batch()
        if more is None:
            return False
        left = self._count - done
        assert left <= LOOK_AHEAD
        records = (Record * (left + more.size))()
        size = ctypes.sizeof(Record)
        ctypes.memmove(records, ctypes.byref(self._records, done * size), left * size)
        ctypes.memmove(ctypes.byref(records, left * size), more.records, more.size * size)
        self._base += done
        self._records, self._count = records, len(records)
        for number in [number for number in self._accesses if number < self._base]:
            del self._accesses[number]
        for number, address, value, write in more.accesses:
            self._accesses[number].append((address, value, write))
        self._timing.follow(records, len(records))
        return True

    def _next_batch(self) -> Instructions | None:
        while True:
            if (batch := next(self._batches, None)) is not None:
                return batch
            if not self._sources:
                return None
            self._batches = self._sources.popleft().instructions(self._base + self._count)

    def read(self, address: int, size: int, own: int) -> int:
        """The firmware reads a register: what it read according to the trace; else our ``own`` answer."""
        value = self._take(address, write=False)
        if value is None:
            self.unanswered += 1
            return own
        return value & (1 << 8 * size) - 1

    def write(self, address: int, size: int, value: int) -> None:
        """The firmware writes a register. Raises :class:`Divergence` when the trace says another value."""
        told = self._take(address, write=True)
        mask = (1 << 8 * size) - 1
        if told is not None and (told ^ value) & mask:
            raise Divergence(
                self.number - 1,
                f"writes {value & mask:#x} to {address:#010x}, but in the trace {told & mask:#x}",
            )

    def _take(self, address: int, *, write: bool) -> int | None:
        accesses = self._accesses.get(self.number - 1, ())
        for place, (where, value, writes) in enumerate(accesses):
            if where == address and writes is write:
                del accesses[place]  # type: ignore[union-attr]
                return value
        return None
