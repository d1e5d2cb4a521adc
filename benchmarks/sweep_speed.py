"""Time of a sweep of 100 points, warm: the firmware is built, no result is there yet.

Once with local processes, once through a Dask cluster of as many worker processes on this machine (without
Dask: left out). Each point is a whole session with both models. Printed are seconds of ``scopeless sweep``
from its start to its end, and whether both left the same bytes; exit code 1 when one took longer than the
target or they differ.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET_S = 30.0
AXES = ("--clock", "72,128", "--wait-states", "0..4", "--opt", "all", "--float", "no,yes")  # 2 x 5 x 5 x 2


def sweep(folder: Path, *options: str) -> tuple[float, float]:
    """Seconds of one sweep, and processor seconds of it and the engines that it started."""
    command = [sys.executable, "-m", "scopeless", "sweep", "stm32f103", *AXES, "--out", str(folder), *options]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, processor_s


def through_dask(folder: Path, jobs: int) -> float:
    """Seconds of the same through workers that have been started."""
    from distributed import LocalCluster

    with LocalCluster(jobs, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        return sweep(folder, "--scheduler", cluster.scheduler_address)[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=2, help="sessions at a time (default 2)")
    jobs = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as name:
        here, there = Path(name) / "here", Path(name) / "there"
        cold_s, _ = sweep(here, "--jobs", str(jobs))
        print(f"first sweep, with whatever had to be built: {cold_s:.1f} s")
        local_s, processor_s = sweep(here, "--jobs", str(jobs))
        print(
            f"local: {processor_s:.1f} s of processor time, {processor_s / jobs:.1f} s on {jobs} idle cores"
        )
        times = {"local processes": local_s}
        if importlib.util.find_spec("distributed"):
            times["Dask workers"] = through_dask(there, jobs)
        for what, seconds in times.items():
            print(f"100 points on {jobs} {what}: {seconds:.1f} s (target at most {TARGET_S:g} s)")
        same = not there.exists() or all(
            path.read_bytes() == (there / path.name).read_bytes() for path in here.iterdir()
        )
        print("the same bytes" if same else "the results differ")
    return 0 if same and max(times.values()) <= TARGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
