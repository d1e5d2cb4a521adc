"""Replaying a trace: the cycles of what another simulator executed.

The traces are byte-exact Renode traces of what our own engine executes (support/renode_trace.py), so that the
cycles must be those of that very run.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from commands import scopeless
from scopeless.benchmark.session import run_session
from scopeless.board import board_names, load_board
from scopeless.engines import start_replay
from scopeless.engines.replay import ReplayMachine
from scopeless.errors import CheckFailed, UsageError
from scopeless.firmware.build import firmware_for
from scopeless.machine import Edge, RunResult, Stop
from scopeless.replay.spans import spans
from scopeless.replay.trace import RECORDS, TraceReader
from support.renode_trace import (
    INSTRUCTION_FETCH,
    IO_READ,
    IO_WRITE,
    MEMORY_READ,
    Executed,
    RecordingMachine,
    Touched,
    header,
    to_bytes,
    write_trace,
)

ARM = [name for name in board_names() if load_board(name).core != "avr"]
NAME = "stm32f103"


def firmware(name: str) -> Path:
    board = load_board(name)
    return firmware_for(board, board.clocks_mhz[0], board.libm[0])


@functools.cache
def recorded(name: str, like_renode: bool = False) -> tuple[list[Executed], list[Edge], tuple[str, ...]]:
    """A session of the real firmware: what was executed, the pin's edges, the names of their counters."""
    machine = RecordingMachine(load_board(name), like_renode=like_renode)
    machine.load(firmware(name))
    session = run_session(machine, ["simple1"])
    executed, names = machine.executed, machine.counter_names
    machine.close()
    return executed, session.edges, names


def replayed(name: str, trace: Path) -> tuple[RunResult, ReplayMachine]:
    machine = ReplayMachine(load_board(name))
    machine.load(firmware(name))
    return machine.replay(trace), machine


