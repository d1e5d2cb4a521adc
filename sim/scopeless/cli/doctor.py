"""Say what is installed, what is missing and the command that installs it.

Exit code 0 when every board can run here, 2 otherwise."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
from importlib import metadata

from scopeless.board import Board, board_names, load_board
from scopeless.cli._output import Output
from scopeless.tools import TOOLS, install_command

PYTHON_PACKAGES = {
    "unicorn": "running Cortex-M boards",
    "pyelftools": "reading firmware",
    "pyvcd": "--vcd",
    "rich": "tables on a terminal",
    "numpy": "training the networks",
    "pandas": "analysis",
}
NATIVE = {"scopeless._timing": ("timing core", "unicorn"), "scopeless._simavr": ("simavr glue", "simavr")}
SET_UP = "make setup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """Print what was found; 2 when a board cannot run."""
    output = Output()
    found = {tool.name: tool.find() for tool in TOOLS}
    rows = [("Python", platform.python_version(), "everything", "")]
    for tool in TOOLS:
        version = found[tool.name]
        rows.append((tool.name, version or "missing", tool.purpose, "" if version else _apt(tool.package)))
    for package, purpose in PYTHON_PACKAGES.items():
        version = _python_package(package)
        rows.append((package, version or "missing", purpose, "" if version else SET_UP))
    for module, (name, engine) in NATIVE.items():
        built = importlib.util.find_spec(module) is not None
        rows.append((name, "built" if built else "missing", f"engine {engine}", "" if built else SET_UP))
    output.table("Tools", ("tool", "found", "for", "install with"), rows, left=4)

    states = {name: _obstacle(load_board(name)) for name in board_names()}
    cells = [(name, load_board(name).engine, problem or "can run") for name, problem in states.items()]
    output.table("Boards", ("board", "engine", "state"), cells, left=3)
    packages = [tool.package for tool in TOOLS if found[tool.name] is None]
    if packages:
        output.line(f"This installs what is missing:  {_apt(*packages)}", "bold")
    if not any(states.values()):
        return 0
    if not packages:
        output.line(f"This sets up what is missing:  {SET_UP}", "bold")
    return 2


def _apt(*packages: str) -> str:
    return install_command(packages, sudo=os.geteuid() != 0)


def _python_package(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _obstacle(board: Board) -> str | None:
    """Why the board cannot run here, or None."""
    modules = {"unicorn": ("unicorn", "scopeless._timing"), "simavr": ("scopeless._simavr",)}[board.engine]
    missing = [module for module in (*modules, "elftools") if importlib.util.find_spec(module) is None]
    return f"cannot run: {', '.join(missing)} missing" if missing else None
