"""The commands behind GDB's ``monitor``: what only a simulation can tell, and resets."""

from __future__ import annotations

from scopeless.debug import Debuggable
from scopeless.errors import UsageError
from scopeless.machine import Edge, RunResult
from scopeless.run.bench import Bench
from scopeless.units import show_us


class Monitor:
    """Answers ``monitor`` commands about the machine on ``bench``: each method ``do_<name>`` is one."""

    def __init__(self, bench: Bench, debugger: Debuggable) -> None:
        self._bench, self._machine, self._debugger = bench, bench.machine, debugger
        self._pins: dict[str, tuple[int, Edge]] = {}
        self._counters = debugger.counters()  # when they were last asked for
        self._cycle, self._instructions = bench.cycle, self._counters[0]
        bench.listeners.append(self._saw)

    def _saw(self, result: RunResult) -> None:
        for edge in result.edges:
            count, _ = self._pins.get(edge.pin, (0, edge))
            self._pins[edge.pin] = count + 1, edge

    def answer(self, line: str) -> str:
        """What to print for a command. What the user did wrong is an answer too."""
        name, _, rest = line.strip().partition(" ")
        command = getattr(self, f"do_{name}", None)
        if command is None:
            known = ", ".join(method[3:] for method in dir(self) if method.startswith("do_"))
            return f"There is no command {name!r}; monitor knows {known}.\n"
        try:
            return f"{command(rest.strip())}\n"
        except UsageError as error:
            return f"{error}\n"

    def do_help(self, _: str) -> str:
        """this list"""
        commands = (method for method in dir(self) if method.startswith("do_"))
        return "\n".join(f"monitor {name[3:]:9} {getattr(self, name).__doc__}" for name in commands)

    def do_cycles(self, _: str) -> str:
        """core clock cycles since reset and since this was last asked"""
        now, instructions = self._bench.cycle, self._debugger.counters()[0]
        cycles, executed = now - self._cycle, instructions - self._instructions
        self._cycle, self._instructions = now, instructions
        return f"cycle {now}: {cycles} cycles and {executed} instructions since this was last asked"

    def do_time(self, _: str) -> str:
        """simulated time since reset, and the core clock"""
        clock_mhz = self._machine.clock_hz() / 1e6
        return f"{show_us(float(self._bench.now_us))} since reset; the core runs at {clock_mhz:g} MHz"

    def do_counters(self, _: str) -> str:
        """running totals: instructions by kind, cycles by cause; in brackets, since this was last asked"""
        before, self._counters = self._counters, self._debugger.counters()
        rows = zip(self._machine.counter_names, self._counters, before, strict=True)
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
