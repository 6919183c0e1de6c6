"""HDBSCAN over the distinct texts of one window (Campello, Moulavi & Sander 2013)."""

from __future__ import annotations

from importlib import import_module

import numpy as np
from hdbscan import HDBSCAN
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from narratives.config import Clustering
from narratives.errors import ConfigError

NEIGHBOURS, STEPS = 10, 16
LIKE, TENTH = 50, 10  # texts of a narrative that one must be like to join it, and the part of them if that is more
AROUND = 20  # smoothed texts nearest to one, of which half at least must be in a narrative
BLOCK = 2**25  # cosines in memory at a time
LOOSE, UNLIKE = 0.12, 0.2  # mean cosine of two texts without the mean of all, and without what the centroids share
FAR = 0.18  # cosine of a text and its centroid
ALIKE = 0.78  # cosine of the centroids of smoothed texts
FEW = 5  # clusters, beside which little is known of what all have in common

Labels = NDArray[np.int64]
Points = NDArray[np.float64]


def cluster_vectors(
    vectors: NDArray[np.float32], section: Clustering, context: NDArray[np.float32] | None = None
) -> tuple[Labels, NDArray[np.float32]]:
    """Return a label per row of `vectors` (unit rows), 0, 1, … for clusters, −1 for noise; and all rows, `smooth`.

    Clusters are the leaves of the tree, of which those that are alike are made one: what excess of mass takes for one
    narrative or for two changes from window to window.

    Parameters
    ----------
    context : unit rows of earlier windows. They are neighbours in smoothing, and are not clustered.

    Raises
    ------
    ConfigError
        If the method's package is not installed.
    """
    smallest = least_size(len(vectors), section)
    every = vectors if context is None else np.vstack([vectors, context])
    if len(vectors) < 2 * smallest:
        return np.full(len(vectors), -1), every
    moved = smooth(every, min(NEIGHBOURS, smallest - 1))
    own = moved[: len(vectors)]
    find = _fast_hdbscan if section.method == "fast_hdbscan" else _hdbscan
    labels = find(reduce(own, section.reduce_to), smallest, min(section.min_samples, smallest))
    return unite(own, labels), moved


def unite(moved: NDArray[np.float32], labels: Labels) -> Labels:
    """Return labels in which the two most alike clusters were made one until no two centroids are `ALIKE`."""
    labels = labels.copy()
    while True:
        middle = centroids(moved, labels)
        cosine = np.triu(middle @ middle.T, 1)
        if cosine.max(initial=0) < ALIKE:
            return np.unique(np.append(labels, -1), return_inverse=True)[1][:-1] - 1
        kept, lost = np.unravel_index(cosine.argmax(), cosine.shape)
        labels[labels == lost] = kept


def least_size(texts: int, section: Clustering) -> int:
    """Return the least size of a narrative among so many distinct texts; 6 at 70, 22 at 1,000, 49 at 5,000 if free."""
    return section.min_cluster_size or max(5, round(0.7 * float(np.sqrt(texts))))


