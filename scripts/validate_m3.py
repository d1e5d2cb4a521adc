"""The Cortex-M3 model beside recorded hardware: programs and sequences of an STM32F100 without wait states.

    python scripts/validate_m3.py CMEMU/cmemu-tests/tests/stm32f100rbt6 [NAME ...]

The recordings are those of https://github.com/mimuw-distributed-systems-group/cmemu (MIT or Apache-2.0);
they are not part of this project. Each archive holds flash images and what the chip left in memory after
running them: cycle counts among it. Each image runs here on Unicorn with the timing core, and the same memory
is compared. Needs `pip install zstandard msgpack`. NAME picks archives by part of a name.
"""

from __future__ import annotations

import ctypes
import io
import mmap
import re
import statistics
import struct
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unicorn import UC_HOOK_CODE, UC_PROT_ALL
from unicorn.arm_const import UC_ARM_REG_SP, UC_ARM_REG_XPSR

from scopeless.cortexm.cpu import Cpu
from scopeless.native import Bus, FlashModel, Setting, TimingCore

FLASH, RAM, PRIVATE, PERIPHERALS = 0x0800_0000, 0x2000_0000, 0xE000_0000, 0x4000_0000
FLASH_SIZE, RAM_SIZE, CYCCNT = 0x8_0000, 0x1_0000, 0x1004
OTHER_COUNTERS = ("cpi", "lsu", "fold", "exc")  # 8-bit event counters of the DWT: not modelled
BENCHMARKS = "benchmarks"


class Chip:
    """Flash, RAM, the cycle counter, and registers that read as zero."""

    def __init__(self) -> None:
        self.uc = Cpu("cortex-m3").uc
        self.timing = TimingCore(self.uc, "cortex-m3")
        self.timing.set(Setting.FLASH_MODEL, FlashModel.STM32F1)
        self.memories = []
        for bases, size, bus in (((FLASH, 0), FLASH_SIZE, Bus.FLASH), ((RAM,), RAM_SIZE, Bus.SYSTEM)):
            memory = mmap.mmap(-1, size)
            host = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            self.memories.append(memory)
            for base in bases:
                self.uc.mem_map_ptr(base, size, UC_PROT_ALL, host)
                self.timing.map(base, size, host, bus)
        for base, size, bus in ((PRIVATE, 0x10_0000, Bus.PPB), (PERIPHERALS, 0x1000_0000, Bus.AHB)):
            self.uc.mmio_map(base, size, self._read, None, lambda *_: None, None)
            self.timing.map(base, size, None, bus)

    def _read(self, uc: object, offset: int, size: int, data: object) -> int:
        return self.timing.cycles & 0xFFFF_FFFF if offset == CYCCNT else 0

    def run(self, image: bytes, entry: int, end: int) -> int:
        """Run from ``entry`` to ``end``; the number of instructions."""
        for memory in self.memories:
            memory[:] = bytes(len(memory))
        self.memories[0][: len(image)] = image
        self.uc.ctl_flush_tb()
        self.timing.reset()
        self.uc.reg_write(UC_ARM_REG_SP, struct.unpack_from("<I", image)[0])
        self.uc.reg_write(UC_ARM_REG_XPSR, 1 << 24)
        hook = self.uc.hook_add(UC_HOOK_CODE, lambda *_: self.timing.request_stop(), None, end, end)
        pc = entry
        while pc != end:
            self.timing.run(pc, 1 << 62, 1 << 62)
            pc = self.timing.pc
        self.uc.hook_del(hook)
        return self.timing.counters[0]


def cases(archive: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each flash image of an archive with its description."""
    import msgpack
    import zstandard

    data = zstandard.ZstdDecompressor().stream_reader(archive.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {
            Path(m.name).name: f.read() for m in tar.getmembers() if m.isfile() and (f := tar.extractfile(m))
        }
    for number in sorted({int(name.partition(".")[0]) for name in files}):
        yield files[f"{number}.flash"], msgpack.unpackb(files[f"{number}.dump"], strict_map_key=False)


def words(content: bytes) -> tuple[int, ...]:
    """The 32-bit words of a memory dump."""
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])


def programs(chip: Chip, archives: list[Path]) -> None:
    """One line for each whole program at -Os and -O3: cycles of the chip, ours, and the instructions."""
    errors = []
    for archive in archives:
        seen = {"-O0"}
        for image, dump in cases(archive):
            level = re.search(r"'(-O\w)'", dump["configuration_name"])
            if level is None or level[1] in seen:
                continue
            seen.add(level[1])
            instructions = chip.run(image, dump["emulator_main_addr"] & ~1, dump["emulator_exit_addr"] & ~1)
            (counter,) = (m for m in dump["mem_dump"] if m["symbol_name"] == "cyccnt")
            (chips,) = words(bytes(counter["content"]))
            (ours,) = words(bytes(chip.uc.mem_read(counter["addr"], 4)))
            errors.append(100 * (ours / chips - 1))
            print(
                f"{archive.stem:22} {level[1]}  chip {chips:>11}  ours {ours:>11}  {errors[-1]:+.3f} %"
                f"  instructions {100 * (instructions / chips - 1):+.0f} %"
            )
    if errors:
        off = [abs(error) for error in errors]
        print(
            f"{len(off)} programs: {off.count(0)} exact, {sum(e <= 0.1 for e in off)} within 0.1 %, "
            f"median {statistics.median(off):.3f} %, worst {max(off):.3f} %"
        )


def sequences(chip: Chip, archives: list[Path]) -> None:
    """One line for each archive of short sequences: recorded values that come out equal."""
    total = equal = 0
    for archive in archives:
        before = total, equal
        for image, dump in cases(archive):
            chip.run(image, dump["emulator_main_addr"] & ~1, dump["emulator_exit_addr"] & ~1)
            for memory in dump["mem_dump"]:
                if any(name in memory["symbol_name"].lower() for name in OTHER_COUNTERS):
                    continue
                content = bytes(memory["content"])
                recorded = words(content)
                ours = words(bytes(chip.uc.mem_read(memory["addr"], len(content))))
                total += len(recorded)
                equal += sum(a == b for a, b in zip(recorded, ours, strict=True))
        print(f"{archive.stem:48} {equal - before[1]} of {total - before[0]}")
    print(f"{equal} of {total} recorded values are equal")


def main(folder: str, *names: str) -> None:
    """Sequences, then programs."""
    archives = sorted(Path(folder).rglob("*.tzst"))
    if not archives:
        sys.exit(f"validate_m3: there are no .tzst archives in {folder}.\n{__doc__}")
    archives = [a for a in archives if not names or any(name in a.stem for name in names)]
    chip = Chip()
    sequences(chip, [a for a in archives if BENCHMARKS not in a.parts])
    programs(chip, [a for a in archives if BENCHMARKS in a.parts])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
