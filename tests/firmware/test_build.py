"""The firmware's ELF files: built when needed, reproducible, and equal to the prebuilt ones."""

import ctypes
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scopeless.board import board_names, load_board
from scopeless.errors import UsageError
from scopeless.firmware import build
from scopeless.firmware.build import FIRMWARE, firmware_for

PREBUILT = FIRMWARE / "prebuilt"
MANIFEST = json.loads((PREBUILT / "manifest.json").read_text())
VARIANTS = [
    (name, clock, libm, sketch)
    for name in board_names()
    if (FIRMWARE / name).is_dir()
    for clock in load_board(name).clocks_mhz
    for libm in load_board(name).libm
    for sketch in ("", *load_board(name).sketches.values())
]


def stem(variant: tuple[str, int, str, str]) -> str:
    name, clock, libm, sketch = variant
    return f"{name}-{clock}mhz-{libm}" + (f"-{sketch}" if sketch else "")


def make(folder: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in build.MAKE_VARIABLES}
    command = ["make", "--silent", "--no-print-directory", "-C", str(folder), *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def needs_compiler(name: str) -> None:
    missing = build.missing_tool(load_board(name))
    if missing:
        pytest.skip(f"{missing} is not installed")


def copy_of_sources(folder: Path) -> Path:
    shutil.copytree(FIRMWARE, folder / "firmware")
    return folder / "firmware"


def test_every_variant_is_prebuilt_and_nothing_else_is():
    assert {f"{stem(v)}.elf" for v in VARIANTS} == set(MANIFEST) == {p.name for p in PREBUILT.glob("*.elf")}


@pytest.mark.parametrize("file", sorted(MANIFEST))
def test_prebuilt_file_is_the_one_in_the_manifest(file):
    assert hashlib.sha256((PREBUILT / file).read_bytes()).hexdigest() == MANIFEST[file]["sha256"]


@pytest.mark.parametrize("variant", VARIANTS, ids=stem)
def test_rebuild_equals_prebuilt(variant, tmp_path):
    name, clock, libm, sketch = variant
    needs_compiler(name)
    sources = copy_of_sources(tmp_path)
    target = (f"BOARD={name}", f"CLOCK={clock}", f"LIBM={libm}", f"SKETCH={sketch}")
    _, compiler, flags = make(sources, *target, "describe").splitlines()
    kept = MANIFEST[f"{stem(variant)}.elf"]
    if compiler != kept["compiler"]:
        pytest.skip(f"prebuilt with {kept['compiler']}, installed is {compiler}")
    make(sources, *target)
    built = tmp_path / "build" / "firmware" / f"{stem(variant)}.elf"
    assert flags == kept["flags"]
    assert built.read_bytes() == (PREBUILT / built.name).read_bytes(), "run `make -C firmware prebuilt`"


@pytest.mark.parametrize("name", ["stm32f103", "arduino_uno"])
def test_build_does_not_depend_on_the_folder(name, tmp_path):
    needs_compiler(name)
    first = copy_of_sources(tmp_path / "a")
    second = copy_of_sources(tmp_path / "another" / "place")
    make(first, f"BOARD={name}")
    make(second, f"BOARD={name}", f"BUILD={tmp_path / 'elsewhere'}")
    (a,) = (tmp_path / "a" / "build" / "firmware").glob("*.elf")
    (b,) = (tmp_path / "elsewhere").glob("*.elf")
    assert a.read_bytes() == b.read_bytes()
    assert str(tmp_path).encode() not in a.read_bytes()


def test_list_names_every_variant():
    assert sorted(make(FIRMWARE, "list").split()) == sorted(
        f"{n}/{c}/{m}" + (f"/{s}" if s else "") for n, c, m, s in VARIANTS
    )


@pytest.mark.parametrize("name", ["stm32f103", "arduino_uno"])
def test_warm_call_builds_nothing_and_is_fast(name):
    needs_compiler(name)
    board = load_board(name)
    elf = firmware_for(board, board.clocks_mhz[0], board.libm[0])
    before, began = elf.stat().st_mtime_ns, time.perf_counter()
    assert firmware_for(board, board.clocks_mhz[0], board.libm[0]) == elf
    assert time.perf_counter() - began < 0.1
    assert elf.stat().st_mtime_ns == before


def test_changed_header_is_built_anew(tmp_path, monkeypatch):
    needs_compiler("stm32f103")
    monkeypatch.setattr(build, "FIRMWARE", copy_of_sources(tmp_path))
    board = load_board("stm32f103")
    before = firmware_for(board, 72, "stock").read_bytes()
    header = tmp_path / "firmware" / "common" / "weights.h"
    header.write_text(header.read_text().replace("9.67299303", "9.5"))
    assert firmware_for(board, 72, "stock").read_bytes() != before


def test_variables_of_an_outer_make_do_not_reach_the_build(monkeypatch):
    monkeypatch.setenv("MAKEFLAGS", "-- BOARD=nonsense LTO=0")
    monkeypatch.setenv("LTO", "0")
    assert firmware_for(load_board("arduino_uno"), 16, "stock").name == "arduino_uno-16mhz-stock.elf"


def test_without_compiler_the_prebuilt_file_serves(tmp_path, monkeypatch):
    sources = copy_of_sources(tmp_path)
    monkeypatch.setattr(build, "FIRMWARE", sources)
    monkeypatch.setenv("PATH", str(tmp_path))
    elf = firmware_for(load_board("stm32f103"), 128, "recorded")
    assert elf == sources / "prebuilt" / "stm32f103-128mhz-recorded.elf"


def test_without_compiler_and_prebuilt_file_the_missing_tool_is_named(tmp_path, monkeypatch):
    sources = copy_of_sources(tmp_path)
    shutil.rmtree(sources / "prebuilt")
    monkeypatch.setattr(build, "FIRMWARE", sources)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"cannot be built: make is missing"):
        firmware_for(load_board("stm32f103"), 72, "stock")


