"""Which narrative of a later window continues which: one assignment over all windows at once.

Each narrative has at most one predecessor and one successor, up to `max_gap` windows away, and the sum of similarity
above the threshold is the greatest there is (minimum path cover of a weighted acyclic graph, solved as a bipartite
assignment). A greedy match per window can give a narrative away to a worse partner; this cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import connected_components

from narratives.config import Tracking

GAP_DISCOUNT = 0.95


@dataclass(frozen=True)
class Links:
    """Similarities and the chosen continuations.

    Attributes
    ----------
    candidates : one row per pair of narratives at most `max_gap` windows apart whose blended similarity reaches the
        threshold: `source`, `target` (row numbers of the clusters), `gap` (windows), `similarity` ∈ [0, 1].
    chosen : the rows of `candidates` that continue a track.
    """

    candidates: pd.DataFrame
    chosen: pd.DataFrame


def link_clusters(clusters: pd.DataFrame, accounts: pd.Series, section: Tracking) -> Links:
    """Link narratives over windows.

    Parameters
    ----------
    clusters : `clusters` table, in the order of windows.
    accounts : the set of author_ids of each cluster, in the same order.
    """
    keywords = [set(ru) | set(kk) for ru, kk in zip(clusters["keywords_ru"], clusters["keywords_kk"], strict=True)]
    centroids = np.vstack([*clusters["centroid"]]).astype(np.float64)
    overlaps = _incidence(accounts), _incidence(keywords)
    window = clusters["window_id"].to_numpy()
    parts = []
    for first in np.unique(window):
        rows = np.flatnonzero(window == first)
        for gap in range(1, section.max_gap + 1):
            columns = np.flatnonzero(window == first + gap)
            if len(columns):
                blended = _similarity(rows, columns, centroids, overlaps, section)
                r, c = np.nonzero(blended >= section.threshold)
                parts.append(
                    pd.DataFrame(
                        {"source": rows[r], "target": columns[c], "gap": gap, "similarity": blended[r, c].clip(0, 1)}
                    )
                )
    empty = pd.DataFrame({"source": [], "target": [], "gap": [], "similarity": []}, dtype=np.int64)
    candidates = pd.concat(parts, ignore_index=True) if parts else empty.astype({"similarity": float})
    return Links(candidates, _choose(candidates, len(clusters), section.threshold))


def _incidence(sets: pd.Series | list[set[str]]) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(len(sets)), [len(s) for s in sets])
    columns, _ = pd.factorize(np.array([item for s in sets for item in sorted(s)], dtype=object), sort=True)
    shape = (len(sets), int(columns.max(initial=-1)) + 1)
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def _similarity(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    centroids: NDArray[np.float64],
    overlaps: tuple[sparse.csr_matrix, sparse.csr_matrix],
    section: Tracking,
) -> NDArray[np.float64]:
    """Return the blended similarity, shape (rows, columns): weighted mean of cosine and two overlap coefficients."""
    weights = np.array([section.centroid_weight, section.account_weight, section.keyword_weight])
    cosine = (centroids[rows] @ centroids[columns].T).clip(0, 1)
    shared = []
    for incidence in overlaps:
        sizes = np.asarray(incidence.sum(axis=1)).ravel()
        smaller = np.minimum.outer(sizes[rows], sizes[columns])
        shared.append((incidence[rows] @ incidence[columns].T).toarray() / np.maximum(smaller, 1))
    blended: NDArray[np.float64] = np.tensordot(weights / weights.sum(), np.stack([cosine, *shared]), axes=1)
    return blended


def _choose(candidates: pd.DataFrame, number: int, threshold: float) -> pd.DataFrame:
    """Return the candidates of the assignment with the greatest total gain, solved per connected component."""
    gain = (candidates["similarity"] * GAP_DISCOUNT ** (candidates["gap"] - 1) - threshold).clip(lower=0) + 1e-9
    source, target = candidates["source"].to_numpy(), candidates["target"].to_numpy()
    graph = sparse.coo_matrix((np.ones(len(source)), (source, number + target)), shape=(2 * number, 2 * number))
    _, component = connected_components(graph, directed=False)
    kept = [_assign(part, gain) for _, part in candidates.groupby(component[source])]
    return pd.concat(kept).sort_values(["source", "target"]) if kept else candidates


def _assign(part: pd.DataFrame, gain: pd.Series) -> pd.DataFrame:
    sources, row = np.unique(part["source"], return_inverse=True)
    targets, column = np.unique(part["target"], return_inverse=True)
    matrix = np.zeros((len(sources), len(targets)))
    matrix[row, column] = gain.loc[part.index]
    best = dict(zip(*linear_sum_assignment(matrix, maximize=True), strict=True))
    return part[[best.get(r) == c for r, c in zip(row, column, strict=True)]]
