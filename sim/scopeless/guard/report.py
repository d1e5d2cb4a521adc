"""A check's outcome for people and for other programs: text, Markdown, JSON, JUnit, and the formats that
github-action-benchmark and Bencher read (docs/ci.md)."""

from __future__ import annotations

import json
import os
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from scopeless.errors import ScopelessError
from scopeless.guard.compare import Comparison, Figure, Growth, Verdict
from scopeless.guard.config import Firmware

HEADER = ("firmware", "figure", "baseline", "now", "change", "%", "limit", "")
MOST_FUNCTIONS = 5
GREW = (Verdict.REGRESSION, Verdict.ALLOWED)


@dataclass(frozen=True)
class Outcome:
    """All comparisons of one check, and the error of each firmware that could not be measured."""

    comparisons: Sequence[Comparison]
    failures: Sequence[tuple[Firmware, ScopelessError]] = ()

    @property
    def figures(self) -> list[Figure]:
        """All figures in order."""
        return [figure for comparison in self.comparisons for figure in comparison.figures]

    def count(self, verdict: Verdict) -> int:
        """How many figures have ``verdict``."""
        return sum(figure.verdict is verdict for figure in self.figures)

    def causes(self) -> dict[str, list[str]]:
        """What else changed -> the firmware it changed for."""
        causes: dict[str, list[str]] = {}
        for comparison in self.comparisons:
            for cause in comparison.causes:
                causes.setdefault(cause, []).append(comparison.now.name)
        return causes

    def cause_lines(self) -> list[str]:
        """The causes as text, each with the firmware it is about unless that is all."""
        lines = []
        for cause, names in self.causes().items():
            about = "" if len(names) == len(self.comparisons) > 1 else f" ({', '.join(names)})"
            lines.append(f"{cause[:-1]}{about}.")
        return lines

    def growth_lines(self) -> list[str]:
        """What explains each figure that grew, one line for each model and memory."""
        lines: dict[str, str] = {}
        for comparison in self.comparisons:
            for figure in comparison.of(*GREW):
                if rows := comparison.growth_of(figure):
                    about = f"{figure.firmware} {figure.model or figure.quantity}"
                    if figure.model and comparison.same_instructions(figure.model):
                        about += ", with as many instructions as before"
                    lines[about] = f"{about}: {growth_text(rows)}"
        return list(lines.values())

    def summary(self) -> str:
        """One sentence with the counts."""
        total = len(self.figures)
        counts = {verdict: self.count(verdict) for verdict in Verdict}
        words = (
            (Verdict.REGRESSION, "beyond the limit"),
            (Verdict.ALLOWED, "grown within the limit"),
            (Verdict.IMPROVED, "improved"),
            (Verdict.NEW, "new"),
            (Verdict.SAME, "as in the baseline"),
        )
        parts = [f"{counts[verdict]} {text}" for verdict, text in words if counts[verdict]]
        parts += [f"{len(self.failures)} firmware not measured"] if self.failures else []
        return f"{total} figures of {len(self.comparisons)} firmware: {', '.join(parts) or 'none'}."


def growth_text(rows: Sequence[Growth]) -> str:
    """``sigmoid +412 cycles, network.c:22; ...``"""
    shown = [str(row) for row in rows[:MOST_FUNCTIONS]]
    rest = rows[MOST_FUNCTIONS:]
    if rest:
        shown.append(f"{len(rest)} more +{sum(row.amount for row in rest)} {rest[0].unit}")
    return "; ".join(shown)


def cells(figure: Figure) -> tuple[str, ...]:
    """A figure's row under :data:`HEADER`."""
    return (
        figure.firmware,
        figure.name,
        "" if figure.old is None else str(figure.old),
        str(figure.new),
        "" if figure.delta is None else f"{figure.delta:+d}",
        "" if figure.percent is None else f"{figure.percent:+.2f}",
        str(figure.limit),
        "" if figure.verdict is Verdict.SAME else str(figure.verdict),
    )


