"""Levels for input pins out of a Value Change Dump."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from vcd.common import Timescale, TimescaleUnit
from vcd.reader import TokenKind, VCDParseError, tokenize

from scopeless.errors import UsageError, hint
from scopeless.machine import PinChange

US = {
    TimescaleUnit.second: Fraction(10**6),
    TimescaleUnit.millisecond: Fraction(1000),
    TimescaleUnit.microsecond: Fraction(1),
    TimescaleUnit.nanosecond: Fraction(1, 10**3),
    TimescaleUnit.picosecond: Fraction(1, 10**6),
    TimescaleUnit.femtosecond: Fraction(1, 10**9),
    TimescaleUnit.attosecond: Fraction(1, 10**12),
    TimescaleUnit.zeptosecond: Fraction(1, 10**15),
}


def read_changes(path: Path, pins: list[str], renamed: Mapping[str, str]) -> Iterator[PinChange]:
    """The changes in ``path``, with their simulated time since reset, in order, read as they are needed.

    A signal drives the pin of its name; ``renamed`` maps signals to other pins, and where it has any, all
    other signals are left alone. Unknown and high-impedance values change nothing. Raises
    :class:`UsageError` for a file that cannot be read or is no VCD, for a signal that is no pin, and for
    one of more than one bit.
    """
    signals: dict[str, str] = {}
    found: list[str] = []
    unit, now = Fraction(1, 10**3), Fraction(0)
    try:
        with path.open("rb") as file:
            for token in tokenize(file):
                if token.kind is TokenKind.TIMESCALE:
                    unit = _unit(token.timescale)
                elif token.kind is TokenKind.VAR:
                    name = token.var.reference
                    found.append(name)
                    if not renamed or name in renamed:
                        signals[token.var.id_code] = _pin(path, name, token.var.size, pins, renamed)
                elif token.kind is TokenKind.ENDDEFINITIONS:
                    _check_all(path, found, renamed)
                elif token.kind is TokenKind.CHANGE_TIME:
                    if token.time_change * unit < now:
                        raise UsageError(f"{path} is not a VCD that can be injected: its time goes back.")
                    now = token.time_change * unit
                elif token.kind is TokenKind.CHANGE_SCALAR:
                    change = token.scalar_change
                    if change.id_code in signals and change.value in "01":
                        yield PinChange(signals[change.id_code], int(change.value), us=now)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except (VCDParseError, ValueError, OverflowError) as error:
        raise UsageError(
            f"{path} is not a VCD ({error}); give one with the pins' levels, as --vcd writes it."
        ) from error


def _unit(timescale: Timescale) -> Fraction:
    return timescale.magnitude * US[timescale.unit]


def _pin(path: Path, signal: str, size: int, pins: list[str], renamed: Mapping[str, str]) -> str:
    pin = renamed.get(signal, signal)
    if pin not in pins:
        advice = "" if renamed else f", or name the pin it drives: {path},{signal}=PIN"
        near = hint(pin, pins).rstrip(".")
        raise UsageError(f"Signal {signal!r} of {path}: there is no pin {pin!r}; {near}{advice}.")
    if size != 1:
        raise UsageError(f"Signal {signal!r} of {path} has {size} bits; a pin has one.")
    return pin


def _check_all(path: Path, found: list[str], renamed: Mapping[str, str]) -> None:
    for signal in renamed:
        if signal not in found:
            raise UsageError(f"{path} has no signal {signal!r}; {hint(signal, found)}")
    if not found:
        raise UsageError(f"{path} has no signals.")


def parse_option(text: str) -> tuple[Path, dict[str, str]]:
    """``FILE.vcd[,SIGNAL=PIN...]``. Raises :class:`UsageError` for what does not look like it."""
    name, *pairs = text.split(",")
    renamed = {}
    for pair in pairs:
        signal, equals, pin = pair.partition("=")
        if not equals or not signal or not pin:
            raise UsageError(f"{pair!r} in {text!r} is not of the form SIGNAL=PIN.")
        renamed[signal] = pin
    return Path(name), renamed


class Feeder:
    """Hands changes to a machine a little before they are due, so that a long recording needs little room."""

    def __init__(self, changes: Iterator[PinChange]) -> None:
        self._changes = changes
        self._next = next(changes, None)

    def due(self, until_us: Fraction) -> list[PinChange]:
        """The changes up to a time."""
        batch = []
        while self._next is not None and (self._next.us or 0) <= until_us:
            batch.append(self._next)
            self._next = next(self._changes, None)
        return batch
