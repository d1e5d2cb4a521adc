"""Variables of one board for benchmark.robot, read from its .resc. Standard library only: it runs in the
Python of ``renode-test``."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def get_variables(board):
    """``SCRIPT``, ``UART`` (Renode's name) and ``CLOCK`` (MHz, the first of the board's); ``PREDICTIONS``:
    for each mode the eight lines that TEST answers with. Raises ValueError for a board without a platform."""
    script = ROOT / "renode" / f"{board}.resc"
    if not script.exists():
        known = ", ".join(sorted(path.stem for path in script.parent.glob("*.resc")))
        raise ValueError(f"There is no platform of {board!r}; choose from: {known}.")
    text = script.read_text(encoding="utf-8")
    golden = json.loads((ROOT / "sim" / "scopeless" / "data" / "golden.json").read_text(encoding="utf-8"))
    return {
        "SCRIPT": script.as_posix(),
        "UART": re.search(r'^\$uart="(.+)"$', text, re.MULTILINE).group(1),
        "CLOCK": re.search(r"^\$clock_mhz\?=(\d+)$", text, re.MULTILINE).group(1),
        "PREDICTIONS": {
            mode: [
                f"[{' '.join(map(str, inputs))}] = {value:.8f}"
                for inputs, value in zip(golden["inputs"], golden[model], strict=True)
            ]
            for mode, model in (("1", "simple1"), ("2", "simple2"))
        },
    }