def to_markdown(outcome: Outcome) -> str:
    """For a pull request's comment or a step summary: the figures that changed, and why."""
    mark = ":x:" if outcome.failures or outcome.count(Verdict.REGRESSION) else ":white_check_mark:"
    lines = [f"### {mark} Scopeless check", "", outcome.summary(), ""]
    lines += [f"- **{_escape(text)}**" for text in outcome.cause_lines()]
    lines += [f"- {_escape(one.name)} was not measured: {_escape(str(e))}" for one, e in outcome.failures]
    rows = [cells(figure) for figure in outcome.figures if figure.verdict is not Verdict.SAME]
    if rows:
        lines += ["", "| " + " | ".join(HEADER) + " |", "|---|---|--:|--:|--:|--:|--:|---|"]
        lines += ["| " + " | ".join(map(_escape, row)) + " |" for row in rows]
    if growth := outcome.growth_lines():
        lines += ["", "What grew:", "", *(f"- {_escape(line)}" for line in growth)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip("\n") + "\n"


def _escape(text: str) -> str:
    return re.sub(r"([\\|*_<>`])", r"\\\1", text.replace("\n", " "))


def to_json(outcome: Outcome) -> str:
    """Everything, for programs. The keys are documented in docs/ci.md."""
    data = {
        "schema": 1,
        "regressions": outcome.count(Verdict.REGRESSION),
        "firmware": [
            {
                "name": comparison.now.name,
                "board": comparison.now.board,
                "clock_mhz": comparison.now.clock_mhz,
                "libm": comparison.now.libm,
                "origin": asdict(comparison.now.origin),
                "firmware_changed": comparison.old is not None
                and comparison.old.origin.elf_sha256 != comparison.now.origin.elf_sha256,
                "causes": comparison.causes,
                "figures": [_figure(figure) for figure in comparison.figures],
                "growth": {
                    what: [
                        {"name": row.name, "amount": row.amount, "unit": row.unit, "lines": dict(row.lines)}
                        for row in rows
                    ]
                    for what, rows in comparison.growth.items()
                },
            }
            for comparison in outcome.comparisons
        ],
        "failures": [{"name": one.name, "message": str(error)} for one, error in outcome.failures],
    }
    return json.dumps(data, indent=2) + "\n"


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "model": figure.model,
        "quantity": figure.quantity,
        "unit": figure.unit,
        "old": figure.old,
        "new": figure.new,
        "delta": figure.delta,
        "percent": None if figure.percent is None else round(figure.percent, 4),
        "limit": str(figure.limit),
        "verdict": figure.verdict.name.lower(),
    }


def to_github_benchmark(outcome: Outcome) -> str:
    """What github-action-benchmark reads as ``tool: customSmallerIsBetter``."""
    data = [
        {"name": f"{f.firmware} {f.name}", "unit": f.unit, "value": f.new, "extra": f"limit {f.limit}"}
        for f in outcome.figures
    ]
    return json.dumps(data, indent=2) + "\n"


def to_bencher(outcome: Outcome) -> str:
    """Bencher Metric Format: benchmark -> measure -> value."""
    data: dict[str, dict[str, dict[str, int]]] = {}
    for figure in outcome.figures:
        measure = figure.quantity if figure.quantity == figure.unit else f"{figure.quantity}-{figure.unit}"
        benchmark = f"{figure.firmware} {figure.model}".rstrip()
        data.setdefault(benchmark, {})[measure] = {"value": figure.new}
    return json.dumps(data, indent=2) + "\n"


def to_junit(outcome: Outcome) -> str:
    """JUnit XML, valid by the two schemas in use (Ant's as written down by windyroad, and junit-10 of
    Jenkins' xUnit plugin): a suite per firmware, a case per figure.

    The format demands a time of day: that of SOURCE_DATE_EPOCH, else its zero, so that the same check gives
    the same bytes.
    """
    root = ET.Element("testsuites")
    for number, comparison in enumerate(outcome.comparisons):
        causes = [f"{cause}\n" for cause in comparison.causes]
        suite = _suite(root, number, comparison.now.name, len(comparison.figures))
        suite.set("failures", str(len(comparison.of(Verdict.REGRESSION))))
        for figure in comparison.figures:
            case = _case(suite, figure.firmware, figure.name)
            if figure.verdict is Verdict.REGRESSION:
                message = (
                    f"{figure.name} grew from {figure.old} to {figure.new} {figure.unit} "
                    f"({figure.delta:+d}), limit {figure.limit}"
                )
                failure = ET.SubElement(case, "failure", message=message, type="Regression")
                rows = comparison.growth_of(figure)
                failure.text = _xml_text("".join([*causes, *(f"{row}\n" for row in rows)]))
        _close(suite, "".join(causes))
    for number, (one, error) in enumerate(outcome.failures, len(outcome.comparisons)):
        suite = _suite(root, number, one.name, 1)
        suite.set("errors", "1")
        case = _case(suite, one.name, "run")
        ET.SubElement(case, "error", message=_xml_text(str(error)), type=type(error).__name__)
        _close(suite, "")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, number: int, name: str, tests: int) -> ET.Element:
    moment = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or 0))
    suite = ET.SubElement(root, "testsuite", name=name, package="scopeless", id=str(number))
    suite.attrib |= {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", moment),
        "hostname": "localhost",
        "tests": str(tests),
        "failures": "0",
        "errors": "0",
        "time": "0",
    }
    ET.SubElement(suite, "properties")
    return suite


def _case(suite: ET.Element, firmware: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"scopeless.{firmware}", name=name, time="0")


def _close(suite: ET.Element, text: str) -> None:
    ET.SubElement(suite, "system-out").text = _xml_text(text)
    ET.SubElement(suite, "system-err")


def _xml_text(text: str) -> str:
    """``text`` without the characters that XML 1.0 (section 2.2) cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "?", text)


def table_rows(outcome: Outcome, *, every: bool) -> Iterable[tuple[str, ...]]:
    """The rows to print: figures that are not as in the baseline, or ``every`` one."""
    return [cells(figure) for figure in outcome.figures if every or figure.verdict is not Verdict.SAME]
