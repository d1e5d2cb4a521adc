"""Speed of the timing core beside bare Unicorn: the same ELF, in turns, in one process.

The workload is the network of the published experiment, a number of predictions in doubles, then WFI. Bare
Unicorn runs it without a single hook. Printed are millions of instructions per second of both and the median
ratio of the rounds; exit code 1 when a core is below its target.
"""

from __future__ import annotations

import argparse
import ctypes
import mmap
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from unicorn import UC_PROT_ALL
from unicorn import arm_const as arm

from scopeless.cortexm.cpu import CORES_WITH_FPU, Cpu
from scopeless.firmware.elf import Elf
from scopeless.native import Bus, FlashModel, NativeStop, Setting, TimingCore

COMMON = Path(__file__).parents[1] / "firmware/common"
FLASH, RAM, SIZE = 0x0800_0000, 0x2000_0000, 0x1_0000
STACK = RAM + SIZE

WORKLOAD = """
#include "network.h"
#include "weights.h"

static double input[3] = {0, 0, 1};
static double layer[HIDDEN_NODES];
volatile double output;

void _start(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (int node = 0; node < HIDDEN_NODES; node++)
            layer[node] = sigmoid(dot(input, weights_1[node], 3));
        output = sigmoid(dot(layer, weights_2, HIDDEN_NODES));
    }
    __asm__ volatile("end: .global end\\n wfi");
}
int *__errno(void) { static int number; return &number; }
"""


@dataclass(frozen=True)
class Target:
    """A core on the memory system of a board that has it, and the ratio it should reach."""

    ratio: float
    flags: tuple[str, ...]
    flash: Bus
    ram: Bus
    settings: dict[Setting, int]


TARGETS = {
    "cortex-m3": Target(
        0.25,
        ("-mcpu=cortex-m3",),
        Bus.FLASH,
        Bus.SYSTEM,
        {
            Setting.FLASH_MODEL: FlashModel.STM32F1,
            Setting.FLASH_WAIT_STATES: 2,
            Setting.FLASH_PREFETCH: 1,
        },
    ),
    "cortex-m4f": Target(
        0.25,
        ("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
        Bus.FLASH,
        Bus.SYSTEM,
        {
            Setting.FLASH_MODEL: FlashModel.STM32L4,
            Setting.FLASH_WAIT_STATES: 4,
            Setting.FLASH_ICACHE: 1,
            Setting.FLASH_DCACHE: 1,
        },
    ),
    "cortex-m7": Target(
        0.15,
        ("-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"),
        Bus.AXI_FLASH,
        Bus.TCM,
        {Setting.FLASH_WAIT_STATES: 7, Setting.L1_ICACHE: 1, Setting.L1_DCACHE: 1},
    ),
}


def build(folder: Path, core: str, predictions: int) -> Elf:
    """The workload as an ELF."""
    source, elf = folder / f"{core}.c", folder / f"{core}.elf"
    source.write_text(WORKLOAD)
    subprocess.run(
        ["arm-none-eabi-gcc", *TARGETS[core].flags, "-mthumb", "-O3", f"-DROUNDS={predictions}",
         f"-I{COMMON}", "-nostartfiles", f"-Wl,-Ttext={FLASH:#x},-Tdata={RAM:#x}", "-o", str(elf),
         str(source), str(COMMON / "network.c"), "-lm"],
        check=True,
    )  # fmt: skip
    return Elf.open(elf)


class Side:
    """A core with the workload in its memory, timed or bare."""

    def __init__(self, elf: Elf, core: str, timed: bool) -> None:
        target = TARGETS[core]
        self.cpu = Cpu(core)
        self.timing = TimingCore(self.cpu.uc, core) if timed else None
        self._memories = []
        for base, bus in ((FLASH, target.flash), (RAM, target.ram)):
            memory = mmap.mmap(-1, SIZE)
            for address, data in elf.segments:
                if base <= address < base + SIZE:
                    memory[address - base : address - base + len(data)] = data
            first = ctypes.c_char.from_buffer(memory)
            self._memories.append((memory, first))
            self.cpu.uc.mem_map_ptr(base, SIZE, UC_PROT_ALL, ctypes.addressof(first))
            if self.timing:
                self.timing.map(base, SIZE, ctypes.addressof(first), bus)
        if self.timing:
            for setting, value in target.settings.items():
                self.timing.set(setting, value)
        if core in CORES_WITH_FPU:
            self.cpu.uc.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
        self.start, self.end = elf.symbols["_start"] & ~1, elf.symbols["end"] & ~1

    def run(self) -> float:
        """Seconds."""
        self.cpu.reset(STACK)
        began = time.perf_counter()
        if self.timing:
            self.timing.reset()
            stop = self.timing.run(self.start, 1 << 62, 1 << 62)
            assert stop is NativeStop.SLEEP, stop
        else:
            self.cpu.uc.emu_start(self.start | 1, self.end)
        return time.perf_counter() - began


def compare(core: str, elf: Elf, rounds: int) -> float:
    """The median ratio."""
    bare, timed = Side(elf, core, timed=False), Side(elf, core, timed=True)
    assert timed.timing
    bare.run(), timed.run()  # translate
    ratios = []
    for _ in range(rounds):
        bare_s, timed_s = bare.run(), timed.run()
        ratios.append(bare_s / timed_s)
        instructions = timed.timing.counters[timed.timing.counter_names.index("instructions")]
        print(
            f"{core}: {instructions} instructions, {timed.timing.cycles} cycles; "
            f"bare {instructions / bare_s / 1e6:.1f} M/s, timed {instructions / timed_s / 1e6:.1f} M/s, "
            f"ratio {ratios[-1]:.3f}"
        )
    return statistics.median(ratios)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often both run (default 15)")
    parser.add_argument("--predictions", type=int, default=50, help="predictions in each run (default 50)")
    parser.add_argument("--core", action="append", choices=TARGETS, help="only this core; may be repeated")
    arguments = parser.parse_args()
    if shutil.which("arm-none-eabi-gcc") is None:
        print(
            "arm-none-eabi-gcc is missing; install it with `apt-get install gcc-arm-none-eabi`.",
            file=sys.stderr,
        )
        return 2
    ok = True
    with tempfile.TemporaryDirectory() as folder:
        for core in arguments.core or TARGETS:
            elf = build(Path(folder), core, arguments.predictions)
            ratio, target = compare(core, elf, arguments.rounds), TARGETS[core].ratio
            print(f"{core} timed beside bare Unicorn: {ratio:.3f} (target at least {target})")
            ok = ok and ratio >= target
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
