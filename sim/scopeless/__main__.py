"""``scopeless`` and ``python -m scopeless``: where the command begins."""

import signal
import sys


def main() -> int:
    """Run the command. Ctrl-C ends it without a traceback also while its modules are still being imported."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from scopeless.cli import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
