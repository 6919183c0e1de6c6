"""Narratives that lie in one cluster and are told by different accounts.

What splits keeps some of its words for a while, so that for density the parts are one; but who tells the one seldom
tells the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array

from narratives.cluster.hdbscan import Labels, Points, by_size, centroids, nearest

DIRECTIONS, DRAWS, SEED = 8, 200, 0
AGREEMENT, BEYOND = 0.15, 3.0  # least covariance beyond chance, as share of the variance and in deviations of chance
SECOND = 0.5  # largest covariance along another direction, as share: accounts' habits differ in many ways
ACCOUNTS = 5.0  # least effective number of accounts of a camp
OTHERS = 0.25  # what an account's other texts weigh beside a text itself


@dataclass(frozen=True)
class Voices:
    """Who says what in a window and in earlier ones: a row for each account and group of copies.

    Attributes
    ----------
    account : number of the account.
    text : row of the group's vector.
    stratum : number of its language and the window.
    now : whether it is said in the window itself.
    """

    account: NDArray[np.int64]
    text: NDArray[np.int64]
    stratum: NDArray[np.int64]
    now: NDArray[np.bool_]

    def where(self, rows: NDArray[np.bool_]) -> Voices:
        """Return some of the rows."""
        return Voices(self.account[rows], self.text[rows], self.stratum[rows], self.now[rows])


def part(
    vectors: NDArray[np.float32],
    labels: Labels,
    core: NDArray[np.bool_],
    voices: Voices,
    *,
    smallest: int,
    least: float,
) -> Labels:
    """Return labels, largest cluster first, of which each that two camps tell is two.

    Each of the two has at least `smallest` texts that are `core`. If one has fewer, it is no narrative: those of its
    texts that are not core are noise.

    Parameters
    ----------
    vectors : unit rows: those that `labels` and `core` are of, and after them texts of earlier windows, which count to
        the cluster that they would join at a cosine of `least`.
    """
    labels, middle = labels.copy(), centroids(vectors[: len(labels)], labels)
    cluster = np.append(labels, nearest(vectors[len(labels) :], middle, least))[voices.text]
    for label in range(len(middle)):
        own = voices.where(cluster == label)
        score = sides(vectors[own.text], own)
        if score is None:
            continue
        of_text = np.bincount(own.text[own.now], score[own.now], minlength=len(labels))
        inside, one = labels == label, of_text > 0
        fewer = min(inside & one, inside & ~one, key=lambda side: np.count_nonzero(core & side))
        if np.count_nonzero(core & fewer) >= smallest:
            labels[fewer] = labels.max() + 1
        else:
            labels[fewer & ~core] = -1
    return by_size(labels)


def sides(vectors: NDArray[np.float32], voices: Voices) -> Points | None:
    """Return how far each row is on one side, above 0, or on the other; None if accounts keep to no sides.

    Sides differ along the direction in which two texts of one account, one of them of this window, covary most (the
    covariance between groups of a random-effects model; accounts weigh as many texts as they have), among the first
    principal components of the rows less the means of their strata. It must beat that of rows shuffled within strata.

    Parameters
    ----------
    vectors : a unit row for each row of `voices`.
    """
    account = np.unique(voices.account, return_inverse=True)[1]
    texts = np.bincount(account).astype(np.float64)
    pairs = np.bincount(account, voices.now) * (texts - 1)
    weight = np.divide(texts, pairs, out=np.zeros_like(texts), where=pairs > 0)
    if not weight.any():
        return None
    every = csr_array((np.ones(len(account)), (account, np.arange(len(account)))))
    here = every.multiply(voices.now[None, :]).tocsr()

    def directions(points: Points) -> tuple[Points, Points]:
        same = (points * (weight[account] * voices.now)[:, None]).T @ points
        between = ((here @ points) * weight[:, None]).T @ (every @ points) - same
        return np.linalg.eigh((between + between.T) / 2 / (weight @ pairs))

    points, rng = _principal(vectors, voices.stratum), np.random.default_rng(SEED)
    values, axes = directions(points)
    if values[-1] < AGREEMENT or values[-2:-1].max(initial=0) > SECOND * values[-1]:
        return None
    chance = np.array([directions(points[_shuffled(voices.stratum, rng)])[0][-1] for _ in range(DRAWS)])
    if values[-1] - chance.mean() < max(AGREEMENT, BEYOND * chance.std()):
        return None
    score = points @ axes[:, -1]
    score += OTHERS * ((every @ score)[account] - score)
    camps = (account[voices.now & here] for here in (score > 0, score <= 0))
    return score if min(_effective(camp) for camp in camps) >= ACCOUNTS else None


def _principal(vectors: NDArray[np.float32], stratum: NDArray[np.int64]) -> Points:
    """Return the first principal components, the variance of the first being 1."""
    number, stratum = np.unique(stratum, return_inverse=True, return_counts=True)[1:][::-1]
    sums = csr_array((np.ones(len(stratum)), (stratum, np.arange(len(stratum))))) @ vectors
    own = vectors - (sums / number[:, None])[stratum]
    last = own.shape[1] - 1
    values, axes = eigh(own.T @ own / len(own), subset_by_index=[max(0, last + 1 - DIRECTIONS), last])
    return np.asarray(own @ axes / np.sqrt(max(values[-1], np.finfo(float).tiny)), dtype=np.float64)


def _shuffled(stratum: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return an order in which rows have changed places within strata."""
    order = np.empty(len(stratum), dtype=np.int64)
    order[np.argsort(stratum, kind="stable")] = np.lexsort((rng.random(len(stratum)), stratum))
    return order


def _effective(account: NDArray[np.int64]) -> float:
    """Return how many equally active accounts would be as diverse (inverse Simpson index)."""
    texts = np.bincount(account)
    return float(texts.sum() ** 2 / max((texts**2).sum(), 1))
