"""Finds an installed Renode."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scopeless.errors import UsageError

OLDEST = (1, 16)
"""The first version whose monitor gives its variables to Python scripts and whose classes our platforms use
(release notes of Renode 1.16.0)."""

RELEASE = "renode-1.16.1.linux-portable-dotnet.tar.gz"
RELEASES = "https://github.com/renode/renode/releases/tag/v1.16.1"
HOW_TO_GET = f"unpack {RELEASE} from {RELEASES} and set RENODE to its folder"

PLACES = (
    "/opt/renode",
    "/opt/renode_portable",
    "~/renode",
    "~/renode_portable",
    "/Applications/Renode.app/Contents/MacOS",
)
"""Where Renode is looked for when it is neither in RENODE nor in PATH."""

VERSION_S = 60.0
"""Time that ``renode --version`` gets; the first start of a portable release unpacks itself."""


@dataclass(frozen=True)
class Renode:
    """An installed Renode: its executable and its version, such as ``1.16.1``."""

    path: Path
    version: str


def find_renode() -> Renode:
    """The Renode in the environment variable RENODE (executable or folder), in PATH or in a usual place.

    Raises :class:`UsageError` when there is none, it does not start, or it is too old.
    """
    path = _locate()
    try:
        result = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{path} cannot be started to ask for its version: {error}.") from error
    answer = (result.stdout + result.stderr).decode(errors="replace")
    match = re.search(r"\bv?(\d+)\.(\d+)(?:\.(\d+))?", answer)
    if match is None:
        said = " ".join(answer.split()) or "nothing"
        raise UsageError(f"{path} does not seem to be Renode: asked for its version, it said {said!r}.")
    numbers = [number for number in match.groups() if number is not None]
    version = ".".join(numbers)
    if tuple(map(int, numbers[:2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise UsageError(f"{path} is Renode {version}, but {wanted} or newer is needed; {HOW_TO_GET}.")
    return Renode(path, version)


def _locate() -> Path:
    named = os.environ.get("RENODE")
    if named:
        for path in (Path(named).expanduser(), Path(named).expanduser() / "renode"):
            if path.is_file() and os.access(path, os.X_OK):
                return path.absolute()
        raise UsageError(f"RENODE is {named!r}, where there is no Renode; {HOW_TO_GET}.")
    on_path = shutil.which("renode")
    candidates = [Path(place).expanduser() / "renode" for place in PLACES]
    for path in [Path(on_path), *candidates] if on_path else candidates:
        if path.is_file() and os.access(path, os.X_OK):
            return path.absolute()
    raise UsageError(f"The engine 'renode' needs Renode, which was not found; {HOW_TO_GET}.")