def smooth(vectors: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    """Return unit rows, each moved `STEPS` times to the mean of itself and those it is a neighbour of, and they of it.

    Two rows are neighbours if each is among the `number` nearest of the other. A blurring mean shift (Fukunaga &
    Hostetler 1975) on that graph: what a short post happens to say fades, what it shares with others stays; a post with
    no like stays where it is, as does one without words, whose row is 0. Memory grows with the number of rows, not with
    its square.
    """
    near = _nearest(vectors, number)
    graph = csr_array(near.multiply(near.T))
    count = np.asarray(graph.sum(axis=1))[:, None]
    moved = vectors
    for _ in range(STEPS):
        moved = moved + (graph @ moved) / np.maximum(count, 1)
        length = np.sqrt(np.einsum("ij,ij->i", moved, moved))[:, None]  # normalize would check each number first
        moved /= np.where(length > 0, length, 1)
    return np.asarray(moved, dtype=np.float32)


def _nearest(vectors: NDArray[np.float32], number: int) -> csr_array:
    """Return rows × rows, 1 where the other row is among the `number` that are nearest."""
    size = len(vectors)
    found = np.empty((size, number), dtype=np.int64)
    rows = max(1, BLOCK // size)
    for start in range(0, size, rows):
        cosine = vectors[start : start + rows] @ vectors.T
        own = np.arange(len(cosine))
        cosine[own, start + own] = -2
        near = cosine >= np.partition(cosine, size - number, axis=1)[:, size - number, None]
        tied = np.count_nonzero(near, axis=1) > number
        near[tied] = False  # argpartition would do for all, in several times the time
        found[start + own[tied]] = np.argpartition(cosine[tied], size - number, axis=1)[:, -number:]
        found[start + own[~tied]] = (np.flatnonzero(near) % size).reshape(-1, number)
    places, ends = found.ravel(), np.arange(0, size * number + 1, number)
    return csr_array((np.ones(size * number, dtype=np.float32), places, ends), shape=(size, size))


def reduce(vectors: NDArray[np.float32], dimensions: int) -> Points:
    """Return the rows' first principal components, as unit rows."""
    dimensions = min(dimensions, *vectors.shape)
    reduced = PCA(dimensions, svd_solver="full" if len(vectors) < 500 else "covariance_eigh").fit_transform(vectors)
    return np.ascontiguousarray(normalize(reduced), dtype=np.float64)  # fast_hdbscan takes no other


def centroids(vectors: NDArray[np.float32], labels: Labels) -> NDArray[np.float32]:
    """Return one unit row per cluster: the direction of the mean of its vectors."""
    sums = _sums(vectors, labels)
    return np.asarray(normalize(sums) if len(sums) else sums, dtype=np.float32)


def _sums(vectors: NDArray[np.float32], labels: Labels) -> Points:
    inside = np.flatnonzero(labels >= 0)
    size = (int(labels.max(initial=-1)) + 1, len(vectors))
    return np.asarray(csr_array((np.ones(len(inside)), (labels[inside], inside)), shape=size) @ vectors)


def settle(vectors: NDArray[np.float32], labels: Labels, least: float) -> Labels:
    """Return labels, largest cluster first, of clusters that hold together, and which noise has joined.

    A cluster whose texts are hardly more alike than any two of the window (`LOOSE`), nor alike in themselves
    (`UNLIKE`, if there are enough clusters to tell), is noise, and so is a row whose cosine to its own centroid is
    below `FAR`. Noise joins the cluster that is `nearest`.
    """
    if labels.max(initial=-1) < 0:
        return labels
    middle = centroids(vectors, labels)
    loose = _likeness(normalize(vectors - vectors.mean(axis=0)), labels) < LOOSE
    if len(middle) >= FEW:
        loose &= _likeness(normalize(vectors - _common(middle)), labels) < UNLIKE
    settled = np.where((vectors * middle[labels]).sum(axis=1) >= FAR, labels, -1)
    loose = np.append(loose, True)  # the last is noise
    asked = loose[settled]
    settled[asked] = nearest(vectors[asked], vectors, settled, least)
    return by_size(np.where(loose[settled], -1, settled))


def nearest(rows: NDArray[np.float32], vectors: NDArray[np.float32], labels: Labels, least: float) -> Labels:
    """Return the cluster of `vectors` that each of `rows` is nearest to; −1 if it is less than `least` near, or `FAR`.

    How near is the mean cosine to the `LIKE` nearest vectors of the cluster, a tenth of them if that is more, all where
    it has fewer, without what the centroids have in common: a narrative has many ways to be told, and noise that is
    like a few texts is no part. But among very many texts everything is like some, so the row must not be far from the
    centroid either. With a `least` of 1 nothing is near.
    """
    if labels.max(initial=-1) < 0 or not len(rows) or least >= 1:
        return np.full(len(rows), -1)
    middle = centroids(vectors, labels)
    shared = _common(middle)
    own, others = normalize(rows - shared), normalize(vectors - shared)
    near = np.column_stack([_like(own, others[labels == label]) for label in range(len(middle))])
    found = near.argmax(axis=1)
    return np.where((near.max(axis=1) >= least) & ((rows * middle[found]).sum(axis=1) >= FAR), found, -1)


def _like(rows: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean cosine of each row to the nearest of `others`; −1 if there are none."""
    found = np.full(len(rows), -1, dtype=np.float32)
    size = len(others)
    number = min(size, max(LIKE, size // TENTH))
    step = max(1, BLOCK // max(size, 1))
    for start in range(0, len(rows) if size else 0, step):
        cosine = rows[start : start + step] @ others.T
        found[start : start + step] = np.partition(cosine, size - number, axis=1)[:, size - number :].mean(axis=1)
    return found


def leave(moved: NDArray[np.float32], labels: Labels, smallest: int) -> Labels:
    """Return labels, largest cluster first, without lonely rows, and without clusters that so become too small.

    A row is lonely if half at least of the smoothed rows nearest to it are in no cluster: at a border neighbours tell
    more than a threshold (Wilson's editing, 1972). There are `AROUND` of them, or fewer than a cluster of the
    `smallest` size has.
    """
    number = min(AROUND, smallest - 1)
    if labels.max(initial=-1) < 0:
        return labels
    kept = np.where(_nearest(moved, number) @ (labels < 0) >= number / 2, -1, labels)
    small = np.bincount(kept + 1, minlength=2)[1:] < smallest
    return by_size(np.where(np.append(small, True)[kept], -1, kept))


def _common(middle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the centroids, each counting once however loud it is, and the shorter the fewer they are."""
    return np.asarray(middle.sum(axis=0) / (len(middle) + FEW))


def _likeness(own: NDArray[np.float32], labels: Labels) -> Points:
    """Return the mean cosine of two rows of each cluster."""
    sizes = np.bincount(labels + 1, minlength=1)[1:]
    sums = _sums(own, labels)
    return np.asarray(((sums**2).sum(axis=1) - sizes) / np.maximum(sizes * (sizes - 1), 1))


def by_size(labels: Labels) -> Labels:
    """Return labels with the largest cluster first; equal-sized ones are ordered by their first row."""
    found, first, sizes = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    order = found[np.lexsort((first, -sizes))]
    renamed = np.full(int(labels.max(initial=-1)) + 2, -1)
    renamed[order] = np.arange(len(order))
    return renamed[labels]


def _hdbscan(points: Points, smallest: int, neighbours: int) -> Labels:
    model = HDBSCAN(
        min_cluster_size=smallest,
        min_samples=neighbours,
        cluster_selection_method="leaf",
        core_dist_n_jobs=1,
        approx_min_span_tree=False,
    )
    return np.asarray(model.fit_predict(points), dtype=np.int64)


def _fast_hdbscan(points: Points, smallest: int, neighbours: int) -> Labels:
    try:
        package = import_module("fast_hdbscan")
    except ImportError as error:
        advice = "pip install 'narratives[fast_hdbscan]'"
        raise ConfigError(f"clustering.method is 'fast_hdbscan', which is not installed: {advice}") from error
    model = package.HDBSCAN(
        min_cluster_size=smallest, min_samples=neighbours, cluster_selection_method="leaf", reproducible=True
    )
    return np.asarray(model.fit_predict(points), dtype=np.int64)
