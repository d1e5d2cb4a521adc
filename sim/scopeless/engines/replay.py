"""The engine ``replay``: times what another simulator executed.

It is the ``unicorn`` engine on a leash: each instruction is the next one of the trace, each read of a
register gives what it gave there, exceptions are taken where they were taken there. Cycles are those of our
timing model; how long the processor slept is not in a trace.
"""

from __future__ import annotations

import re
from pathlib import Path

from scopeless.board import Board
from scopeless.cortexm.core import Core
from scopeless.cortexm.exceptions import HardFault
from scopeless.engines import DEFAULT_INSTRUCTION_LIMIT
from scopeless.engines.unicorn import UnicornMachine
from scopeless.errors import CheckFailed, UsageError
from scopeless.machine import RunResult, Stop
from scopeless.peripherals.events import NEVER
from scopeless.replay.core import TracedCore, TraceEnd
from scopeless.replay.script import Divergence, Script
from scopeless.replay.trace import TraceReader

TRACED = "traced"


class ReplayMachine(UnicornMachine):
    """A Cortex-M board that follows traces. The last of its counters, ``traced``, is how many instructions of
    the trace have been executed: as Renode counts them, with WFI and what IT blocks skip."""

    def __init__(
        self, board: Board, *, strict: bool = False, instruction_limit: int = DEFAULT_INSTRUCTION_LIMIT
    ) -> None:
        super().__init__(board, strict=strict, instruction_limit=instruction_limit)
        self.counter_names = (*self.counter_names, TRACED)
        self.engine = f"{self.engine}, following a trace"

    def replay(self, path: Path | None = None, until_edges: int | None = None) -> RunResult:
        """Execute what the trace at ``path`` says, or what is left of the last one, to its end or until
        ``until_edges`` further edges were recorded.

        Raises :class:`UsageError` for a damaged trace, :class:`CheckFailed` at the first instruction that
        does not fit the firmware, and :class:`FirmwareFault`.
        """
        if self._image is None:
            raise UsageError("No firmware is loaded; load an ELF first.")
        if path is not None:
            self._script.add(TraceReader(path))
        core, reason = self.core, Stop.CYCLES
        self._edges_wanted = until_edges or 0
        instructions_end = core.timing.counters[0] + self._instruction_limit
        try:
            while not until_edges or len(self._edges) < until_edges:
                core.advance(NEVER, instructions_end)
            reason = Stop.EDGES
        except TraceEnd:
            pass
        except HardFault as fault:
            raise self._hard_fault(fault) from None
        except Divergence as divergence:
            raise self._diverged(divergence) from None
        return self.take(reason)

    def notes(self) -> list[str]:
        """See :meth:`Machine.notes`."""
        if not self._script.unanswered:
            return super().notes()
        lacking = f"The trace lacks the values of {self._script.unanswered} reads of registers; "
        return [*super().notes(), lacking + "our models answered them."]

    def _new_core(self) -> Core:
        self._script = Script()
        return TracedCore(self._board, self._unmodelled, self._script)

    def _on_pin(self, pin: str, level: int) -> None:
        before = len(self._edges)
        super()._on_pin(pin, level)
        if len(self._edges) > before:
            edge = self._edges[-1]
            # The write itself does not count, on any edge: as renode/edges.py has it.
            counters = (*edge.counters, self._script.number - 1)
            self._edges[-1] = edge.__class__(edge.cycle, edge.pin, edge.level, counters)

    def _diverged(self, divergence: Divergence) -> CheckFailed:
        def place(match: re.Match[str]) -> str:
            return self._place(int(match[1], 16))

        words = re.sub(r"\{(0x[0-9a-f]+)\}", place, divergence.what)
        return CheckFailed(
            f"At instruction {divergence.number} of the trace the firmware {words}; a trace must begin at "
            "the reset and be of this very firmware (docs/renode.md)."
        )
