"""The report of ``scopeless sim``: predictions, times beside the recorded ones, where the cycles went,
findings."""

from __future__ import annotations

from dataclasses import replace

from scopeless.benchmark.golden import golden_outputs
from scopeless.benchmark.record import ChipTiming, Record, microseconds
from scopeless.benchmark.session import INPUTS
from scopeless.benchmark.windows import single_write_prediction_cycles, text_prediction_cycles
from scopeless.board import Board
from scopeless.cli._output import Output
from scopeless_analysis.compare import Row, compare, percent, refuted_label


def show(output: Output, record: Record, board: Board) -> None:
    """Print the whole report."""
    rows = compare(record, board)
    output.line(f"{board.title} ({record.mcu}) at {record.clock_hz / 1e6:g} MHz, libm {record.libm}", "bold")
    output.line(f"engine {record.engine}, timing by {record.timing_model}")
    output.line(f"firmware by {record.compiler}")
    output.line()
    _predictions(output, record)
    _times(output, rows)
    _prediction_alone(output, record)
    _breakdown(output, record)
    if record.chip:
        _chip(output, record, record.chip, board)
    _instructions_only(output, rows)
    _row_notes(output, rows)
    for note in (*board.notes, *record.notes):
        output.line(f"Note: {note}")
    if finding := refuted_label(rows):
        output.line(f"Finding: {finding}", "bold yellow")


def _predictions(output: Output, record: Record) -> None:
    header, columns = ["inputs"], [[f"[{' '.join(map(str, inputs))}]" for inputs in INPUTS] + ["max error"]]
    for name, model in record.models.items():
        header += [name, "golden"]
        columns.append([f"{value:.8f}" for value in model.outputs] + [f"{model.max_error:.1e}"])
        columns.append(
            [f"{value:.8f}" for value in golden_outputs(name)] + ["ok" if model.correct else "WRONG"]
        )
    output.table("Predictions", header, list(zip(*columns, strict=True)))


def _chip(output: Output, record: Record, chip: ChipTiming, board: Board) -> None:
    """The timing model over what another engine executed."""
    name = record.engine.split()[0]
    output.line(f"The chip's cycles of what {name} executed, timing by {chip.timing_model}", "bold")
    output.line()
    on_chip = replace(record, models=chip.models)
    _times(output, compare(on_chip, board), "The chip's times, and recorded")
    _prediction_alone(output, on_chip)
    _breakdown(output, on_chip)
    cells = [
        (name, str(count.recorder), str(count.trace), str(count.own_engine), "ok" if count.agree else "WRONG")
        for name, count in chip.counts.items()
    ]
    header = ("window", "edge recorder", "trace", "own engine", "")
    output.table("Instructions, with those that IT blocks skip", header, cells)


def _times(output: Output, rows: list[Row], title: str = "Times, emulated and recorded") -> None:
    cells = [
        (
            _name(row),
            _figure(row.emulated_cycles, ".10g"),
            _figure(row.emulated_us, ".3f"),
            _figure(row.published_us, "g"),
            _figure(row.cursor_us, "g"),
            _figure(row.error_percent, "+.1f"),
            _figure(row.implied_mhz, ".1f"),
        )
        for row in rows
    ]
    header = ("window", "cycles", "us", "published us", "cursor us", "error %", "implied MHz")
    output.table(title, header, cells)


def _instructions_only(output: Output, rows: list[Row]) -> None:
    cells = []
    for row in rows:
        if row.instructions_only_us is not None:
            error = percent(row.instructions_only_us, row.recorded_us) if row.recorded_us else None
            times = (f"{row.instructions_only_us:.3f}", _figure(error, "+.1f"))
            cells.append((_name(row), str(row.instructions), *times))
    if cells:
        header = ("window", "instructions", "us", "error %")
        output.table("What counting instructions would say, one cycle each", header, cells)


def _prediction_alone(output: Output, record: Record) -> None:
    cells = []
    for name, model in record.models.items():
        text = text_prediction_cycles(model.toggle_cycles, model.predict_cycles)
        single = single_write_prediction_cycles(model.toggle_cycles, model.predict_cycles)
        us = [f"{microseconds(cycles, record.clock_hz):.3f}" for cycles in (text, single)]
        cells.append((name, f"{text:g}", us[0], f"{single:g}", us[1]))
    header = ("model", "Thl - Tt/2 cycles", "us", "Thl - Tt/4 cycles", "us")
    output.table("Prediction alone: as in the text (Tt/2), without its one pin write (Tt/4)", header, cells)


def _breakdown(output: Output, record: Record) -> None:
    windows: dict[str, tuple[dict[str, int], int]] = {}
    for name, model in record.models.items():
        windows.setdefault("toggle", (model.toggle_breakdown, model.toggle_cycles))
        windows[name] = (model.breakdown, model.predict_cycles)
    if not all(parts for parts, _ in windows.values()):
        return
    causes = [cause for cause in windows["toggle"][0] if any(parts[cause] for parts, _ in windows.values())]
    cells = []
    for cause in causes:
        shares = (f"{parts[cause]} ({parts[cause] / cycles:.0%})" for parts, cycles in windows.values())
        cells.append((cause.replace("_", " "), *shares))
    output.table("Where the cycles go", ("cause", *windows), cells)


def _row_notes(output: Output, rows: list[Row]) -> None:
    """Each note once, with the windows it is about."""
    windows: dict[str, list[str]] = {}
    for row in rows:
        for note in row.notes:
            windows.setdefault(note, []).append(_name(row))
    for note, names in windows.items():
        output.line(f"Note on {', '.join(names)}: {note}.")


def _name(row: Row) -> str:
    return "toggle" if row.quantity == "toggle" else row.model


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
