"""SVG to PNG, by the renderer of the system where there is one."""

from __future__ import annotations

import shutil
import subprocess

ZOOM = "2"
"""Pixels per unit of the picture, for screens with fine pixels."""


def svg_to_png(svg: bytes) -> bytes | None:
    """The picture as PNG; None where rsvg-convert (Debian: librsvg2-bin) is missing or fails."""
    command = shutil.which("rsvg-convert")
    if command is None:
        return None
    done = subprocess.run([command, "--zoom", ZOOM], input=svg, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
