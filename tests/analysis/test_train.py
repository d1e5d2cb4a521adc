"""The networks come out of the training with the published digits, and the generated files are current."""

import importlib.util
import json
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]

# Published table of part 1, [0 0 0] to [1 1 1].
PUBLISHED_SIMPLE1 = [
    "0.5",
    "0.009664",
    "0.44822538",
    "0.00786466",
    "0.99993704",
    "0.99358931",
    "0.9999225",
    "0.99211997",
]
# The experiment's notebook "Simple python NN (1 hidden)", last output.
PUBLISHED_SIMPLE2 = [
    0.28424671,
    0.00297735,
    0.21864649,
    0.00229043,
    0.99992042,
    0.99799112,
    0.99988018,
    0.99720236,
]


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train", ROOT / "analysis" / "train.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["train"] = module
    spec.loader.exec_module(module)
    return module


train = load_script()


@pytest.fixture(scope="module")
def networks():
    return train.train()


def test_simple1_has_the_published_weights(networks):
    assert [train.c_number(w) for w in networks.simple1] == ["9.67299303", "-0.2078435", "-4.62963669"]


def test_simple1_predicts_the_published_table(networks):
    predictions = [train.predict_simple1(networks, inputs) for inputs in train.ALL_INPUTS]
    assert [train.c_number(p).removesuffix(".0") for p in predictions] == PUBLISHED_SIMPLE1


def test_simple2_has_the_recorded_weights(networks):
    """Two hidden nodes and two output weights stand for all of the recorded firmware's."""
    assert [train.c_number(w) for w in networks.hidden[0]] == ["1.5519611", "0.65860842", "-0.85158313"]
    assert [train.c_number(w) for w in networks.hidden[31]] == ["1.49427898", "0.191315", "-0.6043115"]
    assert train.c_number(networks.output[0]) == "1.45800076"
    assert train.c_number(networks.output[31]) == "1.31408841"


def test_simple2_predicts_the_published_outputs(networks):
    predictions = [train.predict_simple2(networks, inputs) for inputs in train.ALL_INPUTS]
    assert [round(p, 8) for p in predictions] == PUBLISHED_SIMPLE2


def test_generated_files_are_current(networks):
    assert train.WEIGHTS_H.read_text() == train.weights_header(networks)
    assert train.GOLDEN_JSON.read_text() == train.golden_json(networks)


def test_golden_predictions_come_from_the_exported_weights(networks):
    golden = json.loads(train.GOLDEN_JSON.read_text())
    exported = networks.rounded()
    layer = 1 / (1 + np.exp(-np.array(golden["inputs"]) @ exported.hidden.T))
    np.testing.assert_allclose(golden["simple2"], 1 / (1 + np.exp(-layer @ exported.output)), rtol=1e-13)


def test_check_names_the_outdated_file_and_fails(monkeypatch, tmp_path, capsys):
    outdated = tmp_path / "weights.h"
    outdated.write_text("double weights[3];\n")
    monkeypatch.setattr(train, "ROOT", tmp_path)
    monkeypatch.setattr(train, "exports", lambda: {outdated: "double weights[3] = {1, 2, 3};\n"})
    assert train.main(["--check"]) == 1
    assert "weights.h is not what training gives" in capsys.readouterr().err
    assert train.main([]) == 0
    assert train.main(["--check"]) == 0


moderate = st.floats(min_value=1e-30, max_value=1e30) | st.floats(min_value=-1e30, max_value=-1e-30)


@given(moderate, moderate, moderate)
def test_fused_multiply_add_rounds_once(a, b, c):
    result = train.fused_multiply_add(np.array([a]), np.array([b]), np.array([c]))[0]
    assert result == float(Fraction(a) * Fraction(b) + Fraction(c))
