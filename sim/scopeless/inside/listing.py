"""Annotated source as text and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scopeless.inside.annotate import NO_SOURCE, Line, SourceFile

MISSING = "source not found; line numbers only"
STYLE = """body{font:14px system-ui,sans-serif;margin:2em;color:#222}
table{border-collapse:collapse;font:12px ui-monospace,monospace;margin-bottom:2em}
td,th{padding:1px 10px;text-align:right;white-space:pre}
td.code,td.stalls,th.code{text-align:left}
td.stalls{color:#777}
tr.gap td{color:#999;text-align:left}"""


def as_text(files: Sequence[SourceFile], title: str) -> str:
    """A listing: cycles, their share, executions, source, stalls."""
    total = max(sum(file.cycles for file in files), 1)
    parts = [f"{title}: {total} cycles\n"]
    for file in files:
        parts.append(f"\n{_heading(file, total)}\n{'cycles':>10}  {'%':>5}  {'times':>8}  line\n")
        for number in file.shown():
            if number is None:
                parts.append(f"{'':27}...\n")
                continue
            line = file.lines.get(number)
            numbers = f"{'':10}  {'':5}  {'':8}"
            if line is not None:
                numbers = f"{line.cycles:10}  {100 * line.cycles / total:5.1f}  {line.executions:8}"
            stalls = f"    // {line.stalls}" if line is not None and line.stalls else ""
            where = f"{number:5}" if number else "     "
            parts.append(f"{numbers}  {where}  {file.line(number)}{stalls}".rstrip() + "\n")
    return "".join(parts)


def as_html(files: Sequence[SourceFile], title: str) -> str:
    """The same as one page, the lines' background as warm as they are dear."""
    total = max(sum(file.cycles for file in files), 1)
    most = max((line.cycles for file in files for line in file.lines.values()), default=1)
    parts = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style></head><body>\n<h1>{escape(title)}: {total} cycles</h1>\n"
    ]
    for file in files:
        parts.append(f"<h2>{escape(_heading(file, total))}</h2>\n<table>\n")
        parts.append(
            '<tr><th>cycles</th><th>%</th><th>times</th><th>line</th><th class="code">source</th>'
            '<th class="code">stalls</th></tr>\n'
        )
        parts += [_html_row(file, number, total, most) for number in file.shown()]
        parts.append("</table>\n")
    return "".join(parts) + "</body></html>\n"


def _html_row(file: SourceFile, number: int | None, total: int, most: int) -> str:
    if number is None:
        return '<tr class="gap"><td colspan="6">…</td></tr>\n'
    line = file.lines.get(number, Line())
    known = number in file.lines
    heat = f' style="background:rgba(255,120,0,{0.55 * line.cycles / most:.3f})"' if line.cycles > 0 else ""
    cells = (line.cycles, f"{100 * line.cycles / total:.1f}", line.executions) if known else ("", "", "")
    numbers = "".join(f"<td>{cell}</td>" for cell in cells)
    return (
        f'<tr{heat}>{numbers}<td>{number or ""}</td><td class="code">{escape(file.line(number))}</td>'
        f'<td class="stalls">{escape(line.stalls)}</td></tr>\n'
    )


def _heading(file: SourceFile, total: int) -> str:
    note = f" ({MISSING})" if file.text is None and file.path != NO_SOURCE else ""
    return f"{file.path}{note}: {file.cycles} cycles, {100 * file.cycles / total:.1f} %"
