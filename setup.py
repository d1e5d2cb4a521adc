"""Builds the two native libraries; everything else about the package stands in pyproject.toml.

They are plain C, loaded with ctypes: one holds the Cortex-M timing core, the other the glue to libsimavr. The
glue is built only where libsimavr's headers are found, so that Cortex-M boards run on machines without it.
"""

import os
from glob import glob
from pathlib import Path

from setuptools import Extension, setup

HEADERS = glob("sim/native/*/*.h")
WARNINGS = ["-std=c11", "-O3", "-Wall", "-Wextra", "-Werror"]

extensions = [
    Extension(
        "scopeless._timing",
        sources=sorted(glob("sim/native/timing/*.c")),
        depends=HEADERS,
        extra_compile_args=[*WARNINGS, "-fvisibility=hidden"],
    ),
]
places = (os.environ.get("SIMAVR_INCLUDE"), "/usr/include/simavr", "/usr/local/include/simavr")
simavr = next((place for place in places if place and (Path(place) / "sim_avr.h").exists()), None)
if simavr:
    extensions.append(
        Extension(
            "scopeless._simavr",
            sources=sorted(glob("sim/native/simavr/*.c")),
            depends=HEADERS,
            include_dirs=[simavr],
            libraries=["simavr"],
            extra_compile_args=WARNINGS,
        )
    )

setup(ext_modules=extensions)
