"""The pages on boards and peripherals show real files and name every model."""

import re
from dataclasses import fields

from commands import ROOT
from scopeless.board import BOARDS_DIR, Board
from scopeless.peripherals import _import_all
from scopeless.peripherals.base import MODELS

ADDING = (ROOT / "docs/adding-a-board.md").read_text(encoding="utf-8")
PERIPHERALS = (ROOT / "docs/peripherals.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", ADDING, re.DOTALL)


def test_the_peripheral_that_is_shown_is_a_real_one_with_its_test_and_its_board():
    shown, test = blocks("python")
    assert shown == (ROOT / "sim/scopeless/peripherals/stm32f1/crc.py").read_text(encoding="utf-8")
    assert test == (ROOT / "tests/peripherals/test_stm32f1_crc.py").read_text(encoding="utf-8")
    (entry,) = blocks("toml")
    assert entry in (BOARDS_DIR / "stm32f103.toml").read_text(encoding="utf-8")


def test_every_key_of_a_board_is_explained():
    keys = {field.name for field in fields(Board)} - {"name"}  # which is the file's
    named = set(re.findall(r"`\[*(\w+)\]*`", ADDING))
    assert keys - named == set()


def test_every_model_is_listed_and_nothing_else_is():
    _import_all()
    listed = set(re.findall(r"`(\w+\.\w+)`", PERIPHERALS))
    assert listed == set(MODELS) - {"registers"}
