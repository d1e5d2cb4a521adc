"""What a debugger asks of an engine, beside running: registers, memory, break and watch points, single steps.

Nothing here costs the firmware a cycle: a run that was stopped and goes on gives the same cycles, edges and
bytes as one that was left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from scopeless.machine import RunResult


class WatchKind(StrEnum):
    """Which accesses a watchpoint stops at."""

    READ = "read"
    WRITE = "write"
    ACCESS = "access"


class Watchpoint(NamedTuple):
    """``size`` bytes of data to watch."""

    kind: WatchKind
    address: int
    size: int


class Area(NamedTuple):
    """Addresses at which something answers: ``kind`` is ``flash`` or ``ram``; registers count as RAM."""

    kind: str
    start: int
    size: int


class Debuggable(Protocol):
    """The processor and memory of a machine, while it does not run.

    The machine's ``run`` stops before an instruction with a breakpoint (:attr:`Stop.BREAKPOINT`) and behind
    an instruction that a watchpoint saw (:attr:`Stop.WATCHPOINT`, and :attr:`RunResult.watch` says which).
    Both survive a reset.
    """

    def areas(self) -> list[Area]:
        """All memory and registers, in order of addresses."""

    def registers(self) -> dict[str, int]:
        """The processor's registers by their names in GDB's target description."""

    def set_register(self, name: str, value: int) -> None:
        """Write one of :meth:`registers`. Raises :class:`UsageError` for another name."""

    def read_memory(self, address: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``address`` on: fewer where memory ends.

        Registers of peripherals are read as a debug probe reads them on silicon: with all side effects. A
        peripheral without a clock and addresses without a model do not answer.
        """

    def write_memory(self, address: int, data: bytes) -> None:
        """Write memory (flash too, as a debug probe would program it) or registers of peripherals. Raises
        :class:`UsageError` where nothing answers; what lies before has then been written."""

    def set_breakpoints(self, addresses: Collection[int]) -> None:
        """Stop before these instructions, in place of those set before. A run that starts at the breakpoint
        that ended the last one goes on."""

    def set_watchpoints(self, points: Sequence[Watchpoint]) -> None:
        """Stop behind instructions that access these data, in place of those set before. What exceptions
        stack is not seen."""

    def attach(self, on: bool) -> None:
        """Whether a debugger is there, so that a breakpoint instruction in the firmware stops the run before
        it, instead of being a fault."""

    def step(self, *, for_us: float | Fraction, within: tuple[int, int] | None = None) -> RunResult:
        """Execute one instruction or enter one exception, or do so until the program leaves the addresses
        from ``within[0]`` up to ``within[1]``. :attr:`Stop.STEP` when that is done, :attr:`Stop.CYCLES` when
        the firmware still sleeps after ``for_us``. An IT block is one step.

        Raises what :meth:`Machine.run` raises.
        """

    def system_reset(self) -> None:
        """As a probe resets the chip: registers and peripherals start over, memory stays and time goes
        on."""

    def counters(self) -> tuple[int, ...]:
        """The running totals now, named by :attr:`Machine.counter_names`."""
