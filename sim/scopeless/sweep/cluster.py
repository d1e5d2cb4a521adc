"""The same work on the workers of a Dask cluster. They need Scopeless and its engines, no common files."""

from __future__ import annotations

import atexit
import re
from collections.abc import Callable, Sequence

from scopeless.errors import ScopelessError, UsageError
from scopeless.sweep.work import Machines, Task, evaluate

PATIENCE_S = 10
"""Time that a scheduler gets to answer, and to have a worker."""
ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://[^/\s]+:\d+$")

_machines = Machines()  # of this process, when it is a worker
atexit.register(_machines.close)


def run_on_cluster(tasks: Sequence[Task], address: str, done: Callable[[Task, str], None]) -> None:
    """Hand ``tasks`` to the scheduler at ``address`` (``tcp://host:8786``); ``done`` hears of each answer.

    Raises :class:`UsageError` where Dask is not installed, no scheduler or worker answers, or a worker cannot
    do the work.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise UsageError(
            "--scheduler needs Dask, which is not installed; type: pip install 'scopeless[dask]'."
        ) from error
    if not ADDRESS.match(address):
        raise UsageError(f"--scheduler {address!r} is no address of a Dask scheduler, like tcp://host:8786.")
    try:
        client = Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"No Dask scheduler answers at {address!r}; start one with `dask scheduler` and give its address."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            raise UsageError(
                f"The Dask scheduler at {address} has no worker; start one with `dask worker {address}`."
            ) from error
        futures = {client.submit(work, task, key=f"scopeless-{task.key}", pure=False): task for task in tasks}
        for future in as_completed(futures, loop=client.loop):
            task = futures[future]
            try:
                answer = future.result()
            except ScopelessError:
                raise
            except Exception as error:
                raise UsageError(
                    f"A Dask worker could not run {task.stem} ({type(error).__name__}: {error}); "
                    "look into its log, and whether the same Scopeless is installed there."
                ) from error
            done(task, answer)


def work(task: Task) -> str:
    """Run one task on a worker, with an engine that stays for the next."""
    return evaluate(task, _machines)
