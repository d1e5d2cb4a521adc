"""What the records say about the published experiment. Every number comes from a record or a recorded row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scopeless.benchmark.record import Record
from scopeless.board import Board
from scopeless_analysis.compare import Row, refuted_label
from scopeless_analysis.published import published_lines
from scopeless_analysis.scope import find_row, scope_rows


@dataclass(frozen=True)
class Finding:
    """A finding: what it says, the numbers it rests on, and the page of docs/findings that goes into it."""

    title: str
    text: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    page: str
    words: int = 1
    """How many columns, from the left, are not numbers."""


def findings(
    records: Sequence[Record], rows: Sequence[Row], board_of: Callable[[str], Board]
) -> list[Finding]:
    """All findings that ``records``, compared as ``rows``, have numbers for."""
    found = (
        _implied_clocks(rows),
        _mislabelled(records, board_of),
        _fpu(records),
        _sketches(records, board_of),
    )
    return [finding for finding in found if finding]


def _implied_clocks(rows: Sequence[Row]) -> Finding | None:
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        if row.implied_mhz is not None:
            groups.setdefault((row.board, row.label_mhz), []).append(row)
    cells, refuted = [], []
    for (board, label_mhz), group in groups.items():
        implied = sorted(row.implied_mhz for row in group if row.implied_mhz is not None)
        sentence = refuted_label(group)
        verdict = "refuted" if sentence else "stands"
        cells.append((board, verdict, str(label_mhz), f"{implied[0]:.1f}", f"{implied[-1]:.1f}"))
        if sentence:
            refuted.append(f"{board}: {sentence}")
    text = " ".join(refuted) or "No published clock label is far from what the recorded times imply."
    header = ("board", "label", "published MHz", "implied MHz, lowest", "highest")
    return Finding("Implied clocks", text, header, cells, "published-figures.md", 2) if cells else None


def _mislabelled(records: Iterable[Record], board_of: Callable[[str], Board]) -> Finding:
    times = {(line.board, line.label_mhz): line for line in published_lines(records, board_of)}
    cells = []
    for scope in scope_rows():
        if scope.cursor_us is None or abs(scope.published_us - scope.cursor_us) <= scope.resolution_us:
            continue
        quantity = "toggle" if scope.quantity == "toggle" else scope.model
        emulated = times[scope.board, scope.label_mhz].emulated[quantity]
        off = 100 * (scope.published_us / scope.cursor_us - 1)
        cells.append(
            (
                scope.board,
                quantity,
                str(scope.label_mhz),
                f"{scope.published_us:g}",
                f"{scope.cursor_us:g}",
                f"{off:+.1f}",
                "" if emulated is None else f"{emulated:.4g}",
            )
        )
    text = (
        f"{len(cells)} published figures differ from their own capture's cursors by more than a cursor step. "
        "Errors on this page are against the cursors."
    )
    header = ("board", "window", "label MHz", "published µs", "cursors µs", "off %", "emulated µs")
    return Finding("Mislabelled figures", text, header, cells, "published-figures.md", 2)


def _fpu(records: Iterable[Record]) -> Finding | None:
    cells, shares = [], []
    for record in records:
        for name, model in record.models.items():
            fpu = model.mix.get("fpu", 0)
            if fpu and model.instructions and record.core == "cortex-m7":
                share = 100 * fpu / model.instructions
                shares.append(share)
                where = (record.board, name, str(record.clock_mhz), str(model.instructions))
                cells.append((*where, str(fpu), f"{share:.1f}", str(model.predict_cycles)))
    if not cells:
        return None
    text = (
        f"At most {max(shares):.1f} % of the instructions in the F746's windows are FPU instructions, and "
        "these move doubles between registers: its FPU computes in single precision, the networks in doubles."
    )
    by_clock = {(record.board, record.clock_mhz): record for record in records if not record.sketch}
    slow, fast = by_clock.get(("stm32f103", 72)), by_clock.get(("stm32f746", 216))
    if slow and fast and "simple2" in slow.models and "simple2" in fast.models:
        a, b = slow.models["simple2"], fast.models["simple2"]
        text += (
            f" What makes simple2 {a.predict_us / b.predict_us:.1f} times as fast as on the stm32f103 at 72 "
            f"MHz is the clock ({fast.clock_hz / slow.clock_hz:.1f} times) and fewer cycles "
            f"({a.predict_cycles / b.predict_cycles:.1f} times) for about as many instructions "
            f"({a.instructions} and {b.instructions})."
        )
    header = ("board", "model", "MHz", "instructions", "FPU", "share %", "cycles")
    return Finding("The FPU's share", text, header, cells, "fpu.md", 2)


def _sketches(records: Sequence[Record], board_of: Callable[[str], Board]) -> Finding | None:
    regular = {(record.board, record.clock_mhz): record for record in records if not record.sketch}
    cells = []
    for record in records:
        whole = regular.get((record.board, record.clock_mhz))
        if not record.sketch or whole is None:
            continue
        label_mhz = board_of(record.board).scope_label_mhz(record.clock_mhz)
        for name, model in record.models.items():
            scope = find_row(record.board, label_mhz, name, "predict")
            if name in whole.models and scope:
                recorded = scope.best_us * record.clock_hz / 1e6
                ours = (str(whole.models[name].predict_cycles), str(model.predict_cycles))
                cells.append((record.board, name, str(record.clock_mhz), *ours, f"{recorded:.0f}"))
    text = (
        "The AVR boards' simple1 rows were recorded with an earlier sketch, whose compiler moved a division "
        "behind the pin's falling edge. Both builds beside the recording:"
    )
    header = ("board", "model", "MHz", "regular build, cycles", "first sketch, cycles", "recorded, cycles")
    return (
        Finding("A division that left the window", text, header, cells, "uno-simple1.md", 2)
        if cells
        else None
    )
