"""Ctrl-C and SIGTERM for a verb that has something to finish: first a flag, then the end at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """``number`` is the signal that asked for the end; 0 for none."""

    number = 0

    def __bool__(self) -> bool:
        return bool(self.number)

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that a signal ended."""
        return 128 + self.number


@contextmanager
def stop_by_signal(restore: Callable[[], None]) -> Iterator[Stop]:
    """Gives the flag, and puts the old handlers back at the end. A second signal calls ``restore`` (a
    terminal's settings) and ends the process as usual."""
    stop = Stop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop:
            restore()
            usual = before[signal.SIGINT]
            if callable(usual):
                usual(number, frame)
        stop.number = number

    for number in SIGNALS:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
