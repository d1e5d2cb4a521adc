"""Renode: the platforms in ``renode/`` and their checker, and what the engine ``renode`` needs to drive it.

``description`` and ``script`` read .repl and .resc files, ``check`` checks them against the boards; ``find``
finds an installed Renode, ``process`` runs it, ``keeper`` ends it in every case.
"""

from pathlib import Path

RENODE_DIR = Path(__file__).resolve().parents[3] / "renode"
"""The folder of platforms: one .repl and one .resc per Cortex-M board."""
