"""Writes the documentation of the keywords, docs/robot-library.html: the same bytes on every machine and
day."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from robot.libdoc import libdoc
from robot.libdocpkg import LibraryDocumentation

from scopeless.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "robot-library.html"


def page() -> str:
    """The page as HTML, without dates, Python's version and the folder that the library lies in."""
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.html"
        libdoc("scopeless.robot", str(path), quiet=True)
        html = path.read_text(encoding="utf-8")
    source = str(LibraryDocumentation("scopeless.robot").source)
    here = Path(source).relative_to(ROOT).as_posix()
    html = html.replace(source, here).replace("1970-01-01T00:00:00+00:00", "")
    return re.sub(r'(content="Robot Framework \S+) \(Python [^)"]*\)"', r'\1"', html)


if __name__ == "__main__":
    write_atomically(PAGE, page())
