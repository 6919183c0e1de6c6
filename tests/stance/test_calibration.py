"""Calibration: probabilities that were too sure become right, on labels that the scaling has not seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.stance.calibration import Scaling, calibration_error, fit_scaling, macro_f1, reliability
from narratives.stance.protocol import LABELS, Floats


def draw(n: int, seed: int, *, sharpness: float = 1.0, bias: float = 0.0) -> tuple[Floats, np.ndarray]:
    """Return claimed probabilities, too sharp and biased towards favor, and labels that follow the true ones."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, len(LABELS)))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((n, 1)) > true.cumsum(axis=1)).sum(axis=1)
    claimed = np.exp(sharpness * logits + [bias, 0, 0])
    return claimed / claimed.sum(axis=1, keepdims=True), labels


def test_scaling_finds_the_temperature_and_the_bias() -> None:
    scaling = fit_scaling(*draw(8_000, 1, sharpness=3.0, bias=2.0))
    assert scaling.slope == pytest.approx(1 / 3, rel=0.1)
    assert scaling.bias[0] == pytest.approx(-2 / 3, abs=0.1)
    unseen, labels = draw(8_000, 2, sharpness=3.0, bias=2.0)
    assert calibration_error(unseen, labels) > 0.15
    assert calibration_error(scaling(unseen), labels) < 0.03
    assert macro_f1(scaling(unseen), labels) > macro_f1(unseen, labels)


def test_right_probabilities_stay_as_they_are() -> None:
    chances, labels = draw(8_000, 3)
    assert calibration_error(chances, labels) < 0.03
    assert np.abs(fit_scaling(chances, labels)(chances) - chances).max() < 0.05


def test_few_labels_move_the_bias_little() -> None:
    chances = np.full((4, 3), 1 / 3)
    assert abs(fit_scaling(chances, np.zeros(4, dtype=np.int64)).bias[0]) < 2


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.05, 20), st.floats(-5, 5))
def test_scaled_rows_are_probabilities_and_a_temperature_keeps_the_order(seed: int, slope: float, bias: float) -> None:
    chances, _ = draw(20, seed)
    scaled = Scaling(slope, (bias, -bias))(chances)
    assert np.allclose(scaled.sum(axis=1), 1)
    assert (scaled >= 0).all()
    assert (Scaling(slope)(chances).argmax(axis=1) == chances.argmax(axis=1)).all()


def test_reliability_counts_every_label_once() -> None:
    chances, labels = draw(205, 4)
    table = reliability(chances, labels)
    assert table["n"].sum() == 205
    assert table["said"].is_monotonic_increasing
    order = np.random.default_rng(0).permutation(205)
    assert calibration_error(chances[order], labels[order]) == pytest.approx(calibration_error(chances, labels))
