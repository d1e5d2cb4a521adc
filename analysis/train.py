"""Trains the two networks and exports them: weights to C, golden predictions to JSON.

    python analysis/train.py            write firmware/common/weights.h and sim/scopeless/data/golden.json
    python analysis/train.py --check    compare with the committed files; exit code 1 on a difference

Networks, training sets and seeds are those of the published experiment ("Machine Learning on Embedded",
parts 1 and 2). The weights are exported with 8 decimals, as the recorded firmware had them, and the
golden predictions are computed from those exported weights, so that firmware in double precision agrees
with them to about 1e-12.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS_H = ROOT / "firmware" / "common" / "weights.h"
GOLDEN_JSON = ROOT / "sim" / "scopeless" / "data" / "golden.json"

Array = NDArray[np.float64]

STEPS = 10_000
HIDDEN_NODES = 32
DECIMALS = 8
TRAINING_INPUTS = np.array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]], dtype=np.float64)
TRAINING_OUTPUTS = np.array([[0], [1], [1], [0]], dtype=np.float64)
ALL_INPUTS = [list(bits) for bits in product((0, 1), repeat=3)]
"""The eight input sets [a0 a1 a2] in the order of the published table."""


@dataclass(frozen=True)
class Networks:
    """Trained weights: ``simple1`` (3,); ``hidden`` (32, 3) and ``output`` (32,) of simple2."""

    simple1: Array
    hidden: Array
    output: Array

    def rounded(self) -> Networks:
        """The weights as they are exported: rounded to 8 decimals."""
        return Networks(*(np.round(w, DECIMALS) for w in (self.simple1, self.hidden, self.output)))


def _sigmoid(x: Array) -> Array:
    # exp in extended precision, so that the result hardly depends on the machine's vectorised double exp.
    return np.asarray(1 / (1 + np.exp(-x.astype(np.longdouble)).astype(np.float64)))


def _split(x: Array) -> tuple[Array, Array]:
    high = x * 134217729.0  # 2**27 + 1 (Veltkamp)
    high = high - (high - x)
    return high, x - high


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def fused_multiply_add(a: Array, b: Array, c: Array) -> Array:
    """a * b + c with a single rounding, elementwise. No scaling: keep far from overflow and underflow.

    Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to
    odd", IEEE Transactions on Computers 57(4), 2008.
    """
    product = a * b
    (a1, a2), (b1, b2) = _split(a), _split(b)
    product_error = a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2)
    middle, low = _two_sum(c, product_error)
    high, middle_error = _two_sum(product, middle)
    rest, error = _two_sum(low, middle_error)
    even = (rest.view(np.int64) & 1) == 0
    odd = np.where((error != 0) & even, np.nextafter(rest, np.copysign(np.inf, error)), rest)
    return high + odd


def train_simple1() -> Array:
    """Weights (3,) of the single sigmoid node without bias: full-batch steps along error times slope."""
    weights = 2 * np.random.RandomState(1).random_sample((3, 1)) - 1
    for _ in range(STEPS):
        out = _sigmoid(TRAINING_INPUTS @ weights)
        weights += TRAINING_INPUTS.T @ ((TRAINING_OUTPUTS - out) * out * (1 - out))
    return weights[:, 0]


def train_simple2() -> tuple[Array, Array]:
    """Weights (32, 3) and (32,) of the 3-32-1 network without biases: gradient descent on the squared error.

    The training starts on a plateau and leaves it after about a thousand steps with an overshoot, where a
    difference of one unit in the last place grows to some 1e-2 in the weights. To give the recorded
    weights on every machine, the sums are written out in the order that OpenBLAS's kernels for Haswell
    and Zen (``dgemv_t`` and ``dgemv_n``, with fused multiply-add) have; with it, all 8 recorded decimals
    come out.
    """
    random = np.random.RandomState(1)
    weights1 = random.random_sample((3, HIDDEN_NODES))
    weights2 = random.random_sample(HIDDEN_NODES)
    x, y = TRAINING_INPUTS, TRAINING_OUTPUTS[:, 0]
    for _ in range(STEPS):
        hidden = _sigmoid(x[:, :1] * weights1[0] + x[:, 1:2] * weights1[1] + x[:, 2:] * weights1[2])
        out = _sigmoid(_dot_in_lanes(hidden, weights2))
        delta2 = 2 * (y - out) * (out * (1 - out))
        delta1 = delta2[:, None] * weights2 * (hidden * (1 - hidden))
        terms = x[:, :, None] * delta1[:, None, :]
        weights1 += terms[0] + terms[1] + terms[2] + terms[3]
        pair = fused_multiply_add(hidden[2:], delta2[2:, None], hidden[:2] * delta2[:2, None])
        weights2 += pair[0] + pair[1]
    return weights1.T.copy(), weights2


def _dot_in_lanes(rows: Array, vector: Array) -> Array:
    """Dot product of every row with ``vector`` in four lanes of fused multiply-adds, added crosswise."""
    blocks, factors = rows.reshape(len(rows), -1, 4), vector.reshape(-1, 4)
    lanes = blocks[:, 0] * factors[0]
    for i in range(1, len(factors)):
        lanes = fused_multiply_add(blocks[:, i], factors[i], lanes)
    return np.asarray((lanes[:, 0] + lanes[:, 2]) + (lanes[:, 1] + lanes[:, 3]))


def train() -> Networks:
    """Both networks, trained."""
    return Networks(train_simple1(), *train_simple2())


def predict_simple1(networks: Networks, inputs: Sequence[float]) -> float:
    """One prediction of simple1, in the firmware's order of operations."""
    return _exact_sigmoid(_dot(inputs, networks.simple1.tolist()))


