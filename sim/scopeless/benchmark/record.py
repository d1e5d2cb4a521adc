"""The result record: one run of the benchmark as versioned JSON, documented in docs/result-record.md.

It is the one contract between running and analysing. It holds no date, path or host name: the same firmware
on the same engine gives the same bytes.
"""

from __future__ import annotations

import dataclasses
import json
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from scopeless.benchmark import golden
from scopeless.benchmark.session import INPUTS, ModelRun, Session
from scopeless.benchmark.windows import Window, Windows
from scopeless.board import Board
from scopeless.errors import UsageError
from scopeless.files import write_atomically

SCHEMA = 1


@dataclass(frozen=True)
class UartEntry:
    """One line on the serial port; ``sender`` is ``host`` or ``board``."""

    cycle: int
    sender: str
    text: str


@dataclass(frozen=True)
class EdgeEntry:
    """One level change of a pin, at a cycle since reset."""

    cycle: int
    pin: str
    level: int


@dataclass(frozen=True)
class ModelResult:
    """One model's outputs and windows. ``toggle`` names the two full toggles, all else is the prediction's
    window."""

    outputs: tuple[float, ...]
    max_error: float
    correct: bool
    toggle_cycles: int
    toggle_us: float
    toggle_instructions: int | None
    toggle_breakdown: dict[str, int]
    predict_cycles: int
    predict_us: float
    instructions: int | None
    it_skipped: int | None
    breakdown: dict[str, int]
    mix: dict[str, int]


@dataclass(frozen=True)
class InstructionCounts:
    """Instructions of one window, those that IT blocks skip among them: as Renode's edge recorder counts
    them, in Renode's trace, and on the board's own engine. They are the same where nothing is wrong."""

    recorder: int
    trace: int
    own_engine: int

    @property
    def agree(self) -> bool:
        """Whether all are the same."""
        return self.recorder == self.trace == self.own_engine


@dataclass(frozen=True)
class ChipTiming:
    """What the timing model says of another engine's execution. ``counts`` are by window: ``toggle``, of the
    first model, and each model's name."""

    timing_model: str
    models: dict[str, ModelResult]
    counts: dict[str, InstructionCounts]


@dataclass(frozen=True)
class Record:
    """One run of the benchmark on one board."""

    schema: int
    board: str
    mcu: str
    core: str
    engine: str
    timing_model: str
    clock_hz: int
    libm: str
    sketch: str
    elf_sha256: str
    compiler: str
    notes: tuple[str, ...]
    models: dict[str, ModelResult]
    uart: tuple[UartEntry, ...]
    edges: tuple[EdgeEntry, ...]
    chip: ChipTiming | None = None

    @property
    def clock_mhz(self) -> int:
        """Core clock rounded to a whole MHz, as boards and published rows name it."""
        return round(self.clock_hz / 1e6)

    @property
    def wrong(self) -> list[str]:
        """The models that did not predict what the trained network does."""
        return [name for name, model in self.models.items() if not model.correct]


def build_record(
    session: Session,
    board: Board,
    *,
    engine: str,
    clock_hz: int,
    libm: str,
    sketch: str = "",
    elf_sha256: str,
    compiler: str,
    notes: tuple[str, ...] = (),
    own: Session | None = None,
) -> Record:
    """The record of a finished session. ``clock_hz`` is the clock the firmware set. ``own`` is the same
    session on the board's own engine, where the timing model ran over another engine's execution."""
    return Record(
        schema=SCHEMA,
        board=board.name,
        mcu=board.mcu,
        core=board.core,
        engine=engine,
        timing_model=timing_model(board, engine),
        clock_hz=clock_hz,
        libm=libm,
        sketch=sketch,
        elf_sha256=elf_sha256,
        compiler=compiler,
        notes=notes,
        models={name: _model_result(name, run, board.core, clock_hz) for name, run in session.models.items()},
        uart=tuple(UartEntry(m.cycle, m.sender, m.text) for m in session.messages),
        edges=tuple(EdgeEntry(edge.cycle, edge.pin, edge.level) for edge in session.edges),
        chip=_chip_timing(session, own, board, clock_hz) if own else None,
    )


def _chip_timing(session: Session, own: Session, board: Board, clock_hz: int) -> ChipTiming:
    models: dict[str, ModelResult] = {}
    counts: dict[str, InstructionCounts] = {}
    for name, run in session.models.items():
        windows, theirs = run.windows, own.models[name].windows
        toggle, predict = windows.toggle.chip, windows.predict.chip
        assert toggle and predict
        chip = ModelRun(run.outputs, Windows(toggle, predict))
        models[name] = _model_result(name, chip, board.core, clock_hz)
        counts.setdefault("toggle", _counts(windows.toggle, toggle, theirs.toggle))
        counts[name] = _counts(windows.predict, predict, theirs.predict)
    return ChipTiming(timing_model(board, "unicorn"), models, counts)