def test_build_error_shows_the_compilers_words(tmp_path, monkeypatch):
    needs_compiler("stm32f103")
    sources = copy_of_sources(tmp_path)
    monkeypatch.setattr(build, "FIRMWARE", sources)
    (sources / "common" / "network.c").write_text("#error out of order\n")
    with pytest.raises(UsageError, match=r"stm32f103-72mhz-stock failed: .*out of order"):
        firmware_for(load_board("stm32f103"), 72, "stock")


def test_wrong_clock_libm_and_place_are_usage_errors(tmp_path, monkeypatch):
    board = load_board("stm32f103")
    with pytest.raises(UsageError, match="does not run at 71 MHz"):
        firmware_for(board, 71, "stock")
    with pytest.raises(UsageError, match="no libm 'fast'"):
        firmware_for(board, 72, "fast")
    monkeypatch.setattr(build, "FIRMWARE", tmp_path / "firmware")
    with pytest.raises(UsageError, match="run from a checkout"):
        firmware_for(board, 72, "stock")


@pytest.fixture(scope="module")
def formatted(tmp_path_factory):
    """format_decimals() of firmware/common/format.c, compiled for this machine."""
    folder = tmp_path_factory.mktemp("format")
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-ffast-math", "-fPIC"]
    subprocess.run(
        ["gcc", *flags, "-c", FIRMWARE / "common" / "format.c", "-o", folder / "format.o"], check=True
    )
    library = folder / "format.so"
    # Linked without -ffast-math, which would make this whole process treat subnormal numbers as zero.
    subprocess.run(["gcc", "-shared", folder / "format.o", "-o", library], check=True)
    function = ctypes.CDLL(str(library)).format_decimals
    function.argtypes, function.restype = [ctypes.c_char_p, ctypes.c_double], None

    def call(x: float) -> str:
        text = ctypes.create_string_buffer(24)
        function(text, x)
        return text.value.decode()

    return call


@given(st.floats(min_value=-2147483647, max_value=2147483647) | st.floats(min_value=-1, max_value=1))
@example(0.5)
@example(5e-9)
@example(0.999999999)  # carries into the integer part
@example(5e-324)
def test_numbers_are_printed_with_eight_decimals_rounded_to_nearest(formatted, x):
    text = formatted(x)
    assert re.fullmatch(r"-?\d+\.\d{8}", text)
    assert abs(Fraction(text) - Fraction(x)) <= Fraction(1, 2 * 10**8) + Fraction(1, 2**60)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (1e300, "out of range"),
        (-0.25, "-0.25000000"),
    ],
)
def test_special_numbers_are_printed_too(formatted, x, text):
    assert formatted(x) == text