def predict_simple2(networks: Networks, inputs: Sequence[float]) -> float:
    """One prediction of simple2, in the firmware's order of operations."""
    layer = [_exact_sigmoid(_dot(inputs, row)) for row in networks.hidden.tolist()]
    return _exact_sigmoid(_dot(layer, networks.output.tolist()))


def _dot(v: Sequence[float], u: Sequence[float]) -> float:
    result = 0.0
    for a, b in zip(v, u, strict=True):
        result += a * b
    return result


def _exact_sigmoid(x: float) -> float:
    # A correctly rounded exp, so that the golden file is the same on every machine and C library.
    with localcontext(prec=40):
        return 1 / (1 + float(Decimal(-x).exp()))


def c_number(x: float) -> str:
    """``x`` as a C double literal with up to 8 decimals, as numpy prints it."""
    return str(np.format_float_positional(x, precision=DECIMALS, unique=True, trim="0"))


def weights_header(networks: Networks) -> str:
    """The text of ``weights.h``."""
    rows = "\n".join("    {" + ", ".join(map(c_number, row)) + "}," for row in networks.hidden)
    outputs = "\n".join(f"    {c_number(w)}," for w in networks.output)
    return f"""\
/* Generated by analysis/train.py; do not edit. Included by benchmark.c alone.
 * Not const: the weights lie in RAM, as they did in the recorded firmware. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#define HIDDEN_NODES {HIDDEN_NODES}

/* simple1: 3 inputs, 1 output */
real weights[3] = {{{", ".join(map(c_number, networks.simple1))}}};

/* simple2: 3 inputs, {HIDDEN_NODES} hidden nodes, 1 output */
real weights_1[HIDDEN_NODES][3] = {{
{rows}
}};

real weights_2[HIDDEN_NODES] = {{
{outputs}
}};

#endif
"""


def golden_json(networks: Networks) -> str:
    """The text of ``golden.json``: inputs (8, 3), outputs (8,) of both networks with the exported weights."""
    exported = networks.rounded()
    golden = {
        "inputs": ALL_INPUTS,
        "simple1": [predict_simple1(exported, inputs) for inputs in ALL_INPUTS],
        "simple2": [predict_simple2(exported, inputs) for inputs in ALL_INPUTS],
    }
    return "{\n" + ",\n".join(f'  "{key}": {json.dumps(value)}' for key, value in golden.items()) + "\n}\n"


def exports() -> dict[Path, str]:
    """Every generated file and the text it must have."""
    networks = train()
    return {WEIGHTS_H: weights_header(networks), GOLDEN_JSON: golden_json(networks)}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Train the networks, export weights and predictions.")
    parser.add_argument("--check", action="store_true", help="only compare with the committed files")
    check = parser.parse_args(arguments).check
    code = 0
    for path, text in exports().items():
        name = path.relative_to(ROOT)
        if path.exists() and path.read_text() == text:
            print(f"{name} is current")
        elif check:
            print(f"{name} is not what training gives; run `python analysis/train.py`", file=sys.stderr)
            code = 1
        else:
            _write(path, text)
            print(f"{name} written")
    return code


if __name__ == "__main__":
    sys.exit(main())
