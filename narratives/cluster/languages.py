"""Whether a clustering parts posts by language rather than by what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DRAWS = 999


@dataclass(frozen=True)
class Split:
    """How far clusters part languages.

    Attributes
    ----------
    index : 0 where the clusters' languages are mixed as by chance, 1 where each cluster has one language.
    p : share of chance mixtures at least as parted.
    """

    index: float
    p: float


def language_split(clusters: pd.DataFrame) -> Split | None:
    """Return how far the clusters of each window part its Russian from its Kazakh texts; None if they have not both.

    Purity P is the share of texts that are in the language of their cluster's majority. The index is (P − E) / (1 − E),
    as in Cohen's kappa (1960), where E is the mean purity when the languages of a window's clustered texts are dealt
    out to its clusters at random: a multivariate hypergeometric draw per window, which keeps the clusters' sizes and
    the window's mix. The draws are always the same.

    Parameters
    ----------
    clusters : `clusters` table; mixed texts do not count.
    """
    rng = np.random.default_rng(0)
    pure, chance, total = 0, np.zeros(DRAWS), 0
    for _, window in clusters.sort_values("cluster_id").groupby("window_id"):
        kazakh, sizes = window["n_kk"].to_numpy(), (window["n_kk"] + window["n_ru"]).to_numpy()
        drawn = rng.multivariate_hypergeometric(sizes, kazakh.sum(), size=DRAWS, method="marginals")
        pure += int(_pure(kazakh, sizes))
        chance += _pure(drawn, sizes)
        total += int(sizes.sum())
    expected = chance.mean()
    if total in (0, expected):
        return None
    return Split(float((pure - expected) / (total - expected)), float((1 + (chance >= pure).sum()) / (1 + DRAWS)))


def _pure(kazakh: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(np.maximum(kazakh, sizes - kazakh).sum(axis=-1), dtype=np.int64)
