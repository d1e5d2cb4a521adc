"""The action's check: runs `scopeless check` and tells the job what it found.

Reads CONFIG, NAMES and UPDATE; writes check.json, check.xml and check.md to $RUNNER_TEMP/scopeless, a step
summary, an annotation for what failed, and the outputs exit-code, regressions, failures and python. It ends
with 0 whatever the check found, so that the steps after it can report that; the last one ends with
exit-code.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ["RUNNER_TEMP"]) / "scopeless"
REPORT = FOLDER / "check.md"


def main() -> None:
    """Check, then report."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    files = {"--json": FOLDER / "check.json", "--junit": FOLDER / "check.xml", "--markdown": REPORT}
    command = [sys.executable, "-m", "scopeless", "check", "--config", os.environ["CONFIG"]]
    command += [word for option, path in files.items() for word in (option, str(path))]
    command += ["--update"] if os.environ["UPDATE"] == "true" else []
    command += ["--", *shlex.split(os.environ["NAMES"])]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    message = result.stderr.strip()
    print(message, file=sys.stderr)
    if result.returncode:
        print(f"::error title=Scopeless check::{_escaped(message)}")
    if not REPORT.exists():  # it could not even begin
        REPORT.write_text(f"### :x: Scopeless check\n\n{message or 'It was ended from outside.'}\n")
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a") as summary:
        summary.write(REPORT.read_text())
    _output("exit-code", result.returncode)
    _output("python", sys.executable)
    if files["--json"].exists():
        found = json.loads(files["--json"].read_text())
        _output("regressions", found["regressions"])
        _output("failures", len(found["failures"]))


def _output(name: str, value: object) -> None:
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as outputs:
        outputs.write(f"{name}={value}\n")


def _escaped(text: str) -> str:
    """``text`` as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    main()
