"""Runs the cells of docs/notebook.ipynb in order and keeps what they show.

Nothing of Jupyter is needed: a cell is Python, and what its last expression gives is shown."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def run_cell(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """Execute one cell; its outputs as a notebook holds them."""
    module = ast.parse(source)
    last = module.body.pop() if module.body and isinstance(module.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(module, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    outputs: list[dict[str, Any]] = []
    if text := printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)})
    if value is not None:
        data = {"text/plain": repr(value).splitlines(keepends=True)}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = value._repr_html_().splitlines(keepends=True)
        outputs.append(
            {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": data}
        )
    return outputs


def execute(notebook: dict[str, Any]) -> None:
    """Run all cells, as from a kernel that was started in the folder of the notebook."""
    names: dict[str, Any] = {"__name__": "__main__"}
    before = Path.cwd()
    os.chdir(NOTEBOOK.parent)
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = run_cell("".join(cell["source"]), names)
    finally:
        os.chdir(before)


def main() -> int:
    """Renew the outputs."""
    from scopeless.files import write_atomically

    notebook = json.loads(NOTEBOOK.read_text())
    execute(notebook)
    write_atomically(NOTEBOOK, json.dumps(notebook, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
