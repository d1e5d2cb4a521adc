"""The engines that execute firmware, each in a child process of its own.

The module ``scopeless.engines.<name>`` of an engine defines the class ``<Name>Machine``, which implements
:class:`scopeless.machine.Machine` and is made with ``(board, *, strict, instruction_limit)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scopeless.board import Board
from scopeless.errors import UsageError

if TYPE_CHECKING:
    from scopeless.engines.remote import RemoteMachine

ENGINES: dict[str, tuple[str, ...]] = {
    "renode": ("cortex-m3", "cortex-m4", "cortex-m4f", "cortex-m7"),
    "simavr": ("avr",),
    "unicorn": ("cortex-m3", "cortex-m4", "cortex-m4f", "cortex-m7"),
}
"""The cores that each engine can run: known without importing any engine."""

DEFAULT_INSTRUCTION_LIMIT = 2_000_000_000
"""Instructions that one call of ``run`` may execute: about a minute of host time."""


def engines_for(board: Board) -> list[str]:
    """Names of the engines that can run ``board``, its default first."""
    return sorted(
        (name for name, cores in ENGINES.items() if board.core in cores),
        key=lambda name: name != board.engine,
    )


def start(
    board: Board,
    *,
    engine: str | None = None,
    strict: bool = False,
    host_limit_s: float = 120.0,
    instruction_limit: int = DEFAULT_INSTRUCTION_LIMIT,
) -> RemoteMachine:
    """Start ``engine`` (``None``: the board's default) in a child process and connect to it.

    ``strict`` makes an error of what is else a note. One call may take ``host_limit_s`` seconds of host time
    and execute ``instruction_limit`` instructions. Use the machine in a ``with`` statement to end the
    child.

    Raises :class:`UsageError` for an unknown engine, one that cannot run the board's core, or one that is not
    installed.
    """
    from scopeless.engines.remote import RemoteMachine

    name = board.engine if engine is None else engine
    valid = engines_for(board)
    if name not in valid:
        problem = (
            f"cannot run {board.name}, whose core is {board.core}" if name in ENGINES else "is not an engine"
        )
        raise UsageError(f"{name!r} {problem}; engines for {board.name}: {', '.join(valid) or 'none'}.")
    return RemoteMachine(
        name, board, strict=strict, host_limit_s=host_limit_s, instruction_limit=instruction_limit
    )


def start_replay(board: Board, *, strict: bool = False, host_limit_s: float = 3600.0) -> RemoteMachine:
    """Start what follows traces of Cortex-M boards (:mod:`scopeless.engines.replay`), as :func:`start` starts
    an engine.

    Raises :class:`UsageError` for a board with another core.
    """
    from scopeless.engines.remote import RemoteMachine

    if board.core not in ENGINES["renode"]:
        raise UsageError(f"{board.name} cannot follow a trace: its core is {board.core}, not a Cortex-M.")
    return RemoteMachine("replay", board, strict=strict, host_limit_s=host_limit_s, instruction_limit=1 << 62)
