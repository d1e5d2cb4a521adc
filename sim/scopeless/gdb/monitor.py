"""The commands behind GDB's ``monitor``: what only a simulation can tell, and resets."""

from __future__ import annotations

from scopeless.debug import Debuggable
from scopeless.errors import ScopelessError
from scopeless.machine import Edge, Machine, RunResult

US_PER_MS = 1000


class Monitor:
    """Answers ``monitor`` commands about ``machine``: each method ``do_<name>`` is one."""

    def __init__(self, machine: Machine, debugger: Debuggable) -> None:
        self._machine, self._debugger = machine, debugger
        self._begin()

    def _begin(self) -> None:
        self._cycle = self._asked_cycle = 0
        self._pins: dict[str, tuple[int, Edge]] = {}
        self._asked_instructions = self._debugger.counters()[0]
        self._asked_counters = self._debugger.counters()

    def saw(self, result: RunResult) -> None:
        """What a run has brought."""
        self._cycle = result.cycle
        for edge in result.edges:
            count, _ = self._pins.get(edge.pin, (0, edge))
            self._pins[edge.pin] = count + 1, edge

    def answer(self, line: str) -> str:
        """What to print for a command. An error's sentence is an answer too."""
        name, _, rest = line.strip().partition(" ")
        command = getattr(self, f"do_{name}", None)
        if command is None:
            known = ", ".join(method[3:] for method in dir(self) if method.startswith("do_"))
            return f"There is no command {name!r}; monitor knows {known}.\n"
        try:
            return f"{command(rest.strip())}\n"
        except ScopelessError as error:
            return f"{error}\n"

    def do_help(self, _: str) -> str:
        """this list"""
        commands = (method for method in dir(self) if method.startswith("do_"))
        return "\n".join(f"monitor {name[3:]:9} {getattr(self, name).__doc__}" for name in commands)

    def do_cycles(self, _: str) -> str:
        """core clock cycles since reset and since this was last asked"""
        instructions = self._debugger.counters()[0]
        cycles, executed = self._cycle - self._asked_cycle, instructions - self._asked_instructions
        self._asked_cycle, self._asked_instructions = self._cycle, instructions
        return (
            f"cycle {self._cycle}: {cycles} cycles and {executed} instructions since this was last asked"
        )

    def do_time(self, _: str) -> str:
        """simulated time since reset, and the core clock"""
        time_ms = self._machine.time_us(self._cycle) / US_PER_MS
        return f"{time_ms:.6f} ms since reset; the core runs at {self._machine.clock_hz() / 1e6:g} MHz"

    def do_counters(self, _: str) -> str:
        """running totals: instructions by kind, cycles by cause; in brackets, since this was last asked"""
        before, self._asked_counters = self._asked_counters, self._debugger.counters()
        rows = zip(self._machine.counter_names, self._asked_counters, before, strict=True)
        return "\n".join(f"{name:16}{now:>12} ({now - then})" for name, now, then in rows)

    def do_pins(self, _: str) -> str:
        """the watched pins that have changed: level, number of edges, cycle of the last"""
        rows = sorted(self._pins.items())
        return "\n".join(
            f"{pin} is {'high' if edge.level else 'low'}, {count} edges, the last at cycle {edge.cycle}"
            for pin, (count, edge) in rows
        ) or ("no watched pin has changed yet")

    def do_send(self, text: str) -> str:
        """TEXT: a line to the board's serial port"""
        self._machine.uart_send(text.encode() + b"\n")
        return f"{text!r} is on its way"

    def do_where(self, _: str) -> str:
        """where the program is: function, source line, cycle"""
        return self._machine.where()

    def do_notes(self, _: str) -> str:
        """what is odd about the run, such as peripherals without a model"""
        return "\n".join(self._machine.notes()) or "nothing"

    def do_reset(self, _: str) -> str:
        """reset of the chip: memory stays, time goes on ('halt' and 'init' are taken and change nothing)"""
        self._debugger.system_reset()
        return self._machine.where()

    def do_restart(self, _: str) -> str:
        """power-on reset: memory as in the firmware's file, cycle 0"""
        self._machine.reset()
        self._begin()
        return self._machine.where()
