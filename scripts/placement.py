"""How much of a window's time is a matter of where the linker puts the library code.

    python scripts/placement.py BOARD [CLOCK]

Builds the board's firmware from a copy of the sources with 0, 4, ... 60 bytes of room in front of the C
library, runs each, and prints the spread of both predictions beside the recorded times. Nothing in the
program changes but addresses; flash lines, prefetch buffers and caches do the rest.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from scopeless.benchmark.simulate import simulate
from scopeless.board import load_board
from scopeless.errors import ScopelessError
from scopeless.firmware.build import FIRMWARE
from scopeless_analysis.compare import compare

PLACES = range(0, 64, 4)
CODE = "        *(.text .text.*)\n"
MOVED = "        *(EXCLUDE_FILE(*lib*.a:*) .text EXCLUDE_FILE(*lib*.a:*) .text.*)\n        . += {};\n" + CODE


def main(name: str, clock: str = "") -> None:
    """Print one line for each window."""
    board = load_board(name)
    clock_mhz = board.check_clock(int(clock) if clock else None)
    errors: dict[str, list[float]] = {}
    cycles: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "firmware"
        shutil.copytree(FIRMWARE, sources)
        script = sources / "hal" / "cortexm" / "cortexm.ld"
        text = script.read_text()
        assert CODE in text
        for place in PLACES:
            script.write_text(text.replace(CODE, MOVED.format(place)))
            command = ["make", "--silent", "-C", str(sources), f"BOARD={name}", f"CLOCK={clock_mhz}"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            elf = next((Path(folder) / "build" / "firmware").glob("*.elf"))
            record = simulate(board, clock_mhz, board.libm[0], elf=elf)
            for row in compare(record, board):
                if row.quantity == "predict":
                    cycles.setdefault(row.model, []).append(record.models[row.model].predict_cycles)
                    if row.error_percent is not None:
                        errors.setdefault(row.model, []).append(row.error_percent)
    for model, values in cycles.items():
        line = f"{name} {clock_mhz} MHz {model}: {min(values)} to {max(values)} cycles"
        if model in errors:
            off = errors[model]
            line += f", error {min(off):+.1f} to {max(off):+.1f} %, median {statistics.median(off):+.1f} %"
        print(line)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (TypeError, ValueError):
        sys.exit(__doc__)
    except ScopelessError as error:
        sys.exit(f"placement: {error}")
