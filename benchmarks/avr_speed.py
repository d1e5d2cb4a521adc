"""Speed of the simavr engine beside Debian's own ``simavr`` program: the same ELF, in turns.

The workload is simple2, a few hundred predictions, then sleep with interrupts off, at which ``simavr`` ends
by itself. Each side is timed from its start to its end: for ours that includes Python, the child process and
reading the ELF. Printed are simulated megacycles per second and the median ratio of the rounds; exit code 1
when that is below the target.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scopeless.board import load_board
from scopeless.engines import start
from scopeless.machine import Edge

TARGET = 0.9
FIRMWARE = Path(__file__).parents[1] / "firmware/common"

WORKLOAD = """
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

#include "network.h"
#include "weights.h"

static double input[3] = {0, 0, 1};
static double layer[HIDDEN_NODES];
volatile double output;

int main(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (int node = 0; node < HIDDEN_NODES; node++)
            layer[node] = sigmoid(dot(input, weights_1[node], 3));
        output = sigmoid(dot(layer, weights_2, HIDDEN_NODES));
    }
    DDRB |= 2;
    PORTB |= 2; /* tells our engine that the work is done */
    cli();
    sleep_mode();
}
"""


def build(folder: Path, predictions: int) -> Path:
    """The workload as an ELF."""
    source, elf = folder / "workload.c", folder / "workload.elf"
    source.write_text(WORKLOAD)
    command = [
        "avr-gcc",
        "-mmcu=atmega328p",
        "-Os",
        f"-DROUNDS={predictions}",
        f"-I{FIRMWARE}",
        "-o",
        str(elf),
    ]
    subprocess.run([*command, str(source), str(FIRMWARE / "network.c"), "-lm"], check=True)
    return elf


def run_ours(elf: Path) -> tuple[float, Edge]:
    """Seconds, and the pin's edge at the end of the work."""
    began = time.perf_counter()
    with start(load_board("arduino_uno")) as machine:
        machine.load(elf)
        done = machine.run(for_us=1e9, until_edges=1).edges[0]
    return time.perf_counter() - began, done


def run_theirs(elf: Path) -> float:
    """Seconds."""
    began = time.perf_counter()
    subprocess.run(
        ["simavr", "-m", "atmega328p", "-f", "16000000", elf],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often both run (default 5)")
    parser.add_argument("--predictions", type=int, default=600, help="predictions in each run (default 600)")
    arguments = parser.parse_args()
    for program, package in (("simavr", "simavr"), ("avr-gcc", "gcc-avr")):
        if shutil.which(program) is None:
            print(f"{program} is missing; install it with `apt-get install {package}`.", file=sys.stderr)
            return 2
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        elf = build(Path(folder), arguments.predictions)
        for number in range(arguments.rounds):
            theirs_s = run_theirs(elf)
            ours_s, done = run_ours(elf)
            ratios.append(theirs_s / ours_s)
            print(
                f"round {number + 1}: {done.cycle} cycles, {done.counters[0]} instructions; "
                f"ours {done.cycle / ours_s / 1e6:.1f}, simavr {done.cycle / theirs_s / 1e6:.1f} Mcycles/s, "
                f"ratio {ratios[-1]:.2f}"
            )
    ratio = statistics.median(ratios)
    print(f"AVR speed beside simavr: {ratio:.2f} (target at least {TARGET})")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
