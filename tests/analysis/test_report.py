"""The report: its figures are the comparison's, its page needs nothing but itself, its bytes repeat."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from records import make_record
from scopeless.benchmark.record import Record
from scopeless.benchmark.simulate import simulate
from scopeless.board import load_board
from scopeless_analysis.compare import Row, compare_all
from scopeless_analysis.page import FIDELITY_HEADER
from scopeless_analysis.report import build_report

VOID = {"meta"}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed by its own end tag. Collects cells and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._table = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self._table = dict(attrs).get("id") or f"table {len(self.tables)}"
            self.tables[self._table] = []
        elif tag == "tr":
            self.tables[self._table].append([])
        elif tag in ("td", "th"):
            self.tables[self._table][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[self._table][-1][-1] += data


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Two real boards, one with the sketch that was recorded, and made-up records of two more."""
    uno = load_board("arduino_uno")
    return [
        simulate(uno, 16, "stock", models=("simple1",), sketch="first"),
        simulate(uno, 16, "stock", models=("simple1",)),
        simulate(load_board("stm32f103"), 72, "recorded"),
        make_record(84_000_000, "arduino_due", 9, 1184),
        make_record(80_000_000, "stm32l476", 9, 1184),
    ]


@pytest.fixture(scope="module")
def rows(records: list[Record]) -> list[Row]:
    return compare_all(records, load_board)


@pytest.fixture(scope="module")
def files(records: list[Record]) -> dict[str, bytes]:
    return build_report(records, load_board, docs="../docs")


@pytest.fixture(scope="module")
def page(files: dict[str, bytes]) -> Page:
    return Page(files["index.html"].decode())


def test_every_figure_of_the_table_is_the_comparisons(page: Page, rows: list[Row]) -> None:
    header, *lines = page.tables["fidelity"]
    assert tuple(header) == FIDELITY_HEADER
    assert len(lines) == len(rows) > 10
    for cells, row in zip(lines, rows, strict=True):
        assert cells[:5] == [row.board, str(row.clock_mhz), row.model, row.quantity, row.basis]
        values = (
            (row.published_us, 5e-4),
            (row.cursor_us, 5e-4),
            (row.emulated_us, 5e-4),
            (row.error_percent, None),
            (row.emulated_cycles, 1e-9),
            (row.instructions_only_us, 5e-4),
            (row.implied_mhz, None),
        )
        for cell, (value, relative) in zip(cells[5:12], values, strict=True):
            if value is None:
                assert cell == ""
            elif relative is None:
                assert float(cell) == pytest.approx(value, abs=0.051)
            else:
                assert float(cell) == pytest.approx(value, rel=relative)


def test_the_csv_has_the_same_rows_in_full(files: dict[str, bytes], rows: list[Row]) -> None:
    lines = list(csv.DictReader(io.StringIO(files["rows.csv"].decode())))
    assert [line["error_percent"] for line in lines] == [
        "" if row.error_percent is None else str(row.error_percent) for row in rows
    ]
    assert [line["instructions"] for line in lines] == [
        "" if row.instructions is None else str(row.instructions) for row in rows
    ]


def test_the_page_needs_nothing_but_itself(page: Page, files: dict[str, bytes]) -> None:
    text = files["index.html"].decode()
    assert not re.search(r"https?:|//|url\(|@import|<script|<link|<img|<iframe", text)
    assert {name for _, name, _ in page.attributes} & {"src", "srcset", "data", "style", "onload"} == set()
    links = [value for _, name, value in page.attributes if name == "href"]
    names = {value for _, name, value in page.attributes if name == "id"}
    assert all(link[1:] in names for link in links if link.startswith("#"))
    assert {link for link in links if not link.startswith("#")} == {
        f"../docs/findings/{name}.md" for name in ("published-figures", "uno-simple1")
    }


def test_ids_are_unique(page: Page) -> None:
    names = [value for _, name, value in page.attributes if name == "id"]
    assert len(names) == len(set(names))


def test_pictures_are_well_formed(files: dict[str, bytes], records: list[Record]) -> None:
    assert ET.fromstring(files["fidelity.svg"]).tag == "{http://www.w3.org/2000/svg}svg"
    assert b"var(" not in files["fidelity.svg"]
    pictures = re.findall(r"<svg.*?</svg>", files["index.html"].decode(), re.S)
    screens = sum(len(record.models) + 1 for record in records)
    assert sum('class="trace"' in ET.tostring(ET.fromstring(p)).decode() for p in pictures) == screens


def test_the_same_records_in_any_order_give_the_same_bytes(
    files: dict[str, bytes], records: list[Record]
) -> None:
    assert build_report(records[::-1], load_board, docs="../docs") == files


def test_the_published_ratios_are_rebuilt(page: Page, records: list[Record]) -> None:
    """The text has 33 for the stm32f103 at 72 MHz, 7.38 for the Uno and 9.89 for the ESP8266."""
    lines = {(line[0], line[1]): line[2:] for line in page.tables["predict-toggle"][1:]}
    stm32f103 = records[2].models["simple1"]
    assert float(lines["stm32f103", "72"][0]) == pytest.approx(33, abs=0.05)
    assert float(lines["stm32f103", "72"][2]) == pytest.approx(
        stm32f103.predict_cycles / stm32f103.toggle_cycles, rel=5e-4
    )
    assert float(lines["arduino_uno", "8"][0]) == pytest.approx(7.38, abs=0.005)
    assert float(lines["esp8266", "160"][0]) == pytest.approx(9.89, abs=0.01)
    assert lines["esp8266", "160"][2] == ""
    first = records[0].models["simple1"]
    assert float(lines["arduino_uno", "8"][2]) == pytest.approx(
        first.predict_cycles / first.toggle_cycles, rel=5e-4
    ), "with the sketch it was recorded with"


def test_bars_show_all_cycles_of_the_record(page: Page, records: list[Record]) -> None:
    shown = {tuple(line[:3]): [int(cell) for cell in line[4:]] for line in page.tables["breakdown"][1:]}
    model = records[2].models["simple1"]
    total, issue, branch, flash, data, latency, other = shown["stm32f103", "72", "simple1"]
    assert total == model.predict_cycles == issue + branch + flash + data + latency + other
    assert flash == model.breakdown["fetch_flash"] + model.breakdown["data_flash"]
    assert ("arduino_uno", "16", "simple1") not in shown, "simavr does not account by cause"


def test_the_summary_names_the_findings(files: dict[str, bytes]) -> None:
    text = files["summary.md"].decode()
    assert "arduino_uno: The published rows say 8 MHz, but the recorded times imply 16.0 MHz" in text
    assert "[docs/findings/uno-simple1.md](../docs/findings/uno-simple1.md)" in text


def test_text_from_a_record_cannot_become_markup(records: list[Record]) -> None:
    hostile = replace(records[2], compiler="<script>alert(1)</script> & more")
    text = build_report([hostile], load_board)["index.html"].decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
    assert "<script" not in text


def test_parquet_holds_the_same_table(files: dict[str, bytes]) -> None:
    """Only with the optional pyarrow; without it there is no such file."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        assert "rows.parquet" not in files
        return
    import pandas as pd

    frame = pd.read_parquet(io.BytesIO(files["rows.parquet"]))
    assert frame.to_csv(index=False, lineterminator="\n").encode() == files["rows.csv"]
