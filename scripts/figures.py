"""Renews the figures in README.md and its picture, from runs of every board (`make figures`).

They are those of the prebuilt firmware, so that they do not depend on the compilers of this machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scopeless.board import Board, board_names, load_board
from scopeless.files import write_atomically
from scopeless.record import read_record
from scopeless_analysis.compare import compare

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "img" / "sim-stm32f103.svg"
SECTION = re.compile(r"(?<=<!-- figures: `make figures` -->\n).*?(?=<!-- end -->)", re.DOTALL)
HEADER = """
| board | MHz | window | cycles | emulated us | recorded us | error | instructions only |
|---|---|---|---|---|---|---|---|
"""


def prebuilt(board: Board, clock_mhz: int) -> Path:
    """The board's prebuilt firmware, with its default libm."""
    return ROOT / "firmware" / "prebuilt" / f"{board.name}-{clock_mhz}mhz-{board.libm[0]}.elf"


def sim(board: Board, clock_mhz: int, *options: str) -> None:
    """Run ``scopeless sim`` quietly on the prebuilt firmware."""
    elf = prebuilt(board, clock_mhz)
    command = [sys.executable, "-m", "scopeless", "sim", board.name, "--clock", str(clock_mhz)]
    subprocess.run([*command, "--elf", str(elf), *options], check=True, stdout=subprocess.DEVNULL)


def picture(path: Path) -> None:
    """The terminal of one run, as SVG."""
    sim(load_board("stm32f103"), 72, "--svg", str(path))


def figures() -> str:
    """The table of all boards and clocks that are prebuilt, as Markdown."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.json"
        for board in map(load_board, board_names()):
            for clock in (mhz for mhz in board.clocks_mhz if prebuilt(board, mhz).exists()):
                sim(board, clock, "--json", str(path))
                for row in compare(read_record(path), board):
                    window = "toggle" if row.quantity == "toggle" else row.model
                    recorded = "" if row.recorded_us is None else f"{row.recorded_us:g}"
                    error = "" if row.error_percent is None else f"{row.error_percent:+.1f} %"
                    counted = "" if row.instructions_only_us is None else f"{row.instructions_only_us:.3f} us"
                    cells = (board.name, clock, window, row.emulated_cycles, f"{row.emulated_us:.3f}")
                    lines.append("| " + " | ".join(map(str, (*cells, recorded, error, counted))) + " |")
    return HEADER + "\n".join(lines) + "\n\n"


def main() -> None:
    """Write both files."""
    text = README.read_text(encoding="utf-8")
    table = figures()
    write_atomically(README, SECTION.sub(lambda _: table, text))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture(PICTURE)


if __name__ == "__main__":
    main()
