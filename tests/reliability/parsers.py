"""Damaged files of every kind that is read: ``make reliability RUN="parsers [COUNT [SEED]]"``.

Each is a valid file with a part flipped, overwritten, moved or cut off. Reading it must give a result or a
:class:`UsageError`; anything else is a defect.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from intelhex import IntelHex

from reliability import firmware_of
from reliability.mutants import mutate
from scopeless.benchmark.record import read_record
from scopeless.board import load_board
from scopeless.errors import UsageError
from scopeless.firmware.image import Image
from scopeless.guard.baseline import read_baseline
from scopeless.guard.config import read_config
from scopeless.renode.description import read_description
from scopeless.renode.script import read_script

ROOT = Path(__file__).parents[2]
BOARD = load_board("stm32f103")


@dataclass(frozen=True)
class Parser:
    """One kind of file: a valid one's content and name, and what reads it."""

    content: bytes
    name: str
    read: Callable[[Path], object]


def parsers(folder: Path) -> dict[str, Parser]:
    """Every kind of file that is read. Raises what running a board raises: a result record is among them."""
    from scopeless.benchmark.record import write_record
    from scopeless.benchmark.simulate import simulate

    elf = firmware_of(BOARD.name)
    records = IntelHex()
    for address, data in Image.open(elf, BOARD).segments:
        records.puts(address, data)
    records.write_hex_file(str(folder / "valid.hex"))
    record = folder / "valid.json"
    write_record(record, simulate(BOARD, 72, "recorded", models=("simple1",)))
    baseline = ROOT / "baselines" / "stm32f103-72mhz-recorded.json"

    def symbols_and_lines(path: Path) -> object:
        image = Image.open(path, BOARD)
        return [image.locate(address) for address, _ in image.segments]

    def parser(path: Path, read: Callable[[Path], object]) -> Parser:
        return Parser(path.read_bytes(), path.name, read)

    return {
        "ELF": parser(elf, symbols_and_lines),
        "HEX": parser(folder / "valid.hex", lambda path: Image.open(path, BOARD)),
        "result record": parser(record, read_record),
        "baseline": parser(baseline, lambda path: read_baseline(path.parent, path.stem)),
        "scopeless.toml": parser(ROOT / "scopeless.toml", read_config),
        ".repl": parser(ROOT / "renode" / "stm32f103.repl", read_description),
        ".resc": parser(ROOT / "renode" / "stm32f103.resc", read_script),
    }


def damage_files(count: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """How many of ``count`` damaged files of each kind were read and refused, and the defects."""
    ends: Counter[str] = Counter()
    defects = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds = parsers(folder)
        for number in range(count):
            chance = random.Random(f"{seed}/{number}")
            for kind, parser in kinds.items():
                path = folder / parser.name
                damaged = mutate(parser.content, chance)
                if kind != "ELF" and chance.randrange(2):  # text that is still text is looked at more closely
                    damaged = bytes(byte & 0x7F for byte in damaged)
                path.write_bytes(damaged)
                try:
                    parser.read(path)
                    ends[f"{kind} read"] += 1
                except UsageError as error:
                    ends[f"{kind} refused"] += 1
                    if "\n" in str(error):
                        defects.append(f"{kind} {number} of seed {seed}: more than a line: {error}")
                except Exception as error:
                    defects.append(f"{kind} {number} of seed {seed}: {type(error).__name__}: {error}")
    return ends, defects


def main(count: str = "10000", seed: str = "1") -> int:
    """The command."""
    ends, defects = damage_files(int(count), int(seed))
    shares = ", ".join(f"{end} {number}" for end, number in sorted(ends.items()))
    print("\n".join([*defects, f"{ends.total()} damaged files ({shares}): {len(defects)} defects"]))
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
