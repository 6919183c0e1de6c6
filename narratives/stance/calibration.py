"""Are probabilities right? Scaling on held-out labels, reliability, and the error that is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.metrics import f1_score

from narratives.stance.protocol import Floats

Ints = NDArray[np.int64]
BINS = 10
RIDGE = 1.0  # labels' worth of trust that no bias is needed
LEAST = 1e-6


@dataclass(frozen=True)
class Scaling:
    """New log-odds: the old ones times `slope` (one over the temperature), plus a `bias` for favor and against."""

    slope: float = 1.0
    bias: tuple[float, float] = (0.0, 0.0)

    def __call__(self, chances: Floats) -> Floats:
        """Return the scaled probabilities of `chances`, (n, 3)."""
        return _scaled(np.array([self.slope, *self.bias]), np.log(np.clip(chances, LEAST, 1)))


def fit_scaling(chances: Floats, labels: Ints) -> Scaling:
    """Return the scaling with the least log loss on labels that `chances` has not seen.

    Temperature scaling with a bias per answer (Guo et al. 2017, vector scaling with one slope); the biases are drawn to
    zero, so that few labels move them little.
    """
    logits = np.log(np.clip(chances, LEAST, 1))

    def loss(parameters: Floats) -> float:
        scaled = _scaled(parameters, logits)
        return float(-np.log(scaled[np.arange(len(labels)), labels]).sum() + RIDGE * (parameters[1:] ** 2).sum())

    best = minimize(loss, np.array([1.0, 0.0, 0.0]), bounds=[(0.05, 20), (-5, 5), (-5, 5)], method="L-BFGS-B").x
    return Scaling(float(best[0]), (float(best[1]), float(best[2])))


def _scaled(parameters: Floats, logits: Floats) -> Floats:
    moved = logits * parameters[0] + np.array([parameters[1], parameters[2], 0.0])
    odds = np.exp(moved - moved.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def reliability(chances: Floats, labels: Ints, bins: int = BINS) -> pd.DataFrame:
    """Return how often the likeliest answer was right, by how probable it was said to be.

    Columns: said (mean probability), right (share), n. Bins hold equally many (Nixon et al. 2019).
    """
    said = chances.max(axis=1)
    right = chances.argmax(axis=1) == labels
    order = np.argsort(said, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    rows = [(float(said[part].mean()), float(right[part].mean()), len(part)) for part in parts]
    return pd.DataFrame(rows, columns=["said", "right", "n"])


def calibration_error(chances: Floats, labels: Ints, bins: int = BINS) -> float:
    """Return the expected calibration error: |said − right| of `reliability`, weighted by n; in [0, 1]."""
    table = reliability(chances, labels, bins)
    return float(np.average((table["said"] - table["right"]).abs(), weights=table["n"]))


def macro_f1(chances: Floats, labels: Ints) -> float:
    """Return the mean F1 of the answers that `labels` has, the likeliest one taken."""
    said = chances.argmax(axis=1)
    return float(f1_score(labels, said, labels=np.unique(labels), average="macro", zero_division=0))
