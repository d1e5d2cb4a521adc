"""Renews the figures in README.md and its picture, from runs of every board (`make figures`).

They are those of the prebuilt firmware, so that they do not depend on the compilers of this machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from scopeless.benchmark.matrix import Run, all_runs
from scopeless.benchmark.record import Record
from scopeless.benchmark.simulate import simulate
from scopeless.board import load_board
from scopeless.files import write_atomically
from scopeless_analysis.compare import Row, compare_all, summarize

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "img" / "sim-stm32f103.svg"
SECTION = re.compile(r"(?<=<!-- figures: `make figures` -->\n).*?(?=<!-- end -->)", re.DOTALL)
HEADER = """
| board | MHz | window | recorded us | emulated us | error | instructions only | basis |
|---|---|---|---|---|---|---|---|
"""


def prebuilt(run: Run) -> Path:
    """The run's firmware."""
    return ROOT / "firmware" / "prebuilt" / f"{run.stem}.elf"


def picture(path: Path) -> None:
    """The terminal of one run, as SVG."""
    elf = prebuilt(Run("stm32f103", 72, "recorded"))
    command = [sys.executable, "-m", "scopeless", "sim", "stm32f103", "--elf", str(elf), "--svg", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def figures() -> str:
    """The table of all recorded figures that boards of ours have a counterpart to, and what it comes to, as
    Markdown."""
    rows = compare_all(map(_record, all_runs()), load_board)
    lines = [_line(row) for row in rows if row.error_percent is not None]
    sums = [
        f"{s.rows} {s.basis} rows: median error {s.median_percent:.1f} %, worst {s.worst_percent:.1f} %, "
        f"{s.rows - len(s.outside)} within 5 %."
        for s in (summarize(rows, basis) for basis in ("predicted", "fitted"))
        if s
    ]
    return HEADER + "\n".join(lines) + "\n\n" + "\n".join(sums) + "\n\n"


def _record(run: Run) -> Record:
    board = load_board(run.board)
    return simulate(board, run.clock_mhz, run.libm, models=run.models, elf=prebuilt(run), sketch=run.sketch)


def _line(row: Row) -> str:
    window = "toggle" if row.quantity == "toggle" else row.model
    cells = (
        row.board,
        row.clock_mhz,
        window,
        f"{row.compared_us:.4g}",
        f"{row.emulated_us:.4g}",
        f"{row.error_percent:+.1f} %",
        f"{row.instructions_only_us:.4g} us",
        row.basis,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Write both files."""
    text = README.read_text(encoding="utf-8")
    table = figures()
    write_atomically(README, SECTION.sub(lambda _: table, text))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture(PICTURE)


if __name__ == "__main__":
    main()
