"""A stand-in for the program ``renode``: its command line, its robot server, and of its monitor what we use.

It runs the real firmware on the unicorn engine and the real ``renode/*.resc``, ``clock.py`` and ``edges.py``.
What it cannot show is whether the real Renode accepts them. RENODE_DOUBLE in the environment makes it
misbehave: ``old``, ``stranger``, ``mute``, ``crash``, ``hang``, ``lacking``,
``stuck``, ``untraceable``, ``forgetful``.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

from scopeless.board import load_board
from scopeless.engines.unicorn import UnicornMachine
from scopeless.firmware.elf import Elf

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.renode_trace import RecordingMachine, write_trace

ACCEPTED = ("using", "machine", "emulation", "cpu", "nvic", "sysbus", "showAnalyzer")
MISBEHAVIOUR = os.environ.get("RENODE_DOUBLE", "")


class Hooks(list[Callable[[Any], None]]):
    """An event or a pin: functions that are called with a value."""

    def AddStateChangedHook(self, hook: Callable[[bool], None]) -> None:
        self.append(hook)

    def __iadd__(self, hook: Any) -> Hooks:  # type: ignore[misc, override]
        self.append(hook)
        return self

    def fire(self, value: object) -> None:
        for hook in self:
            hook(value)


class Emulation:
    """One machine with its monitor; Renode's Python scripts see it as `monitor` and `monitor.Machine`."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.board = ""
        self.machine: UnicornMachine | None = None
        self.pins, self.uart = Hooks(), SimpleNamespace(CharReceived=Hooks())
        self.cpu = SimpleNamespace(OnPossessedThread=True, SyncTime=lambda: None, ExecutedInstructions=0)
        self.ns = 0
        self.trace: Path | None = None
        self.traced = self.edges = 0

    @property
    def Machine(self) -> Emulation:
        return self

    def __getitem__(self, name: str) -> Any:
        board = load_board(self.board)
        pin = int(re.findall(r"\d+", board.pin)[-1])
        port = SimpleNamespace(Connections={pin: self.pins})
        return {"sysbus.cpu": self.cpu, f"sysbus.{board.uart}": self.uart}.get(name, port)

    @property
    def ElapsedVirtualTime(self) -> Any:
        return SimpleNamespace(TimeElapsed=SimpleNamespace(TotalNanoseconds=self.ns))

    def GetVariable(self, name: str) -> str | None:
        return self.variables.get(name)

    def Parse(self, command: str) -> bool:
        self.execute(command)
        return True

    def execute(self, line: str) -> str:
        if assignment := re.match(r"\$(\w+)(\??)=(.+)", line):
            name, once, value = assignment.groups()
            if not (once and name in self.variables):
                self.variables[name] = self.expand(value)
            return ""
        words = line.split(maxsplit=2)
        match words:
            case ["include", path, *_]:
                self.include(Path(self.expand(path)))
            case ["mach", "create", name]:
                self.board = name.strip('"')
                self.machine = UnicornMachine(load_board(self.board))
            case ["machine", "LoadPlatformDescription", path]:
                Path(self.expand(path)).read_text()
            case ["sysbus", "LoadELF", path]:
                assert self.machine is not None
                self.machine.load(Path(self.expand(path)))
            case ["emulation", "RunFor", seconds]:
                self.run(float(seconds.strip('"')))
            case [device, "WriteChar", number] if device.startswith("sysbus."):
                assert self.machine is not None
                self.machine.uart_send(bytes([int(number)]))
            case ["sysbus.cpu", "MaximumBlockSize", "1"] | ["tracer", "TrackMemoryAccesses"]:
                pass
            case ["sysbus.cpu", "CreateExecutionTracing", arguments]:
                if MISBEHAVIOUR == "untraceable" or self.trace is not None:
                    raise ValueError("ExecutionTracer is already running")
                name, path, *options = arguments.split()
                assert (name, options) == ('"tracer"', ["PCAndOpcode", "true", "false", "true"])
                if not isinstance(self.machine, RecordingMachine):
                    self.machine = RecordingMachine(load_board(self.board))  # nothing has run yet
                    self.machine.load(Path(self.variables["elf"]))
                self.trace = Path(self.expand(path))
                self.trace.write_bytes(b"ReTr")  # nothing is whole before the end
            case ["sysbus.cpu", "DisableExecutionTracing"]:
                assert isinstance(self.machine, RecordingMachine) and self.trace is not None
                executed = self.machine.executed[self.traced :]
                self.traced += len(executed)
                if MISBEHAVIOUR == "forgetful":
                    del executed[len(executed) // 2 :]
                write_trace(self.trace, executed)
                self.trace = None
            case ["sysbus.cpu", "PC"]:
                assert self.machine is not None
                symbols = Elf.open(Path(self.variables["elf"])).symbols
                stuck = MISBEHAVIOUR == "stuck"
                return f"{symbols['unexpected_exception'] if stuck else self.machine.core.pc:#x}\n"
            case [
                "using" | "mach" | "machine" | "emulation" | "cpu" | "nvic" | "sysbus" | "showAnalyzer",
                *_,
            ]:
                pass
            case _:
                raise ValueError(f"No such command or device: {words[0]}")
        return ""

    def expand(self, text: str) -> str:
        text = re.sub(r"\$(\w+)", lambda match: self.variables[match[1]], text)
        return text.strip('"').removeprefix("@").replace("\\ ", " ")

    def include(self, path: Path) -> None:
        source = path.read_text()
        if path.suffix == ".py":
            exec(compile(source, str(path), "exec"), {"monitor": self})
        elif path.suffix == ".resc":
            self.variables["ORIGIN"] = str(path.parent)
            if macro := re.search(r'macro reset\n"""\n(.*?)"""', source, re.S):
                source = source.replace(macro[0], "").replace("runMacro $reset", macro[1])
            for line in map(str.strip, source.splitlines()):
                if line and not line.startswith("#"):
                    self.execute(line)

    def run(self, seconds: float) -> None:
        if MISBEHAVIOUR == "crash":
            print("System.NullReferenceException: something is null", flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        if MISBEHAVIOUR == "hang":
            time.sleep(3600)
        if MISBEHAVIOUR == "lacking":
            print("[WARNING] sysbus: ReadDoubleWord from non existing peripheral at 0x40013000.", flush=True)
        machine = self.machine
        assert machine is not None
        result = machine.run(for_us=int(seconds * 1e9) / 1000)
        events: list[tuple[int, int, Callable[[], None]]] = []
        for edge in result.edges:
            counters = dict(zip(machine.counter_names, edge.counters, strict=True))
            count = counters["instructions"] + counters["it_skipped"]  # Renode does not tell them apart
            if isinstance(machine, RecordingMachine):  # and WFI is one
                count = machine.edge_numbers[self.edges]
            self.edges += 1
            events.append((edge.cycle, count, lambda level=edge.level: self.pins.fire(level == 1)))
        for line in result.lines:
            for byte in f"{line.text}\r\n".encode():
                events.append((line.cycle, 0, lambda byte=byte: self.uart.CharReceived.fire(byte)))
        for cycle, instructions, fire in sorted(events, key=lambda event: event[0]):
            self.ns = int(machine.time_us(cycle) * 1000)
            self.cpu.ExecutedInstructions = instructions
            fire()


class RobotServer:
    """The three methods of Renode's robot server."""

    def __init__(self) -> None:
        self.emulation = Emulation()

    def get_keyword_names(self) -> list[str]:
        return ["ExecuteCommand", "ResetEmulation"]

    def run_keyword(self, name: str, arguments: list[str]) -> dict[str, str]:
        try:
            if name == "ResetEmulation":
                self.emulation = Emulation()
                return {"status": "PASS"}
            if name == "ExecuteCommand":
                return {"status": "PASS", "return": self.emulation.execute(*arguments)}
        except Exception as error:
            print(f"[ERROR] {error!r}", flush=True)
            return {"status": "FAIL", "error": f"KeywordException: {error}\n", "traceback": ""}
        raise LookupError(f'Keyword "{name}" not found')


class Handler(SimpleXMLRPCRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(arguments: list[str]) -> None:
    if "--version" in arguments:
        version = "1.15.3.1234" if MISBEHAVIOUR == "old" else "1.16.1.5678"
        print(
            "I am a teapot"
            if MISBEHAVIOUR == "stranger"
            else f"Renode v{version}\n  build: 12345678-202602161234"
        )
        return
    assert "--disable-gui" in arguments
    if MISBEHAVIOUR == "mute":
        print("[ERROR] Could not start the HTTP server", flush=True)
        sys.exit(7)
    port = int(arguments[arguments.index("--robot-server-port") + 1])
    with SimpleXMLRPCServer(("127.0.0.1", port), Handler, allow_none=True) as server:
        server.register_instance(RobotServer())
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
