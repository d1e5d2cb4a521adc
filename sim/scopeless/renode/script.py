"""Reads Renode's monitor scripts (.resc): the commands that ours use, their arguments, variables and files.

Commands and tokens are those of Renode 1.16.1 (renode-infrastructure at add012af003a,
``src/Emulator/Extensions/UserInterface``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from scopeless.renode.problem import Problem, read_text

MONITOR_VARIABLES = frozenset({"ORIGIN", "CWD"})
"""Variables that Renode itself sets."""

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')'
    r"|(?P<path>@(?:\\ |\S)+|\$[A-Za-z_]\w*(?=/)(?:\\ |\S)+)"
    r"|(?P<variable>\$[A-Za-z_][\w.]*)"
    r"|(?P<number>0x[0-9a-fA-F]+(?!\w)|\d+(?![\w.]))"
    r"|(?P<bool>(?:true|false)\b)"
    r"|(?P<assign>\?=|=)"
    r"|(?P<name>[\w.-]+)"
    r"|(?P<space>\s+)"
)

COMMANDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("using",): ("name",),
    ("mach", "create"): ("string",),
    ("include",): ("path",),
    ("macro",): ("name",),
    ("runMacro",): ("variable",),
    ("showAnalyzer",): ("name",),
    ("machine", "LoadPlatformDescription"): ("path",),
    ("emulation", "SetGlobalAdvanceImmediately"): ("bool",),
    ("emulation", "SetSeed"): ("number",),
    ("sysbus", "LoadELF"): ("path",),
    ("sysbus", "AddWatchpointHook"): ("number", "name", "name", "string"),
    ("cpu", "VectorTableOffset"): ("number",),
    ("sysbus.cpu", "MaximumBlockSize"): ("number",),
    ("sysbus.cpu", "CreateExecutionTracing"): ("string", "path", "name", "bool", "bool", "bool"),
    ("tracer", "TrackMemoryAccesses"): (),
}
"""The words that begin a command and the kinds of its arguments; a variable may stand for any but a name."""

WIDTHS = ("Byte", "Word", "DoubleWord", "QuadWord")
ACCESSES = ("Read", "Write", "ReadAndWrite")


@dataclass(frozen=True)
class Token:
    """One word of a command: its kind, a group name of the tokenizer, and its text."""

    kind: str
    text: str


@dataclass(frozen=True)
class Command:
    """One command: its name, as in :data:`COMMANDS`, and its arguments."""

    name: tuple[str, ...]
    arguments: tuple[str, ...]
    line: int


@dataclass
class Script:
    """A whole .resc file, and what is wrong in it by itself."""

    path: Path
    commands: list[Command] = field(default_factory=list)
    variables: dict[str, tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, line: int, text: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.path, line, text))

    def all(self, *name: str) -> list[Command]:
        """Every command called ``name``."""
        return [command for command in self.commands if command.name == name]

    def file(self, text: str) -> Path:
        """The file that a path in the script means."""
        return Path(text.removeprefix("@").replace("$ORIGIN", str(self.path.parent)).replace("\\ ", " "))


def read_script(path: Path) -> Script:
    """Read ``path``; mistakes end up in its ``problems``."""
    text, problems = read_text(path)
    script = Script(path, problems=problems)
    macros: set[str] = set()
    block = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() == '"""':
            block = 0 if block else number
        elif line.strip() and not line.lstrip().startswith("#"):
            _statement(script, macros, number, line)
    if block:
        script.complain(block, 'this """ is never closed')
    return script


def _statement(script: Script, macros: set[str], number: int, line: str) -> None:
    tokens = _tokens(script, number, line)
    if not tokens:
        return
    if len(tokens) == 3 and tokens[0].kind == "variable" and tokens[1].kind == "assign":
        _check_known(script, macros, number, tokens[2:])
        name = tokens[0].text.removeprefix("$")
        if tokens[1].text == "=" or name not in script.variables:
            script.variables[name] = tokens[2].text, number
        return
    words = tuple(token.text for token in tokens)
    name_of = next((name for name in COMMANDS if words[: len(name)] == name), None)
    if name_of is None:
        script.complain(number, f"{' '.join(words[:2])!r} is not a command that our scripts use")
        return
    arguments = tokens[len(name_of) :]
    kinds = COMMANDS[name_of]
    if len(arguments) != len(kinds):
        script.complain(number, f"{' '.join(name_of)} has {len(arguments)} arguments, not {len(kinds)}")
        return
    for token, kind in zip(arguments, kinds, strict=True):
        if token.kind != kind and not (token.kind == "variable" and kind != "name"):
            script.complain(number, f"{token.text} should be a {kind}")
    if name_of == ("macro",):
        macros.add(words[-1])
    _check_known(script, macros if name_of == ("runMacro",) else set(), number, arguments)
    if name_of == ("sysbus", "AddWatchpointHook"):
        _check_watchpoint(script, number, *words[3:5])
    script.commands.append(Command(name_of, tuple(token.text for token in arguments), number))


def _tokens(script: Script, number: int, line: str) -> list[Token]:
    tokens, at = [], 0
    while at < len(line):
        match = _TOKEN.match(line, at)
        if match is None:
            script.complain(number, f"Renode cannot read {line[at:].strip()!r}")
            return []
        if match.lastgroup and match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match[0]))
        at = match.end()
    return tokens


def _check_known(script: Script, macros: set[str], number: int, tokens: list[Token]) -> None:
    for token in tokens:
        used = re.match(r"\$(\w+)", token.text)
        if used and used[1] not in script.variables.keys() | MONITOR_VARIABLES | macros:
            script.complain(number, f"${used[1]} is used but not set before")
        if token.kind == "path" and used and not script.file(token.text).exists():
            script.complain(number, f"there is no file {token.text}")


def _check_watchpoint(script: Script, number: int, width: str, access: str) -> None:
    if width not in WIDTHS:
        script.complain(number, f"{width} is no access width; Renode's are {', '.join(WIDTHS)}")
    if access not in ACCESSES:
        script.complain(number, f"{access} is no kind of access; Renode's are {', '.join(ACCESSES)}")
