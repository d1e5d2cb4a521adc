"""Result records made from edges at known cycles, for the tests of what reads records."""

from scopeless.benchmark.golden import golden_outputs
from scopeless.benchmark.record import Record, build_record
from scopeless.benchmark.session import Message, ModelRun, Session
from scopeless.benchmark.windows import pin_windows
from scopeless.board import load_board
from scopeless.machine import Edge

NAMES = ("instructions", "it_skipped", "mix_alu", "issue", "fetch_flash")


def make_record(
    clock_hz: int = 72_000_000, board: str = "stm32f103", write: int = 9, predict: int = 1184
) -> Record:
    """A record as a run of both models would give it: pin writes ``write`` cycles apart."""
    starts = {"simple1": 216_000_000, "simple2": 432_000_000}
    session = Session([Message(100, "host", "TEST=1"), Message(900, "board", "Test 1")])
    for name, start in starts.items():
        cycles = [start + write * step for step in range(5)] + [start + 4 * write + predict]
        edges = [
            Edge(c, "PB12", 1 - n % 2, (c // 2, 1, c // 4, c // 2, c - c // 2)) for n, c in enumerate(cycles)
        ]
        session.edges += edges
        outputs = tuple(round(value, 8) for value in golden_outputs(name))
        session.models[name] = ModelRun(outputs, pin_windows(edges, NAMES))
    return build_record(
        session,
        load_board(board),
        engine="unicorn 2.1.4",
        clock_hz=clock_hz,
        libm="recorded",
        sketch="",
        elf_sha256="0" * 64,
        compiler="GCC 12.2.1",
        notes=("a note",),
    )
