"""How much a guarded figure may grow: the grammar of limits, and which limit holds where (docs/ci.md)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from scopeless.benchmark.session import MODELS
from scopeless.board import load_board
from scopeless.errors import UsageError

MODEL_QUANTITIES = ("toggle", "predict", "instructions")
"""Figures of one model: cycles of its two windows, and instructions in the prediction's."""
WINDOW_QUANTITIES = ("cycles", "min", "max", "calls", "instructions")
"""Figures of one window of firmware that is not the benchmark; the three in the middle are of functions."""
EXTREMES = ("min", "max")
"""Quantities that the limit of cycles holds for too, where they have none of their own."""
FIRMWARE_QUANTITIES = ("flash", "ram")
"""Figures of a whole firmware file, in bytes."""
QUANTITIES = tuple(dict.fromkeys((*MODEL_QUANTITIES, *WINDOW_QUANTITIES, *FIRMWARE_QUANTITIES)))
ALL = "all"
"""In a table of limits: every quantity that the table does not name."""

_TERM = re.compile(r"(?P<percent>[0-9]{1,9}(?:\.[0-9]{1,9})?)%|\+?(?P<count>[0-9]{1,18})")


@dataclass(frozen=True)
class Limit:
    """A figure may grow by ``percent`` of its old value or by ``count``, whichever is more."""

    percent: Fraction | None = None
    count: int | None = 0

    def allows(self, old: int, new: int) -> bool:
        """Whether ``new`` instead of ``old`` is within the limit. Less is always allowed."""
        relative = self.percent is not None and (new - old) * 100 <= self.percent * old
        absolute = self.count is not None and new - old <= self.count
        return new <= old or relative or absolute

    def __str__(self) -> str:
        percent = None if self.percent is None else f"{format(float(self.percent), '.9f').rstrip('0')}"
        parts = [] if percent is None else [percent.rstrip(".") + "%"]
        if self.count is not None:
            parts.append(f"+{self.count}" if self.count else "0")
        return "|".join(parts)


def parse_limit(text: object) -> Limit:
    """The limit that ``text`` says: ``0``, ``1.5%``, ``+50``, or two of them as in ``1%|50``.

    Raises :class:`UsageError` that quotes what is wrong.
    """
    wrong = f"{text!r} is not a limit; write '1%', '+50' or both as '1%|50'."
    if not isinstance(text, str):
        raise UsageError(f"{wrong[:-1]}, in quotes.")
    terms = [_TERM.fullmatch(term.strip(" ")) for term in text.split("|")]
    percents = [Fraction(term["percent"]) for term in terms if term and term["percent"]]
    counts = [int(term["count"]) for term in terms if term and term["count"]]
    if not all(terms):
        raise UsageError(wrong)
    if len(percents) > 1 or len(counts) > 1:
        raise UsageError(f"The limit {text!r} says the same kind twice; give one percentage and one number.")
    return Limit(percents[0] if percents else None, counts[0] if counts else None)


Place = tuple[str, str, str]
"""Board, model and quantity that a limit was given for; empty where it holds for every one."""


@dataclass(frozen=True)
class Limits:
    """All limits of a project. Nothing may grow where none was given."""

    given: Mapping[Place, Limit] = field(default_factory=dict)

    def of(self, board: str, model: str, quantity: str) -> Limit:
        """The limit of one figure: a board's own before a model's before everyone's, and in each table the
        quantity's before ``all``. ``model`` is a window's name for other firmware than the benchmark, and
        empty for figures of the whole firmware."""
        tables = dict.fromkeys([(board, model), (board, ""), ("", model), ("", "")])
        for table in tables:
            for name in (quantity, *(("cycles",) if quantity in EXTREMES else ()), ALL):
                if (limit := self.given.get((*table, name))) is not None:
                    return limit
        return Limit()


def parse_limits(data: object, windows: Collection[str] = ()) -> Limits:
    """The table ``[limits]``: quantities, and tables of boards, models and ``windows``. Raises
    :class:`UsageError` that names the key."""
    given: dict[Place, Limit] = {}
    for name, value in _table(data, "limits").items():
        key = f"limits.{name}"
        if not isinstance(value, dict):
            given["", "", _quantity(name, key, model="")] = _limit(value, key)
        elif name in MODELS or name in windows:
            given |= _model_table(value, "", name, key)
        else:
            given |= _board_table(value, name, key, windows)
    return Limits(given)


def _board_table(
    data: dict[str, object], board: str, where: str, windows: Collection[str]
) -> dict[Place, Limit]:
    try:
        load_board(board)
    except UsageError as error:
        raise UsageError(f"[{where}] names no board, model or window: {error}") from error
    given: dict[Place, Limit] = {}
    for name, value in data.items():
        key = f"{where}.{name}"
        if isinstance(value, dict):
            if name not in MODELS and name not in windows:
                raise UsageError(f"[{key}] is none of the models {', '.join(MODELS)}, and no window.")
            given |= _model_table(value, board, name, key)
        else:
            given[board, "", _quantity(name, key, model="")] = _limit(value, key)
    return given


def _model_table(data: dict[str, object], board: str, model: str, where: str) -> dict[Place, Limit]:
    return {
        (board, model, _quantity(name, f"{where}.{name}", model=model)): _limit(value, f"{where}.{name}")
        for name, value in data.items()
    }


def _quantity(name: str, key: str, *, model: str) -> str:
    names = [*_quantities(model), ALL]
    if name in names:
        return name
    if name in FIRMWARE_QUANTITIES:
        kind = "model" if model in MODELS else "window"
        raise UsageError(f"{key}: {name} belongs to the whole firmware; limit it for a board, not a {kind}.")
    raise UsageError(f"{key} is no quantity{suggestion(name, names)}; quantities are {', '.join(names)}.")


def _quantities(model: str) -> tuple[str, ...]:
    """What can be limited for a model, a window, or (empty) for both and whole firmware."""
    if not model:
        return QUANTITIES
    return MODEL_QUANTITIES if model in MODELS else WINDOW_QUANTITIES


def _limit(value: object, key: str) -> Limit:
    try:
        return parse_limit(value)
    except UsageError as error:
        raise UsageError(f"{key}: {error}") from error


def _table(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UsageError(f"{name} must be a table, [{name}].")
    return value


def suggestion(name: str, names: Collection[str]) -> str:
    """`` (did you mean ...?)`` for a slip of the pen, else nothing."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
