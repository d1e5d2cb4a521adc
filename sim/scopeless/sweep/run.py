"""A sweep from its points to their results: build, run what is not there yet, keep every result at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from scopeless.benchmark.matrix import in_parallel
from scopeless.benchmark.record import Record, from_data
from scopeless.benchmark.session import Progress
from scopeless.board import Board
from scopeless.errors import ScopelessError, UsageError
from scopeless.files import make_folder
from scopeless.firmware.build import build_firmware
from scopeless.sweep.axes import Point
from scopeless.sweep.journal import Journal
from scopeless.sweep.work import Machines, Task, evaluate, make_task, origin

JOURNAL = "points.jsonl"


@dataclass(frozen=True)
class Result:
    """What one point gave: a record, or the sentence that says why there is none."""

    point: Point
    elf: Path | None = None
    record: Record | None = None
    error: str = ""


@dataclass(frozen=True)
class Sweep:
    """All results in the order of the points; ``reused`` of them were there before."""

    results: list[Result]
    reused: int


def run_sweep(
    board: Board,
    points: Sequence[Point],
    folder: Path,
    *,
    engine: str | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    step: Progress = lambda step: None,
) -> Sweep:
    """Run all ``points`` and write their results to ``folder`` as they come. With ``resume``, results that
    are there already are taken instead of running their points again. ``scheduler`` is the address of a Dask
    scheduler; without one, ``jobs`` sessions run here at a time (default: one for each processor).

    Raises :class:`UsageError` where no point could run: no compiler, no engine, no scheduler.
    """
    make_folder(folder)
    with Journal(folder / JOURNAL) as journal:
        elves = _build(board, points, jobs, step)
        with closing(Machines()) as machines:
            with machines.borrow(board, engine) as machine:
                here = origin(board, machine)
            tasks = {
                point: make_task(
                    point.stem,
                    board,
                    elf.read_bytes(),
                    engine=engine,
                    clock_mhz=point.clock_mhz,
                    notes=point.notes(),
                    origin=here,
                )
                for point, elf in elves.items()
                if isinstance(elf, Path)
            }
            known = _finished(journal.lines) if resume else {}
            lines = {task.key: known[task.key] for task in tasks.values() if task.key in known}
            reused = len(lines)
            todo = [task for task in tasks.values() if task.key not in lines]
            lock = threading.Lock()

            def done(task: Task, line: str) -> None:
                with lock:
                    journal.append(line)
                    lines[task.key] = line
                    step(f"{len(lines)} of {len(tasks)} done, {task.stem}")

            if scheduler is None:
                _run_here(todo, machines, jobs, done)
            elif todo:
                from scopeless.sweep.cluster import run_on_cluster

                run_on_cluster(todo, scheduler, done)
        journal.finish([lines[task.key] for task in tasks.values()])
    return Sweep([_result(point, elf, lines, tasks) for point, elf in elves.items()], reused)


def _build(
    board: Board, points: Sequence[Point], jobs: int | None, step: Progress
) -> dict[Point, Path | ScopelessError]:
    """Every point's firmware. Raises the first error where no build went well."""

    def build(point: Point) -> Path:
        step(f"building {point.stem}")
        return build_firmware(board, point.stem, point.variables)

    elves = in_parallel(points, build, jobs=jobs)
    errors = [elf for elf in elves if isinstance(elf, ScopelessError)]
    if len(errors) == len(elves):
        raise errors[0]
    return dict(zip(points, elves, strict=True))


def _run_here(
    tasks: Sequence[Task], machines: Machines, jobs: int | None, done: Callable[[Task, str], None]
) -> None:
    answers = in_parallel(tasks, lambda task: done(task, evaluate(task, machines)), jobs=jobs)
    for answer in answers:
        if isinstance(answer, ScopelessError):
            raise answer


def _finished(lines: Mapping[str, str]) -> dict[str, str]:
    """The results that hold a record; a point that failed is tried again."""
    return {key: line for key, line in lines.items() if _record(line) is not None}


def _record(line: str) -> Record | None:
    try:
        return from_data(json.loads(line).get("record"))
    except UsageError:
        return None


def _result(
    point: Point, elf: Path | ScopelessError, lines: Mapping[str, str], tasks: Mapping[Point, Task]
) -> Result:
    if isinstance(elf, ScopelessError):
        return Result(point, error=str(elf))
    line = lines[tasks[point].key]
    return Result(point, elf, _record(line), json.loads(line).get("error", ""))