def changed(
    place: Callable[[Executed], bool], change: Callable[[Executed], Executed | None]
) -> tuple[list[Executed], int]:
    """The trace with one instruction changed or left out, and its number: the first that fits, halfway on."""
    executed = list(recorded(NAME)[0])
    number = next(n for n in range(len(executed) // 2, len(executed)) if place(executed[n]))
    replacement = change(executed[number])
    executed[number : number + 1] = [] if replacement is None else [replacement]
    return executed, number


# What a good trace gives


@pytest.mark.parametrize("like_renode", [False, True])
@pytest.mark.parametrize("name", ARM)
def test_the_cycles_are_those_of_the_run_itself(name: str, like_renode: bool, tmp_path: Path) -> None:
    executed, edges, names = recorded(name, like_renode)
    result, machine = replayed(name, write_trace(tmp_path / "trace.bin", executed))
    assert machine.counter_names == (*names, "traced")
    direct, ours = spans(edges, names), spans(result.edges, machine.counter_names)
    assert [span.name for span in ours] == [
        *("run 1 toggle", "run 1 prediction"),
        *("run 2 toggle", "run 2 prediction"),
    ]
    for wanted, found in zip(direct, ours, strict=True):
        counters = dict(found.window.counters)
        assert counters.pop("traced") == counters["instructions"] + counters["it_skipped"]
        assert (found.window.cycles, counters) == (wanted.window.cycles, wanted.window.counters)
        assert sum(found.window.breakdown.values()) == found.window.cycles
    lines = ("trace lacks", "baud", "a byte is lost")  # the serial line is the other simulator's business
    assert not [note for note in machine.notes() if any(words in note for words in lines)]


@pytest.mark.parametrize("form", [{"version": 5}, {"opcodes": False}, {"compress": True}])
def test_every_form_of_the_file_gives_the_same(form: dict[str, int], tmp_path: Path) -> None:
    executed = recorded(NAME)[0]
    plain, _ = replayed(NAME, write_trace(tmp_path / "plain.bin", executed))
    other, _ = replayed(NAME, write_trace(tmp_path / "other.bin", executed, **form))  # type: ignore[arg-type]
    assert plain.edges == other.edges


def test_parts_of_a_trace_follow_each_other(tmp_path: Path) -> None:
    """As the renode engine hands them over: cut anywhere, here within IT blocks, too."""
    executed = recorded(NAME)[0]
    whole, _ = replayed(NAME, write_trace(tmp_path / "whole.bin", executed))
    machine = ReplayMachine(load_board(NAME))
    machine.load(firmware(NAME))
    edges = []
    it_block = next(n for n, e in enumerate(executed) if e.opcode[1] == 0xBF and e.opcode[0] & 15)
    cuts = [0, 1, it_block + 1, it_block + 2, *range(it_block + 997, len(executed), 7919), len(executed)]
    for first, last in pairwise(cuts):
        result = machine.replay(write_trace(tmp_path / f"{first}.bin", executed[first:last]))
        assert result.stop is Stop.CYCLES
        edges += result.edges
    assert edges == whole.edges


def test_it_can_stop_at_an_edge_and_go_on(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "trace.bin", recorded(NAME)[0])
    whole, _ = replayed(NAME, trace)
    with start_replay(load_board(NAME)) as machine:
        machine.load(firmware(NAME))
        first = machine.replay(trace, until_edges=5)
        machine.profile_start()
        second = machine.replay(until_edges=1)
        rows = machine.profile_stop()
        rest = machine.replay()
    assert (first.stop, second.stop, rest.stop) == (Stop.EDGES, Stop.EDGES, Stop.CYCLES)
    assert first.edges + second.edges + rest.edges == whole.edges
    window = second.edges[0].cycle - first.edges[-1].cycle
    assert 0 <= window - sum(row.cycles for row in rows) <= 4  # the pin write's way over the bus


def test_it_follows_the_place_at_which_an_interrupt_was_taken(tmp_path: Path) -> None:
    """Renode looks for interrupts at other instructions than the chip: its place counts, not ours."""
    executed = list(recorded(NAME)[0])
    unmask = next(
        n
        for n, each in enumerate(executed)
        if each.opcode == b"\x62\xb6" and executed[n + 1].pc != each.pc + 2  # CPSIE I, and it is taken
    )
    back = next(n for n in range(unmask + 1, len(executed)) if executed[n].pc == executed[unmask].pc + 2)
    handler = executed[unmask + 1 : back]
    later = [*executed[: unmask + 1], executed[back], *handler, *executed[back + 1 :]]
    usual, _ = replayed(NAME, write_trace(tmp_path / "usual.bin", executed))
    moved, machine = replayed(NAME, write_trace(tmp_path / "later.bin", later))
    assert len(moved.edges) == len(usual.edges)
    names = machine.counter_names
    assert [s.window for s in spans(moved.edges, names)] == [s.window for s in spans(usual.edges, names)]


def test_a_value_that_is_not_in_the_trace_is_a_note(tmp_path: Path) -> None:
    def reads(each: Executed) -> bool:
        return [access.operation for access in each.accesses] == [IO_READ]

    executed, _ = changed(reads, lambda each: Executed(each.pc, each.opcode))
    _, machine = replayed(NAME, write_trace(tmp_path / "trace.bin", executed))
    assert "The trace lacks the values of 1 reads of registers; our models answered them." in machine.notes()


# What a bad one gives


def test_another_opcode_is_named_with_its_place(tmp_path: Path) -> None:
    executed, number = changed(
        lambda each: each.opcode == b"\x70\x47", lambda each: dataclasses.replace(each, opcode=b"\x71\x47")
    )
    with pytest.raises(
        CheckFailed,
        match=rf"At instruction {number} of the trace the firmware at PC 0x080.* in .* is 4770, but in the "
        "trace 4771; a trace must begin",
    ):
        replayed(NAME, write_trace(tmp_path / "trace.bin", executed))


def test_another_value_written_is_named(tmp_path: Path) -> None:
    def pin_write(each: Executed) -> bool:
        return any(a.operation == IO_WRITE and 0x4001_0C00 <= a.address < 0x4001_1000 for a in each.accesses)

    def flip(each: Executed) -> Executed:
        (access,) = each.accesses
        return dataclasses.replace(each, accesses=[access._replace(value=access.value ^ 0x10)])

    executed, number = changed(pin_write, flip)
    with pytest.raises(
        CheckFailed, match=rf"instruction {number} .* writes 0x1000 to 0x40010c0c, but in the trace 0x1010; "
    ):
        replayed(NAME, write_trace(tmp_path / "trace.bin", executed))


def test_another_value_read_leads_elsewhere(tmp_path: Path) -> None:
    """The serial port's status: with another one the handler takes another way."""
    executed, _ = changed(
        lambda each: any(a.operation == IO_READ and a.address == 0x4001_3800 for a in each.accesses),
        lambda each: dataclasses.replace(each, accesses=[each.accesses[0]._replace(value=0)]),
    )
    with pytest.raises(
        CheckFailed, match=r"the firmware goes to PC 0x0800\w+ in (\S+) .*, but in the trace to PC"
    ):
        replayed(NAME, write_trace(tmp_path / "trace.bin", executed))


def test_a_missing_instruction_is_named(tmp_path: Path) -> None:
    executed, number = changed(lambda each: len(each.opcode) == 4 and not each.accesses, lambda each: None)
    pc, following = recorded(NAME)[0][number].pc, executed[number].pc
    with pytest.raises(
        CheckFailed,
        match=rf"At instruction {number} .*PC {pc:#010x} in .*, but in the trace to PC {following:#010x}",
    ):
        replayed(NAME, write_trace(tmp_path / "trace.bin", executed))


def test_a_trace_that_begins_too_late_is_named(tmp_path: Path) -> None:
    executed = recorded(NAME)[0][1000:]
    with pytest.raises(CheckFailed, match=r"At instruction 0 of the trace .* must begin at the reset"):
        replayed(NAME, write_trace(tmp_path / "trace.bin", executed))


def test_a_trace_of_other_firmware_is_named(tmp_path: Path) -> None:
    other = firmware_for(load_board(NAME), 72, "stock")
    machine = ReplayMachine(load_board(NAME))
    machine.load(other)
    with pytest.raises(CheckFailed, match="be of this very firmware"):
        machine.replay(write_trace(tmp_path / "trace.bin", recorded(NAME)[0]))


# The files

SOME = [
    Executed(0x0800_0100, b"\x00\xbf", [Touched(MEMORY_READ, 0x2000_0000, 1)]),
    Executed(0x0800_0102, b"\x00\xf0\x01\xf8", [Touched(IO_READ, 0x4001_3800, 0xC0)]),
    Executed(0x0800_0108, b"\x00\xbf", [Touched(INSTRUCTION_FETCH, 0x4000_0000, 0)]),
    Executed(0xFFFF_FFF9, b"\xf9\xff\xff\xff"),  # not an instruction
    Executed(0x0800_010A, b"\x00\xbf", [Touched(IO_WRITE, 0xE000_E010, 7), Touched(IO_READ, 0x2200_0004, 1)]),
]


def test_the_reader_gives_addresses_bytes_and_accesses_to_registers(tmp_path: Path) -> None:
    (batch,) = TraceReader(write_trace(tmp_path / "trace.bin", SOME)).instructions(100)
    assert [(r.pc, r.raw, r.size) for r in batch.records[: batch.size]] == [
        (0x0800_0100, 0xBF00, 2),
        (0x0800_0102, 0xF000_F801, 4),  # BL: F000 F801, and format 4 has the second half first
        (0x0800_0108, 0xBF00, 2),
        (0x0800_010A, 0xBF00, 2),
    ]
    assert batch.accesses == [
        (101, 0x4001_3800, 0xC0, False),
        (103, 0xE000_E010, 7, True),
        (103, 0x2200_0004, 1, False),
    ]


def test_the_reader_reads_block_by_block(tmp_path: Path) -> None:
    many = (SOME[:3] + SOME[4:]) * RECORDS
    batches = list(TraceReader(write_trace(tmp_path / "trace.bin", many, compress=True)).instructions(0))
    assert sum(batch.size for batch in batches) == len(many)
    assert max(batch.size for batch in batches) <= RECORDS
    assert batches[-1].accesses[-1][0] == len(many) - 1


HEADER = len(header())
FIRST, SECOND, THIRD, RETURN = 34, 36, 34, 10  # bytes of SOME


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends within its header"),
        (
            b"0x8000100: 0xBF00\n" * 9,
            "is not a binary trace of Renode; make it with 'cpu CreateExecutionTracing",
        ),
        (header()[:12], "ends within its header"),
        (b"ReTrace\x06\x04\x00", "has format 6; this Scopeless reads 4 and 5"),
        (b"ReTrace\x04\x00\x01\x00\x00", "has no addresses of instructions"),
        (b"ReTrace\x05\x08\x00", "is of another processor than a Cortex-M"),
        (b"ReTrace\x04\x04\x01\x01\x06armv7a", "switches instruction sets"),
        (
            to_bytes(SOME)[:-1],
            f"ends within instruction 3, which begins at byte {HEADER + FIRST + SECOND + THIRD + RETURN}",
        ),
        (
            to_bytes(SOME)[: HEADER + FIRST + 3],
            f"ends within instruction 1, which begins at byte {HEADER + FIRST};",
        ),
        (
            to_bytes(SOME[:1]) + b"\x01" + to_bytes(SOME)[HEADER:],
            f"is damaged at byte {HEADER + FIRST}: its address is odd; make it again",
        ),
        (
            to_bytes([Executed(0, b"\0\0\0")]),
            f"damaged at byte {HEADER}: its opcode is neither 2 nor 4 bytes",
        ),
        (
            to_bytes(SOME)[: HEADER + 7] + b"\x04" * 99,
            f"damaged at byte {HEADER}: it has data of another kind",
        ),
        (
            to_bytes([Executed(0, b"\0\0", [Touched(9, 0, 0)])]),
            f"damaged at byte {HEADER}: it has an unknown kind of access",
        ),
        (gzip.compress(to_bytes(SOME))[:-9], r"ends within its compressed data, behind byte \d+ of what"),
        (
            gzip.compress(to_bytes(SOME))[:-8] + bytes(8),
            "damaged at byte .*: gzip cannot unpack what follows",
        ),
    ],
)
def test_a_bad_file_is_one_sentence_with_the_offset(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.bin"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        list(TraceReader(path).instructions(0))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"The trace .*none.bin cannot be read: No such file"):
        TraceReader(tmp_path / "none.bin")


# The command


def test_the_command_shows_windows_and_functions(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "trace.bin", recorded(NAME)[0])
    report = tmp_path / "report.json"
    result = scopeless(
        *("replay", NAME, firmware(NAME), trace, "--window", "run 2 prediction", "--json", report)
    )
    assert result.returncode == 0, result.stderr
    _, edges, names = recorded(NAME)
    window = spans(edges, names)[3].window
    line = next(line for line in result.stdout.splitlines() if line.startswith("run 2 prediction"))
    instructions = window.counters["instructions"] + window.counters["it_skipped"]
    assert line.split()[3:] == [
        str(window.cycles),
        f"{window.cycles / 72:.3f}",
        str(instructions),
        str(window.counters["it_skipped"]),
    ]
    assert "Self cycles of run 2 prediction by function" in result.stdout
    data = json.loads(report.read_text())
    assert data["windows"][3]["cycles"] == window.cycles
    assert 0 <= window.cycles - sum(row["cycles"] for row in data["rows"]) <= 12


def test_the_command_refuses_in_one_sentence(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "trace.bin", recorded(NAME)[0][:2000])
    for arguments, message in (
        (("arduino_uno", firmware(NAME), trace), "its core is avr, not a Cortex-M"),
        ((NAME, firmware(NAME), trace, "--window", "run 1"), "The trace has no window 'run 1'; known: none."),
        ((NAME, firmware(NAME), tmp_path / "none"), "cannot be read: No such file"),
    ):
        result = scopeless("replay", *arguments)
        assert result.returncode == 2
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
