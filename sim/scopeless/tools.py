"""The programs and libraries outside Python that Scopeless uses: how to find each, and which Debian package
brings it.

Needs nothing but the standard library: set-up asks it before anything is installed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ARDUINO_CORE = Path("/usr/share/arduino/hardware/arduino/avr/cores/arduino")
SIMAVR_HEADERS = ("/usr/include/simavr", "/usr/local/include/simavr")


@dataclass(frozen=True)
class Tool:
    """``find`` gives a version, or a place where there is no version, or None when the tool is missing.

    ``need`` says what cannot be done without it: ``setup`` nothing at all, ``build`` no firmware of our own,
    ``avr`` no AVR board, ``extra`` nothing of importance.
    """

    name: str
    purpose: str
    package: str
    need: str
    find: Callable[[], str | None]


def output_of(*command: str) -> str | None:
    """What ``command`` prints, or None when it is missing or fails."""
    if shutil.which(command[0]) is None:
        return None
    result = subprocess.run(command, capture_output=True, check=False)
    return result.stdout.decode(errors="replace").strip() if result.returncode == 0 else None


def version_of(*command: str) -> str | None:
    """The last version number in the first line that ``command`` prints: ``gcc (Debian 12.2.0-14)
    12.2.0``."""
    line = (output_of(*command) or "").partition("\n")[0]
    return next(iter(re.findall(r"\d+(?:\.\d+)+", line)[::-1]), line or None)


def _library(package: str, *places: str | None) -> str | None:
    """Version of the package, or else the place, of a library that is at one of ``places``."""
    place = next((place for place in places if place and Path(place).exists()), None)
    return place and (output_of("dpkg-query", "-W", "-f=${Version}", package) or place)


def _program(name: str) -> str | None:
    """Version of the package ``name``, or else the place, of the program in it."""
    return _library(name, shutil.which(name))


def _linked(compiler: str, library: str, *flags: str) -> str | None:
    """Where ``compiler`` finds ``library``; it prints a bare name for one it does not find."""
    place = output_of(compiler, *flags, f"-print-file-name={library}")
    return place if place and os.path.isabs(place) else None


def _simavr_headers() -> list[str]:
    places = (os.environ.get("SIMAVR_INCLUDE"), *SIMAVR_HEADERS)
    return [f"{place}/sim_avr.h" for place in places if place]


TOOLS = (
    Tool(
        "Python venv",
        "set-up",
        f"python{sys.version_info.major}.{sys.version_info.minor}-venv",
        "setup",
        lambda: "found" if importlib.util.find_spec("ensurepip") else None,
    ),
    Tool("C compiler", "native core", "gcc", "setup", lambda: version_of("gcc", "--version")),
    Tool(
        "C library",
        "native core",
        "libc6-dev",
        "setup",
        lambda: _library("libc6-dev", _linked("gcc", "crt1.o")),
    ),
    Tool("make", "building firmware", "make", "build", lambda: version_of("make", "--version")),
    Tool(
        "Arm compiler",
        "Cortex-M firmware",
        "gcc-arm-none-eabi",
        "build",
        lambda: version_of("arm-none-eabi-gcc", "--version"),
    ),
    Tool(
        "newlib",
        "Cortex-M firmware",
        "libnewlib-arm-none-eabi",
        "build",
        lambda: _library("libnewlib-arm-none-eabi", _linked("arm-none-eabi-gcc", "libm.a", "-mthumb")),
    ),
    Tool("AVR compiler", "AVR firmware", "gcc-avr", "build", lambda: version_of("avr-gcc", "--version")),
    Tool(
        "avr-libc",
        "AVR firmware",
        "avr-libc",
        "build",
        lambda: _library("avr-libc", _linked("avr-gcc", "libm.a", "-mmcu=atmega328p")),
    ),
    Tool(
        "Arduino core",
        "AVR firmware",
        "arduino-core-avr",
        "build",
        lambda: _library("arduino-core-avr", str(ARDUINO_CORE)),
    ),
    Tool(
        "libsimavr",
        "AVR boards",
        "libsimavr-dev",
        "avr",
        lambda: _library("libsimavr-dev", *_simavr_headers()),
    ),
    Tool("GDB", "debugging", "gdb-multiarch", "extra", lambda: version_of("gdb-multiarch", "--version")),
    Tool("GDB for AVR", "debugging", "gdb-avr", "extra", lambda: version_of("avr-gdb", "--version")),
    Tool("picocom", "make test", "picocom", "extra", lambda: _program("picocom")),
    Tool("sigrok-cli", "make test", "sigrok-cli", "extra", lambda: _program("sigrok-cli")),
    Tool("simavr", "make bench", "simavr", "extra", lambda: _program("simavr")),
)


def missing_tools() -> list[Tool]:
    """The tools that are not there."""
    return [tool for tool in TOOLS if tool.find() is None]


def install_command(packages: Iterable[str], *, sudo: bool) -> str:
    """The line to type that installs Debian packages."""
    prefix = "sudo " if sudo else ""
    names = " ".join(packages)
    return f"{prefix}apt-get update && {prefix}apt-get install -y --no-install-recommends {names}"
