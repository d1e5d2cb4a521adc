"""Commands of the protocol against a real machine."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scopeless.board import load_board
from scopeless.debug import WatchKind, Watchpoint
from scopeless.gdb.packets import MAX_PACKET
from scopeless.gdb.stub import MAX_BREAKPOINTS, MAX_WATCHPOINTS, End, Resume, Stub
from scopeless.gdb.target import M_PROFILE, WITH_FPU, target_of
from support.arm import Program

COUNTING = "ldr r4, =values\n movs r0, #3\nagain: str r0, [r4]\n subs r0, #1\n bne again\n bx lr"


@pytest.fixture(scope="module")
def program():
    program = Program(COUNTING)
    yield program
    program.machine.close()


@pytest.fixture
def stub(program):
    program.machine.reset()
    debugger = program.machine.debugger
    target = target_of(load_board("stm32f103"), list(debugger.registers()))
    stub = Stub(debugger, target, lambda text: f"you said {text}")
    yield stub
    stub.clear()


def test_registers_go_out_and_in_as_one(stub, program):
    before = stub.answer(b"g")
    assert len(before) == sum(register.bits // 4 for register in M_PROFILE)
    assert stub.answer(b"G" + b"78563412" + before[8:]) == b"OK"
    assert program.machine.debugger.registers()["r0"] == 0x1234_5678
    assert stub.answer(b"g")[8:] == before[8:]


def test_one_register_goes_out_and_in(stub):
    assert stub.answer(b"Pf=00000008") == b"OK"
    assert stub.answer(b"pf") == b"00000008"
    assert stub.answer(b"p13") == b"00"  # primask has 8 bits


@pytest.mark.parametrize(
    "packet", [b"pff", b"Pff=00", b"P0=00", b"P0=0", b"G00", b"G", b"p", b"m0", b"mx,1", b"M20000000,4:00"]
)
def test_malformed_commands_are_refused(stub, packet):
    assert stub.answer(packet) == b"E16"


@pytest.mark.parametrize(
    "packet", [b"", b"i", b"vMustReplyEmpty", b"QNonStop:1", b"qXfer:auxv:read::0,1", b"Z9,0,0"]
)
def test_unknown_commands_get_the_empty_answer(stub, packet):
    assert stub.answer(packet) == b""


def test_memory_is_read_and_written(stub):
    assert stub.answer(b"M20000100,3:616263") == b"OK"
    assert stub.answer(b"X20000103,2:\x00}") == b"OK"
    assert stub.answer(b"m20000100,5") == b"616263007d"
    assert stub.answer(b"m10000000,4") == b"E0e"
    assert stub.answer(b"M10000000,1:00") == b"E0e"
    assert stub.answer(b"X20000000,0:") == b"OK"  # what GDB asks to find out whether X works


def test_an_answer_never_exceeds_the_packet_size(stub):
    assert len(stub.answer(b"m8000000,ffff")) <= MAX_PACKET


def test_flash_is_programmed_with_load(stub):
    assert stub.answer(b"vFlashErase:800f000,100") == b"OK"
    assert stub.answer(b"vFlashWrite:800f000:ab") == b"OK"
    assert stub.answer(b"vFlashDone") == b"OK"
    assert stub.answer(b"m800f000,4") == b"6162ffff"
    assert stub.answer(b"vFlashErase:0,ffffffff") == b"E0e"
    assert stub.answer(b"vFlashErase:20000000,100") == b"E0e"


def test_breakpoints_of_both_kinds_are_set_and_removed(stub, program):
    again = program.symbols["again"]
    for kind in b"01":
        assert stub.answer(b"Z%c,%x,2" % (kind, again)) == b"OK"
    assert program.run().stop == "breakpoint"
    assert stub.answer(b"z0,%x,2" % again) == b"OK"
    assert program.run().stop == "breakpoint"
    assert stub.answer(b"z1,%x,2" % again) == b"OK"
    assert program.run().stop == "cycles"


def test_watchpoints_are_set_and_removed(stub, program):
    values = program.symbols["values"]
    assert stub.answer(b"Z2,%x,4" % values) == b"OK"
    assert program.run().watch == Watchpoint(WatchKind.WRITE, values, 4)
    assert stub.answer(b"z2,%x,4" % values) == b"OK"
    assert program.run().stop == "cycles"


def test_there_are_only_so_many_points(stub):
    answers = [stub.answer(b"Z1,%x,2" % (2 * n)) for n in range(MAX_BREAKPOINTS + 1)]
    assert answers == [b"OK"] * MAX_BREAKPOINTS + [b"E1c"]
    answers = [stub.answer(b"Z2,%x,4" % (0x2000_0000 + n)) for n in range(MAX_WATCHPOINTS + 1)]
    assert answers == [b"OK"] * MAX_WATCHPOINTS + [b"E1c"]


@pytest.mark.parametrize(
    ("packet", "reply"),
    [
        (b"c", Resume()),
        (b"s", Resume(step=True)),
        (b"C05", Resume()),
        (b"S05;8000100", Resume(step=True)),
        (b"vCont;c", Resume()),
        (b"vCont;s:1;c", Resume(step=True)),
        (b"vCont;C05:1", Resume()),
        (b"vCont;r8000100,8000110:1;c:-1", Resume(step=True, within=(0x800_0100, 0x800_0110))),
        (b"D", End.DETACH),
        (b"D;1", End.DETACH),
        (b"k", End.KILL),
        (b"vKill;1", End.KILL),
    ],
)
def test_going_on_and_ending(stub, packet, reply):
    assert stub.answer(packet) == reply


def test_going_on_elsewhere_sets_the_pc(stub, program):
    assert stub.answer(b"s%x" % program.symbols["again"]) == Resume(step=True)
    assert program.machine.core.pc == program.symbols["again"]


def test_the_features_name_the_packet_size(stub):
    assert b"PacketSize=%x;" % MAX_PACKET in stub.answer(b"qSupported:multiprocess+")


def test_documents_come_in_parts(stub):
    def read(what):
        text, at = b"", 0
        while True:
            part = stub.answer(b"qXfer:%b:%x,80" % (what, at))
            text, at = text + part[1:], at + 0x80
            if part[:1] == b"l":
                return ET.fromstring(text)

    registers = read(b"features:read:target.xml").findall(".//reg")
    assert [register.get("name") for register in registers] == [register.name for register in M_PROFILE]
    kinds = {memory.get("start"): memory.get("type") for memory in read(b"memory-map:read:")}
    assert kinds["0x8000000"] == "flash"
    assert kinds["0x20000000"] == "ram"


def test_cores_with_fpu_have_floating_point_registers():
    assert target_of(load_board("stm32l476"), ["fpscr"]).registers == WITH_FPU


def test_monitor_commands_come_and_go_in_hexadecimal(stub):
    assert bytes.fromhex(stub.answer(b"qRcmd," + b"hi".hex().encode()).decode()) == b"you said hi"


commands = [b"g", b"G", b"m", b"M", b"X", b"p", b"P", b"Z0", b"z1", b"Z4", b"vCont;", b"vFlashWrite"]
numbers = st.binary(max_size=12) | st.integers(0, 2**34).map(lambda number: b"%x" % number)
separators = st.sampled_from([b"", b",", b":", b"=", b";"])
parts = st.tuples(st.sampled_from(commands), separators, numbers, separators, numbers, separators, numbers)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=64) | parts.map(b"".join))
def test_no_command_does_harm(stub, packet):
    reply = stub.answer(packet)
    assert isinstance(reply, Resume | End) or len(reply) <= MAX_PACKET
