"""The report's page: sections in the order a reader asks for them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from importlib.resources import files

from scopeless.benchmark.record import Record
from scopeless.board import Board
from scopeless_analysis import figures, published
from scopeless_analysis.compare import Row
from scopeless_analysis.findings import Finding
from scopeless_analysis.markup import Node, element, table
from scopeless_analysis.screen import Screen, picture, screens, time_text
from scopeless_analysis.text import figure, summary_lines

FIDELITY_HEADER = (
    "board",
    "MHz",
    "model",
    "quantity",
    "basis",
    "published µs",
    "cursors µs",
    "emulated µs",
    "error %",
    "cycles",
    "1 insn = 1 cycle µs",
    "implied MHz",
    "notes",
)


def build_page(
    records: Sequence[Record],
    rows: Sequence[Row],
    found: Sequence[Finding],
    board_of: Callable[[str], Board],
    docs: str,
) -> ET.Element:
    """The whole page; ``docs`` as in :func:`scopeless_analysis.report.build_report`."""
    sections = (
        _fidelity(rows),
        _findings(found, docs),
        _published(records, board_of),
        _cycles(records),
        _screens(records, board_of),
    )
    return element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", "Scopeless: emulated beside recorded"),
            element("style", _css()),
        ),
        element(
            "body",
            element("h1", "Emulated beside recorded"),
            element(
                "nav",
                *(
                    element("a", section.findtext("h2") or "", href=f"#{section.get('id')}")
                    for section in sections
                ),
            ),
            *sections,
            element("footer", _origin(records)),
        ),
        lang="en",
    )


def svg_style() -> str:
    """The style of a picture that stands alone: the page's, with the light colours filled in (few renderers
    of SVG know CSS variables)."""
    css = _css()
    colours = dict(re.findall(r"(--[\w-]+): ([^;]+);", css[: css.index("@media")]))
    drawing = css[css.index("/* drawing */") : css.index("/* end of drawing */")].removeprefix(
        "/* drawing */"
    )
    return re.sub(r"var\((--[\w-]+)\)", lambda match: colours[match[1]], drawing).strip()


def _css() -> str:
    return (files("scopeless_analysis") / "data" / "report.css").read_text(encoding="utf-8")


def _section(name: str, title: str, *children: Node) -> ET.Element:
    return element("section", element("h2", title), *children, id=name)


def _fidelity(rows: Sequence[Row]) -> ET.Element:
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    cells: list[tuple[Node, ...]] = [
        (
            row.board,
            str(row.clock_mhz),
            row.model,
            row.quantity,
            row.basis,
            figure(row.published_us),
            figure(row.cursor_us),
            figure(row.emulated_us),
            figure(row.error_percent, "+.1f"),
            figure(row.emulated_cycles, ".10g"),
            figure(row.instructions_only_us),
            figure(row.implied_mhz, ".1f"),
            ", ".join(str(notes.index(note) + 1) for note in row.notes),
        )
        for row in rows
    ]
    drawing = figures.fidelity(rows)
    return _section(
        "fidelity-section",
        "Fidelity",
        element("ul", *(element("li", line) for line in summary_lines(rows))),
        element("div", drawing, class_="box", tabindex="0", role="region", aria_label="Errors")
        if drawing is not None
        else None,
        table(
            FIDELITY_HEADER, cells, left=5, caption="Every recorded figure and its emulation", name="fidelity"
        ),
        element("ol", *(element("li", note) for note in notes), class_="notes") if notes else None,
        element(
            "p",
            "The error is the emulated time against the capture's cursors where there are any, else against "
            "the published figure. Predicted: no constant was fitted to the row.",
        ),
    )


def _findings(found: Sequence[Finding], docs: str) -> ET.Element:
    blocks = []
    for finding in found:
        name = f"docs/findings/{finding.page}"
        link = element("a", name, href=f"{docs}/findings/{finding.page}") if docs else element("code", name)
        blocks.append(
            element(
                "article",
                element("h3", finding.title),
                element("p", f"{finding.text} More in ", link, "."),
                table(finding.header, [tuple(row) for row in finding.rows], left=finding.words),
            )
        )
    return _section("findings", "Findings", *blocks)


def _published(records: Sequence[Record], board_of: Callable[[str], Board]) -> ET.Element:
    lines = published.published_lines(records, board_of)
    sources = ("published", "cursors", "emulated")
    times: list[tuple[Node, ...]] = []
    for line in lines:
        by_source = (line.published, line.cursors, line.emulated)
        cells = (figure(times_of[name]) for name in published.QUANTITIES for times_of in by_source)
        times.append((line.board, str(line.label_mhz), *cells))
    tables = [
        table(
            ("board", "MHz", *(f"{name} {source}" for name in published.QUANTITIES for source in sources)),
            times,
            caption="Times in µs, pin writes included",
            name="times",
        )
    ]
    for name, over, under in (
        ("predict-toggle", "simple1", "toggle"),
        ("simple2-simple1", "simple2", "simple1"),
    ):
        ratios: list[tuple[Node, ...]] = [
            (line.board, str(line.label_mhz), *(figure(ratio) for ratio in line.ratios(over, under)))
            for line in lines
        ]
        caption = f"{over} prediction over {under}"
        tables.append(table(("board", "MHz", *sources), ratios, caption=caption, name=name))
    return _section(
        "published",
        "The published tables",
        element(
            "p",
            "Clocks as published. The Due's and the Teensys' pins were recorded through digitalWrite() and "
            "are emulated through registers, so their toggles, and the ratios to them, differ by that. "
            "The AVR boards' simple1 is emulated with the sketch it was recorded with.",
        ),
        *tables,
    )


def _cycles(records: Sequence[Record]) -> ET.Element:
    drawing = figures.breakdowns(records)
    silent = sorted(
        {record.board for record in records if not any(m.breakdown for m in record.models.values())}
    )
    note = (
        f"Not shown: {', '.join(silent)}, whose engine does not account for cycles by cause."
        if silent
        else ""
    )
    legend = figures.breakdown_legend() if drawing is not None else None
    return _section("cycles", "Where the cycles go", legend, drawing, element("p", note) if note else None)


def _screens(records: Sequence[Record], board_of: Callable[[str], Board]) -> ET.Element:
    blocks: list[Node] = []
    for record in records:
        board = board_of(record.board)
        build = f", {record.sketch} sketch" if record.sketch else ""
        blocks.append(element("h3", f"{board.title} at {record.clock_hz / 1e6:g} MHz{build}"))
        blocks.append(
            element("div", *(_figure(screen) for screen in screens(record, board)), class_="screens")
        )
    return _section(
        "screens",
        "As on the scope's screen",
        element(
            "p",
            "The emulated pin, on the capture's time base where there is one and the window can be seen on "
            "it. A and B are the emulated window's edges; ticks at the top and the bottom are recorded "
            "edges, long for the capture's cursors, short for its read-outs of pulse widths.",
        ),
        *blocks,
    )


def _figure(screen: Screen) -> ET.Element:
    row, scope = screen.row, screen.scope
    title = "toggle" if row.quantity == "toggle" else f"{row.model} prediction"
    recorded = "not recorded"
    if scope is not None:
        kind = "published" if scope.cursor_us is None else "cursors"
        recorded = f"recorded ({kind}) {time_text(scope.best_us)}"
        if not screen.recorded_ticks:
            recorded += ", beyond this screen"
    error = "" if row.error_percent is None else f"{row.error_percent:+.1f} %"
    if error and row.compared_us != row.recorded_us:
        error += " without the pin write"
    if scope is not None and not error:
        error = "not comparable"
    return element(
        "figure",
        picture(screen),
        element(
            "figcaption",
            element("b", title),
            element("span", f"A to B {time_text(screen.window_us)}"),
            element("span", recorded),
            element("span", error) if error else None,
            element("span", f"recorded with the {screen.sketch} sketch") if screen.sketch else None,
        ),
    )


def _origin(records: Sequence[Record]) -> ET.Element:
    """The firmware behind the page, so that every figure can be traced to its record."""
    rows: list[tuple[Node, ...]] = [
        (
            " ".join(filter(None, (r.board, f"{r.clock_hz / 1e6:g} MHz", r.libm, r.sketch))),
            r.engine,
            r.timing_model,
            r.compiler,
            r.elf_sha256[:16],
        )
        for r in records
    ]
    header = ("record", "engine", "timing", "compiler", "firmware, SHA-256")
    return table(header, rows, left=5, caption="The result records behind this page", name="records")
