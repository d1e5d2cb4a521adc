"""Builds every firmware and keeps the ELF files and a manifest in prebuilt/: `make -C firmware prebuilt`.

manifest.json: {"<file>": {"sha256": ..., "compiler": first line of its --version, "flags": ...}}.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PREBUILT = HERE / "prebuilt"


def make(*arguments: str) -> str:
    """Standard output of make in this folder."""
    command = ["make", "--silent", "--no-print-directory", "-C", str(HERE), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def replace(path: Path, content: bytes) -> None:
    """Write ``path`` so that it is never seen half-written."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def main() -> None:
    """Build, copy, describe."""
    manifest = {}
    PREBUILT.mkdir(exist_ok=True)
    make("-j", str(os.cpu_count() or 1), "all")
    for variant in make("list").split():
        board, clock, libm, *sketch = variant.split("/")
        chosen = (f"BOARD={board}", f"CLOCK={clock}", f"LIBM={libm}", f"SKETCH={''.join(sketch)}")
        description = make(*chosen, "describe")
        elf, compiler, flags = description.splitlines()
        content = (HERE / elf).read_bytes()
        replace(PREBUILT / Path(elf).name, content)
        manifest[Path(elf).name] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "compiler": compiler,
            "flags": flags,
        }
    for stale in set(PREBUILT.glob("*.elf")) - {PREBUILT / name for name in manifest}:
        stale.unlink()
    replace(PREBUILT / "manifest.json", (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode())


if __name__ == "__main__":
    main()
