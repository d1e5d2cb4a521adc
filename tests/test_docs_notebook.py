"""docs/notebook.ipynb: its cells run, and show what the page says they do."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import Any

import pytest

from commands import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def script() -> Any:
    """``scripts/notebook.py``, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("notebook", ROOT / "scripts" / "notebook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(notebook: dict[str, Any]) -> list[str]:
    """What the code cells show as text, whichever version the engine has."""
    texts = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            lines = output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
            texts.append(re.sub(r"unicorn [\d.]+", "unicorn", "".join(lines)))
    return texts


def test_the_cells_run_and_show_what_is_kept() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    kept = shown(notebook)
    for cell in notebook["cells"]:
        cell.pop("outputs", None)
    script().execute(notebook)
    assert shown(notebook) == kept, "renew what the page shows with `make figures`"
    assert len(kept) > 6


def test_it_is_a_notebook() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        assert {"cell_type", "id", "metadata", "source"} <= set(cell)
        if cell["cell_type"] == "code":
            assert {"outputs", "execution_count"} <= set(cell)


def test_a_cell_shows_what_it_prints_and_its_last_value() -> None:
    outputs = script().run_cell("x = 2\nprint('hi')\nx + 1", {})
    assert [output["output_type"] for output in outputs] == ["stream", "execute_result"]
    assert (outputs[0]["text"], outputs[1]["data"]) == (["hi\n"], {"text/plain": ["3"]})
    assert script().run_cell("x = 1", {}) == []
    with pytest.raises(ZeroDivisionError):
        script().run_cell("1 / 0", {})
