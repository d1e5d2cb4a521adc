"""A stand-in for the keywords of Renode's robot server that robot/renode/ uses; it runs real firmware.

Names, parameters and behaviour are those of RenodeKeywords.cs, UartKeywords.cs and Keyword.cs (renode/renode,
src/Renode/RobotFrameworkEngine) and TerminalTester.cs (renode-infrastructure). Like the server, it does
not tell Robot Framework its parameters, so that arguments are read as Renode reads them.
"""

from __future__ import annotations

import inspect
import re
import tempfile
from collections import deque
from pathlib import Path

from robot.utils import DotDict

from support.renode_double import Emulation

NAMED = re.compile(r"^([a-zA-Z0-9_]+)=(.+)")
"""How Keyword.cs tells a named argument, wherever it stands; the value ends with the line."""
SLICE_S = 0.01


class renode_keywords:
    """Robot Framework's dynamic library interface."""

    ROBOT_LIBRARY_SCOPE = "SUITE"

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="scopeless-test-")
        self.files = 0
        self.ResetEmulation()

    def get_keyword_names(self) -> list[str]:
        return [name for name in vars(type(self)) if name[0].isupper() and name != "ROBOT_LIBRARY_SCOPE"]

    def run_keyword(self, name: str, arguments: list[str]) -> object:
        method = getattr(self, name)
        parameters = inspect.signature(method).parameters
        positional, named = [], {}
        for argument in map(str, arguments):
            if match := NAMED.match(argument):
                if match[1] not in parameters:
                    raise ValueError(f"{name} has no parameter {match[1]!r}")
                named[match[1]] = match[2]
            elif named:
                raise ValueError("Named arguments must appear after the positional arguments")
            else:
                positional.append(argument)
        return method(*positional, **named)

    def ResetEmulation(self) -> None:
        self.emulation = Emulation()
        self.lines: deque[DotDict] = deque()
        self.partial, self.elapsed = "", 0.0

    def AllocateTemporaryFile(self) -> str:
        self.files += 1
        path = Path(self.folder.name) / f"{self.files}.tmp"
        path.touch()
        return str(path)

    def ExecuteCommand(self, command: str) -> str:
        return self.emulation.execute(command)

    def ExecuteScript(self, path: str) -> None:
        self.emulation.include(Path(path))

    def CreateTerminalTester(self, uart: str, defaultPauseEmulation: str = "False") -> None:
        assert defaultPauseEmulation == "True", "the stand-in always pauses"
        self.emulation.Machine[uart].CharReceived.append(self.receive)

    def WriteCharDelay(self, delay: str) -> None:
        assert float(delay) >= 10 / 115200 * 0.99, "faster than the serial line"

    def WriteToUart(self, content: str) -> None:
        assert self.emulation.machine is not None
        self.emulation.machine.uart_send(content.encode())

    def WaitForLineOnUart(self, content: str, timeout: str = "8") -> DotDict:
        line = self.wait(content, float(timeout))
        if line is None:
            raise AssertionError(f"Terminal tester failed: no {content!r} on UART in {timeout} s")
        return line

    def WaitForNextLineOnUart(self, timeout: str = "8") -> DotDict:
        return self.WaitForLineOnUart("", timeout)

    def ShouldNotBeOnUart(self, content: str, timeout: str = "8") -> None:
        if line := self.wait(content, float(timeout)):
            raise AssertionError(f"Unexpected entry has been found on UART: {line.Line}")

    def receive(self, byte: int) -> None:
        if byte == 0x0A:
            self.lines.append(DotDict(Line=self.partial, Timestamp=self.emulation.ns / 1e6))
            self.partial = ""
        elif byte != 0x0D:
            self.partial += chr(byte)

    def wait(self, content: str, timeout: float) -> DotDict | None:
        """The next line with ``content`` in it; what comes before it is dropped."""
        end = self.elapsed + timeout
        while True:
            while self.lines:
                line = self.lines.popleft()
                if content in line.Line:
                    return line
            if self.elapsed >= end:
                return None
            self.emulation.run(SLICE_S)
            self.elapsed += SLICE_S
