"""The child process that an engine runs in: ``python -m scopeless.engines.child <engine> <socket>``.

It answers calls that come as pickles over the socket until the other end is closed. Nothing else writes to
that socket, so that whatever an engine prints cannot disturb it.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import select
import signal
import socket
import sys
import threading
import traceback
from typing import Any

from scopeless.errors import ScopelessError
from scopeless.machine import Machine

METHODS = frozenset(
    {
        *("load", "reset", "run", "uart_send", "clock_hz", "time_us", "timeline", "notes", "where"),
        *("profile_start", "profile_stop", "trace_start", "trace_read", "trace_stop"),
        *("pin_names", "watch_pins", "use_uart", "drive", "recorded"),
        *("replay", "use_timing_model"),
    }
)
DEBUGGER_METHODS = frozenset(
    {
        *("areas", "registers", "set_register", "read_memory", "write_memory", "counters", "step"),
        *("set_breakpoints", "set_watchpoints", "attach", "system_reset"),
    }
)
"""Those of :class:`~scopeless.debug.Debuggable`, of engines that have it as their attribute ``debugger``."""
REMAKING_METHODS = frozenset({"load", "reset"})
"""What makes the machine anew. Objects of the last one refer to each other: only the collector frees them."""
TRACEBACK_LINES = 6


def end_with_parent(connection: socket.socket) -> None:
    """End this process as soon as the other end is closed, even in the middle of a long native run."""
    poll = select.poll()
    poll.register(connection, 0)  # hang-up is always reported
    poll.poll()
    os._exit(0)


def make_machine(engine: str, arguments: dict[str, Any]) -> Machine:
    """The machine of ``engine``, imported only now."""
    module = importlib.import_module(f"scopeless.engines.{engine}")
    gc.freeze()  # modules stay: the collector need not look at them each time
    machine: Machine = getattr(module, f"{engine.capitalize()}Machine")(arguments.pop("board"), **arguments)
    return machine


def serve(connection: socket.socket, engine: str) -> None:
    """Answer calls ``(method, arguments)`` with ``(kind, value)``: ``done``, ``error`` or ``crash``.

    The first call makes the machine and is answered with its attributes.
    """
    requests = connection.makefile("rb")
    machine: Machine | None = None
    while True:
        try:
            method, arguments = pickle.load(requests)
        except EOFError:
            return
        answer: tuple[str, Any]
        try:
            if machine is None:
                machine = make_machine(engine, arguments)
                answer = "done", (machine.engine, machine.counter_names)
            elif method in METHODS:
                answer = "done", getattr(machine, method)(**arguments)
                if method in REMAKING_METHODS:
                    gc.collect()
            elif method in DEBUGGER_METHODS:
                answer = "done", getattr(machine.debugger, method)(**arguments)  # type: ignore[attr-defined]
            else:
                raise AttributeError(f"a machine has no method {method!r}")
        except ScopelessError as error:
            answer = "error", error
        except Exception:
            answer = "crash", traceback.format_exc().strip().splitlines()[-TRACEBACK_LINES:]
        connection.sendall(pickle.dumps(answer))


def main(engine: str, handle: str) -> None:
    """Serve ``engine`` on the inherited socket ``handle``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business: it closes the socket
    connection = socket.socket(fileno=int(handle))
    threading.Thread(target=end_with_parent, args=(connection,), daemon=True).start()
    serve(connection, engine)


if __name__ == "__main__":
    main(*sys.argv[1:])
