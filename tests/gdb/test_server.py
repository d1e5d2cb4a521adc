"""The server's conversation: who halts, who goes on, and what becomes of either side."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from commands import scopeless
from scopeless.firmware.elf import Elf
from support.arm import assemble
from support.gdb import Client, served

PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
FIRMWARE = PREBUILT / "stm32f103-72mhz-recorded.elf"


@pytest.fixture
def running():
    with served("stm32f103", FIRMWARE) as running:
        yield running


@pytest.fixture
def client(running):
    client = Client(running.port)
    yield client
    client.close()


def test_the_program_stands_at_its_reset_until_it_is_told_to_go_on(client):
    assert client.ask(b"?") == b"T05thread:1;"
    assert client.monitor("cycles").startswith("cycle 0:")
    client.ask(b"Z1,%x,2" % Elf.open(FIRMWARE).symbols["console_step"])
    assert client.ask(b"vCont;c") == b"T05thread:1;"
    assert "console_step" in client.monitor("where")


def test_it_listens_on_the_loopback_interface_alone(running):
    listening = Path("/proc/net/tcp").read_text().splitlines()
    local = {fields[1] for line in listening[1:] if (fields := line.split())[3] == "0A"}
    assert [address for address in local if address.endswith(f":{running.port:04X}")] == [
        f"0100007F:{running.port:04X}"
    ]


def test_ctrl_c_stops_a_program_that_runs(client):
    client.send(b"$vCont;c#a8")
    client.send(b"\x03")
    assert client.hear() == b"T02thread:1;"


def heard(link, size):
    data = b""
    while len(data) < size:
        data += link.recv(size - len(data))
    return data


def test_packets_are_acknowledged_until_that_is_switched_off(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as link:
        link.sendall(b"$QStartNoAckMode#b0")
        assert heard(link, 7) == b"+$OK#9a"
        link.sendall(b"+$qC#b4")
        assert heard(link, 7) == b"$QC1#c5"


def test_a_damaged_packet_is_asked_for_again_and_an_answer_is_sent_again(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as link:
        link.sendall(b"$qC#00")
        assert heard(link, 1) == b"-"
        link.sendall(b"$qC#b4")
        assert heard(link, 8) == b"+$QC1#c5"
        link.sendall(b"-")
        assert heard(link, 7) == b"$QC1#c5"


def test_after_kill_the_run_ends_with_exit_code_0(running, client):
    assert client.ask(b"vKill;1") == b"OK"
    code, _, err = running.end()
    assert code == 0
    assert "Killed by GDB after" in err


def test_after_detach_the_program_runs_on_to_its_end():
    with served("stm32f103", FIRMWARE, "--until", "^Ready$") as running:
        client = Client(running.port)
        client.ask(b"Z1,%x,2" % Elf.open(FIRMWARE).symbols["reset_handler"])
        assert client.ask(b"D") == b"OK"
        code, out, _ = running.end()
    assert code == 0
    assert out.splitlines()[-1] == "Ready"


def test_when_gdb_goes_away_the_program_runs_on_and_another_can_come(running, client):
    client.close()
    assert running.process.stdout.readline().startswith("Scopeless benchmark")
    second = Client(running.port)
    assert second.ask(b"?") == b"T05thread:1;"
    assert not second.monitor("cycles").startswith("cycle 0:")


def test_a_second_gdb_is_turned_away(running, client):
    client.ask(b"?")
    with pytest.raises((EOFError, ConnectionError)):
        Client(running.port).ask(b"?")
    assert client.ask(b"qC") == b"QC1"


def test_the_end_of_the_run_is_told():
    with served("stm32f103", FIRMWARE, "--for", "1ms") as running:
        client = Client(running.port)
        assert client.ask(b"c") == b"W00"
        assert running.end()[0] == 0


def test_a_fault_is_told_and_can_be_looked_at_and_is_an_error_once_gdb_is_gone():
    elf = assemble("ldr r0, =0x30000000\nhere: ldr r1, [r0]\n bx lr")
    with served("stm32f103", elf) as running:
        client = Client(running.port)
        said = client.ask(b"c")
        assert b"took a HardFault" in bytes.fromhex(said[1:].decode())
        assert client.hear() == b"T0bthread:1;"
        pc = int.from_bytes(bytes.fromhex(client.ask(b"pf").decode()), "little")
        assert pc == Elf.open(elf).symbols["here"]
        client.ask(b"D")
        code, _, err = running.end()
    assert code == 1
    assert "took a HardFault" in err


def test_the_end_of_the_engine_is_told(running, client):
    client.ask(b"?")
    pid = running.process.pid
    os.kill(int(Path(f"/proc/{pid}/task/{pid}/children").read_text()), signal.SIGKILL)
    assert client.ask(b"c") == b"X09"
    assert running.end()[0] == 1


def test_garbage_does_no_harm(client):
    client.send(bytes(range(256)) * 50 + b"$" + b"z" * 100_000 + b"#00")
    assert client.ask(b"qC") == b"QC1"


def test_the_same_run_with_and_without_gdb():
    alone = scopeless("run", "stm32f103", FIRMWARE, "--until", "^Ready$")
    with served("stm32f103", FIRMWARE, "--until", "^Ready$") as running:
        client = Client(running.port)
        for _ in range(20):
            client.ask(b"s")
        client.send(b"$c#63")
        _, out, err = running.end()
    assert (out, err.splitlines()[-1]) == (alone.stdout, alone.stderr.splitlines()[-1])


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none_is_a_usage_error(port):
    result = scopeless("run", "stm32f103", FIRMWARE, "--gdb", port)
    assert result.returncode == 2
    assert "TCP port" in result.stderr


def test_renode_has_a_server_of_its_own():
    result = scopeless("run", "stm32f103", FIRMWARE, "--gdb", "0", "--engine", "renode")
    assert result.returncode == 2
