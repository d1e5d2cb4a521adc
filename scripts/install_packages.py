"""Installs the Debian packages that are missing; part of every set-up (see the Makefile).

As root, or with a sudo that asks nothing, it installs them; else it prints the command to type. Where there
is no apt-get it goes on when the essential part is there: the Cortex-M boards then run their prebuilt
firmware. With the argument ``skip`` it installs nothing.
Exit codes: 0 go on, 2 something essential is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "sim"))

from scopeless.tools import Tool, install_command, missing_tools

AGAIN = "'make setup' tries again."


def say(text: str) -> None:
    """One line on stderr."""
    print(f"scopeless: {text}", file=sys.stderr, flush=True)


def apt_get(prefix: Sequence[str], *arguments: str) -> bool:
    """Run apt-get without questions; what it says is shown when it fails."""
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        print(result.stdout, file=sys.stderr)
    return result.returncode == 0


def install(prefix: Sequence[str], packages: Sequence[str]) -> bool:
    """Install packages, fetching apt's lists only when it does not know them yet."""
    command = ("install", "-y", "--no-install-recommends", *packages)
    known = subprocess.run(["apt-cache", "show", *packages], capture_output=True, check=False).returncode == 0
    if known and apt_get(prefix, *command):
        return True
    return apt_get(prefix, "update") and apt_get(prefix, *command)


def main() -> int:
    """Install what is missing."""
    missing = missing_tools()
    if not missing:
        return 0
    packages = [tool.package for tool in missing]
    names = ", ".join(tool.name for tool in missing)
    if sys.argv[1:] == ["skip"]:
        return go_on_without(missing, f"{names} not found")
    if shutil.which("apt-get") is None:
        return go_on_without(missing, f"{names} not found, and there is no apt-get to install them")
    root = os.geteuid() == 0
    sudo = (
        shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    )
    if not root and not sudo:
        if all(tool.need == "extra" for tool in missing):
            return 0
        say(f"{names} not found; type:  {install_command(packages, sudo=True)}")
        say("or go on with what is there: add PACKAGES=skip to the make command.")
        return 2
    say(f"installing {', '.join(packages)} (once, some minutes on a slow line)")
    if install([] if root else ["sudo", "-n"], packages):
        return 0
    return go_on_without(missing_tools(), f"apt-get could not install {', '.join(packages)}")


def go_on_without(missing: Sequence[Tool], reason: str) -> int:
    """Say what will not work; 2 when that is everything."""
    if essential := [tool.name for tool in missing if tool.need == "setup"]:
        say(f"{reason}; nothing runs without {', '.join(essential)}: install by hand, then {AGAIN}")
        return 2
    if missing:
        say(f"{reason}; Cortex-M boards run from prebuilt firmware, 'make doctor' shows the rest. {AGAIN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
