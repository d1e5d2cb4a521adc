"""The ``scopeless`` command. Each module of this package whose name does not start with ``_`` is one verb.

A verb module has a docstring (its help text), ``add_arguments(parser)`` and ``run(args) -> exit code``. It
imports what is slow to load inside ``run``.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

from scopeless import __version__
from scopeless.errors import ScopelessError, UsageError

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
EXIT_CODES = "exit codes: 0 fine, 1 a check failed, 2 usage or set-up, 3 a cycle-count regression"


class Parser(argparse.ArgumentParser):
    """Reports misuse as every other error: one sentence on stderr, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see '{self.prog} --help'.")


def build_parser() -> argparse.ArgumentParser:
    """The parser with all verbs that the package holds."""
    parser = Parser(
        prog="scopeless",
        description="Runs microcontroller benchmarks without hardware and without an oscilloscope.",
        epilog=EXIT_CODES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"scopeless {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name.startswith("_"):
            continue
        module: Any = importlib.import_module(f"{__name__}.{module_info.name}")
        summary, _, rest = (module.__doc__ or "").partition("\n")
        verb = verbs.add_parser(
            module_info.name.replace("_", "-"),
            help=summary,
            description=f"{summary} {' '.join(rest.split())}",
            epilog=EXIT_CODES,
            allow_abbrev=False,
        )
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # closed by the caller  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        args = build_parser().parse_args(argv)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except ScopelessError as error:
        print(f"scopeless: {error}", file=sys.stderr)
        if detail := getattr(error, "detail", None):
            print(detail, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if error.errno not in (*DISK_ERRORS, errno.EPIPE):
            raise
        # Keep Python's own flush at exit from failing again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:  # whoever read the output has gone
            return 128 + signal.SIGPIPE
        print(f"scopeless: Standard output cannot be written: {error.strerror}.", file=sys.stderr)
        return UsageError.exit_code


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End at once and quietly. Nothing is left to tidy up but the cursor that progress hides: files are
    written whole or not at all, and an engine's process ends with this one. (An exception raised here would
    surface wherever the program happens to be, and not everything lets it through.)"""
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\r\x1b[K\x1b[?25h")
    os._exit(128 + number)
