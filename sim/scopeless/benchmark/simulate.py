"""One whole run: build the firmware if needed, emulate the board, run the session, make the record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scopeless.benchmark.record import Record, build_record
from scopeless.benchmark.session import MODELS, Progress, Session, run_session
from scopeless.board import Board
from scopeless.engines import start
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from scopeless.machine import Machine


def simulate(
    board: Board,
    clock_mhz: int,
    libm: str,
    *,
    models: Sequence[str] = MODELS,
    engine: str | None = None,
    elf: Path | None = None,
    sketch: str = "",
    strict: bool = False,
    timing: bool = False,
    step: Progress = lambda step: None,
) -> Record:
    """Run the benchmark on ``board``, with its own firmware (built like ``sketch``) unless ``elf`` is
    given. ``step`` hears of progress. With ``timing``, for the engine ``renode``, the timing model runs over
    what that executes, and the session runs once more on the board's own engine, to compare.

    Raises what building, loading and :func:`run_session` raise.
    """
    with start(board, engine=engine, strict=strict) as machine:
        if elf is None:
            step("building the firmware")
            elf = firmware_for(board, clock_mhz, libm, sketch)
        own = None
        if timing:
            machine.use_timing_model()
            with start(board, strict=strict) as other:
                other.load(elf)
                own = run_session(other, models, lambda done: step(f"{done}, on the board's own engine"))
        return run_firmware(machine, board, clock_mhz, elf, models=models, sketch=sketch, own=own, step=step)


def run_firmware(
    machine: Machine,
    board: Board,
    clock_mhz: int,
    elf: Path,
    *,
    models: Sequence[str] = MODELS,
    sketch: str = "",
    notes: Sequence[str] = (),
    own: Session | None = None,
    step: Progress = lambda step: None,
) -> Record:
    """The record of one session with ``elf`` on a machine of ``board`` that is free for it, whatever it ran
    before. ``notes`` come first among the record's own; ``own`` as in :func:`build_record`.

    Raises what :func:`simulate` raises."""
    firmware = Elf.open(elf)
    machine.load(elf)
    session = run_session(machine, models, step)
    clock_hz = machine.clock_hz()
    notes = [*notes, *machine.notes()]
    if round(clock_hz / 1e6) != clock_mhz:
        notes.append(f"The firmware set the core clock to {clock_hz / 1e6:g} MHz, not to {clock_mhz} MHz.")
    built_for, libm = session.banner() or (None, "unknown")
    if built_for not in (None, board.name):
        notes.append(f"The firmware says that it was built for {built_for}.")
    return build_record(
        session,
        board,
        engine=machine.engine,
        clock_hz=clock_hz,
        libm=libm,
        sketch=sketch,
        elf_sha256=firmware.sha256,
        compiler=firmware.compiler,
        notes=tuple(notes),
        own=own,
    )
