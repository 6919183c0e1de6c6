"""How far two readers agree beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SCALE = {"against": -1.0, "none": 0.0, "favor": 1.0}
DRAWS = 1_000
LIMITS = (2.5, 97.5)


def krippendorff_alpha(answers: NDArray[np.float64], *, metric: str = "nominal") -> float:
    """Return Krippendorff's alpha (2011): 1 is full agreement, 0 is chance; not a number where all answers are equal.

    Parameters
    ----------
    answers : readers × units, numbers that stand for answers; NaN where a reader gave none.
    metric : ``"nominal"``, or ``"interval"`` (squared distance: favor against accusation is worse than either against
        none).
    """
    given = answers[:, (~np.isnan(answers)).sum(axis=0) > 1]
    values = np.unique(given[~np.isnan(given)])
    counts = np.stack([(given == value).sum(axis=0) for value in values]) if len(values) else np.zeros((0, 0))
    apart = values[:, None] - values[None, :]
    distance = (apart != 0).astype(float) if metric == "nominal" else apart**2
    readers = counts.sum(axis=0)
    shares = counts / np.maximum(readers - 1, 1)
    pairs = counts @ shares.T - np.diag(shares.sum(axis=1))
    total = counts.sum(axis=1)
    expected = (np.outer(total, total) - np.diag(total)) / max(total.sum() - 1, 1)
    if (expected * distance).sum() == 0:
        return float("nan")
    return float(1 - (pairs * distance).sum() / (expected * distance).sum())


def agreement(first: pd.Series, second: pd.Series, *, seed: int = 0) -> dict[str, float] | None:
    """Return alpha (nominal) of two readers with its 95 % interval (bootstrap over units), alpha (interval), and n.

    None where alpha is not defined: both gave the same answer to everything, or had nothing in common.

    Parameters
    ----------
    first, second : answers in `LABELS`, missing where a reader gave none.
    """
    both = first.notna() & second.notna()
    codes = np.stack([side[both].map(SCALE).to_numpy(float) for side in (first, second)])
    alpha, rng, n = krippendorff_alpha(codes), np.random.default_rng(seed), int(both.sum())
    if np.isnan(alpha):
        return None
    low, high = np.nanpercentile([krippendorff_alpha(codes[:, rng.integers(0, n, n)]) for _ in range(DRAWS)], LIMITS)
    ordered = krippendorff_alpha(codes, metric="interval")
    return {"alpha": alpha, "low": float(low), "high": float(high), "alpha_interval": ordered, "n": n}