def _counts(recorded: Window, chip: Window, own: Window) -> InstructionCounts:
    executed = own.counters["instructions"] + own.counters["it_skipped"]
    return InstructionCounts(recorded.counters["instructions"], chip.counters["traced"], executed)


def timing_model(board: Board, engine: str) -> str:
    """What counts the cycles of ``board`` on ``engine``."""
    own = [f"{board.core} core", *(f"{v} {k}" for k, v in board.timing.items() if isinstance(v, str))]
    return " + ".join(own) if engine.startswith("unicorn") else engine.split()[0]


def _model_result(name: str, run: ModelRun, core: str, clock_hz: int) -> ModelResult:
    toggle, predict = run.windows.toggle, run.windows.predict
    return ModelResult(
        outputs=run.outputs,
        max_error=float(f"{golden.max_error(name, run.outputs):.3g}"),
        correct=golden.is_correct(name, run.outputs, core),
        toggle_cycles=toggle.cycles,
        toggle_us=microseconds(toggle.cycles, clock_hz),
        toggle_instructions=toggle.instructions,
        toggle_breakdown=toggle.breakdown,
        predict_cycles=predict.cycles,
        predict_us=microseconds(predict.cycles, clock_hz),
        instructions=predict.instructions,
        it_skipped=predict.counters.get("it_skipped"),
        breakdown=predict.breakdown,
        mix=predict.mix,
    )


def microseconds(cycles: float, clock_hz: int) -> float:
    """``cycles`` in microseconds, to the picosecond."""
    return round(cycles * 1e6 / clock_hz, 6)


def to_json(record: Record) -> str:
    """The record's bytes on disk: one line per UART line and edge, so that two records can be compared by
    eye."""
    data = dataclasses.asdict(record)
    if record.chip is None:
        del data["chip"]
    rows = {key: data.pop(key) for key in ("uart", "edges")}
    text = json.dumps(data, indent=2, ensure_ascii=False)
    for key, entries in rows.items():
        lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
        text = text.removesuffix("\n}") + f',\n  "{key}": [\n{lines}\n  ]\n}}'
    return text + "\n"


def write_record(path: Path, record: Record) -> None:
    """Write ``record`` to ``path``, atomically. Raises :class:`UsageError` when it cannot be written."""
    write_atomically(path, to_json(record))


def read_record(path: Path) -> Record:
    """Read and validate a record. Raises :class:`UsageError` that names the file and what is wrong with
    it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The result record {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is not a result record: it is not JSON ({error}).") from error
    try:
        return from_data(data)
    except UsageError as error:
        raise UsageError(f"{path} is not a valid result record: {error}") from error


def from_data(data: object) -> Record:
    """The record in parsed JSON; keys it does not know are ignored. Raises :class:`UsageError` naming the
    key."""
    if not isinstance(data, dict) or "schema" not in data:
        raise UsageError("it has no 'schema'; make one with 'scopeless sim BOARD --json FILE'.")
    if data["schema"] != SCHEMA:
        raise UsageError(
            f"its schema is {data['schema']!r}, this Scopeless reads {SCHEMA}; run the board again."
        )
    record: Record = decode(Record, data, "")
    for name, model in record.models.items():
        if len(model.outputs) != len(INPUTS):
            raise UsageError(
                f"models.{name}.outputs must have {len(INPUTS)} entries, not {len(model.outputs)}."
            )
        if model.toggle_cycles <= 0 or model.predict_cycles <= 0:
            raise UsageError(f"models.{name} has a window without cycles.")
    if record.clock_hz <= 0:
        raise UsageError(f"clock_hz must be positive, not {record.clock_hz}.")
    return record


def decode(kind: Any, value: object, where: str) -> Any:
    """``value`` as the annotated type ``kind``; ``where`` is its place in the record, for errors."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        hints = get_type_hints(kind)
        fields = dataclasses.fields(kind)
        needed = [f.name for f in fields if dataclasses.MISSING is f.default is f.default_factory]
        missing = [name for name in needed if name not in value]
        if missing:
            raise UsageError(f"{_join(where, missing[0])} is missing.")
        return kind(
            **{
                name: decode(hint, value[name], _join(where, name))
                for name, hint in hints.items()
                if name in value
            }
        )
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        return tuple(decode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        return {key: decode(arguments[1], item, _join(where, key)) for key, item in value.items()}
    if origin in (types.UnionType, Union):
        return None if value is None else decode(arguments[0], value, where)
    accepted = (int, float) if kind is float else (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
        raise _wrong(where, names[kind], value)
    return value


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _wrong(where: str, expected: str, value: object) -> UsageError:
    return UsageError(f"{where or 'the record'} must be {expected}, not {json.dumps(value)[:40]}.")
