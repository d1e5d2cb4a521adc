"""A profile's cycles add up to the window that the pin's edges give, on both engines."""

from __future__ import annotations

import pytest

from scopeless.benchmark.session import WindowProfile, profile_window, run_session
from scopeless.board import load_board
from scopeless.engines import start
from scopeless.firmware.build import firmware_for
from scopeless.firmware.elf import Elf
from scopeless.inside.profile import GROUPINGS, group


def profiled(name: str, model: str) -> tuple[WindowProfile, Elf, int]:
    """The profile, the firmware, and the same window's cycles from an ordinary session."""
    board = load_board(name)
    path = firmware_for(board, board.clocks_mhz[0], board.libm[0])
    with start(board) as machine:
        machine.load(path)
        profile = profile_window(machine, model)
        machine.reset()
        session = run_session(machine, (model,))
    return profile, Elf.open(path), session.models[model].windows.predict.cycles


@pytest.mark.parametrize("name", ["stm32f103", "arduino_uno"])
@pytest.mark.parametrize("model", ["simple1", "simple2"])
def test_the_parts_add_up_to_the_window(name: str, model: str) -> None:
    profile, elf, session_cycles = profiled(name, model)
    assert profile.window.cycles == session_cycles
    assert abs(profile.pin_write_cycles) <= 4
    assert sum(row.executions for row in profile.rows) == profile.window.instructions
    for by in GROUPINGS:
        shares = group(profile.rows, elf, by)
        assert sum(share.cycles for share in shares) + profile.pin_write_cycles == session_cycles
        if name == "stm32f103":  # simavr does not tell causes
            assert all(sum(share.causes.values()) == share.cycles for share in shares)


def test_soft_double_arithmetic_dominates() -> None:
    profile, elf, cycles = profiled("stm32f103", "simple2")
    by_function = {share.place: share.cycles for share in group(profile.rows, elf, "function")}
    assert {"__aeabi_dadd", "__ieee754_exp", "dot", "sigmoid"} <= by_function.keys()
    assert by_function["__aeabi_dadd"] > cycles / 5


def test_lines_name_the_source() -> None:
    profile, elf, _ = profiled("stm32f103", "simple1")
    lines = {share.place for share in group(profile.rows, elf, "line")}
    assert any(place.startswith("network.c:") for place in lines)
