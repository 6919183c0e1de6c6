"""HDBSCAN over the distinct texts of one window (Campello, Moulavi & Sander 2013)."""

from __future__ import annotations

import numpy as np
from hdbscan import HDBSCAN
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from narratives.config import Clustering


def cluster_vectors(vectors: NDArray[np.float32], section: Clustering) -> NDArray[np.int64]:
    """Return a label per row of `vectors` (unit rows): 0, 1, … for clusters, largest first, −1 for noise.

    Equal-sized clusters are ordered by their first row.
    """
    smallest = section.min_cluster_size or _smallest(len(vectors))
    if len(vectors) < 2 * smallest:
        return np.full(len(vectors), -1)
    model = HDBSCAN(
        min_cluster_size=smallest,
        min_samples=min(section.min_samples, smallest),
        core_dist_n_jobs=1,
        approx_min_span_tree=False,
        cluster_selection_method="leaf",  # the default merges a window of short posts into one or two giants
    )
    return _by_size(model.fit_predict(_reduce(vectors, section.reduce_to)))


def centroids(vectors: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return one unit row per cluster: the direction of the mean of its vectors."""
    number = int(labels.max(initial=-1)) + 1
    sums = np.zeros((number, vectors.shape[1]), dtype=np.float64)
    np.add.at(sums, labels[labels >= 0], vectors[labels >= 0])
    return np.asarray(normalize(sums) if number else sums, dtype=np.float32)


def join_noise(vectors: NDArray[np.float32], labels: NDArray[np.int64], least: float) -> NDArray[np.int64]:
    """Return labels in which noise has joined the nearest centroid's cluster, if its cosine is at least `least`."""
    middle = centroids(vectors, labels)
    noise = np.flatnonzero(labels < 0)
    if not len(middle) or not len(noise):
        return labels
    cosine = vectors[noise] @ middle.T
    near = cosine.max(axis=1) >= least
    joined = labels.copy()
    joined[noise[near]] = cosine.argmax(axis=1)[near]
    return joined


def _smallest(texts: int) -> int:
    """Return the least size of a narrative among so many distinct texts: 5 at 100, 11 at 500, 35 at 5,000."""
    return max(5, round(float(np.sqrt(texts)) / 2))


def _reduce(vectors: NDArray[np.float32], dimensions: int) -> NDArray[np.float64]:
    dimensions = min(dimensions, *vectors.shape)
    reduced = PCA(dimensions, svd_solver="full" if len(vectors) < 500 else "covariance_eigh").fit_transform(vectors)
    return np.asarray(normalize(reduced), dtype=np.float64)


def _by_size(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    found, first, sizes = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    order = found[np.lexsort((first, -sizes))]
    renamed = np.full(int(labels.max(initial=-1)) + 2, -1)
    renamed[order] = np.arange(len(order))
    return renamed[labels]
