"""README's figures and picture are those that the boards give today."""

import re
import sys
from pathlib import Path

import pytest

from commands import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from figures import PICTURE, README, SECTION, figures, picture


def test_the_figures_are_current() -> None:
    section = SECTION.search(README.read_text(encoding="utf-8"))
    assert section is not None
    assert section[0] == figures(), "type `make figures`"


def test_the_picture_is_current(tmp_path: Path) -> None:
    picture(tmp_path / "p.svg")
    assert (tmp_path / "p.svg").read_text() == PICTURE.read_text(), "type `make figures`"


@pytest.mark.parametrize("page", [README, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
