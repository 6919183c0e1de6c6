"""Narratives that lie in one cluster and are told by different accounts.

What splits keeps some of its words for a while, so that for density the parts are one; but who tells the one seldom
tells the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array

from narratives.cluster.hdbscan import Points, by_size

Ints = NDArray[np.int64]
Real = TypeVar("Real", np.float32, np.float64)

DIRECTIONS, DRAWS, SEED = 8, 200, 0
AGREEMENT, BEYOND = 0.15, 3.0  # least covariance beyond chance, as share of the variance and in deviations of chance
SECOND = 0.5  # largest covariance along another direction, as share: accounts' habits differ in many ways
BIMODAL = 0.45  # least bimodality coefficient of accounts; 1/3 of a normal distribution, .56 of a uniform one
ACCOUNTS = 8.0  # least effective number of accounts of a camp
FEW_DAYS = 2.0  # so many say as much of an account as one text says of itself, and half as much as infinitely many


@dataclass(frozen=True)
class Voices:
    """Who says what in a window and in earlier ones: a row for each account and group of copies.

    Attributes
    ----------
    account, day : number of the account and of the day.
    text : row of the group's vector.
    stratum : number of its language and the window.
    now : whether it is said in the window itself.
    """

    account: Ints
    day: Ints
    text: Ints
    stratum: Ints
    now: NDArray[np.bool_]

    def where(self, rows: NDArray[np.bool_]) -> Voices:
        """Return some of the rows."""
        return Voices(self.account[rows], self.day[rows], self.text[rows], self.stratum[rows], self.now[rows])


def part(vectors: NDArray[np.float32], labels: Ints, core: NDArray[np.bool_], voices: Voices, *, smallest: int) -> Ints:
    """Return labels of the window's texts, largest cluster first, of which each that two camps tell is two.

    Each of the two has at least `smallest` texts that are `core`.

    Parameters
    ----------
    vectors, labels : unit rows and their clusters: the window's texts and after them those of earlier windows.
    core : of the window's texts.
    """
    cluster, labels = labels[voices.text], labels[: len(core)].copy()
    for label in np.flatnonzero(np.bincount(labels[core] + 1)[1:] >= 2 * smallest):
        own = voices.where(cluster == label)
        score = sides(vectors[own.text], own)
        if score is None:
            continue
        of_text = np.bincount(own.text[own.now], np.sign(score[own.now]), minlength=len(labels))
        one, other = (labels == label) & (of_text > 0), (labels == label) & (of_text <= 0)
        if min(np.count_nonzero(core & one), np.count_nonzero(core & other)) >= smallest:
            labels[other] = labels.max() + 1
    return by_size(labels)


def sides(vectors: NDArray[np.float32], voices: Voices) -> Points | None:
    """Return how far each row is on one side, above 0, or on the other; None if accounts keep to no sides.

    What an account says in a day counts once, as the mean of its texts: what is said in one go is no two witnesses.
    Sides differ along the direction in which two days of one account, one of them of this window, covary most (the
    covariance between groups of a random-effects model; accounts weigh as many days as they have), among the first
    principal components of the rows less the means of their strata. That must be more than among shuffled days, and
    accounts must not lie around one middle. A row counts with the mean of its account, shrunk where the days are few.

    Parameters
    ----------
    vectors : a unit row for each row of `voices`.
    """
    if not len(vectors):
        return None
    rows = _principal(vectors, voices.stratum)
    keys = np.column_stack([voices.account, voices.day, voices.now])
    keys, of_row = np.unique(keys, axis=0, return_inverse=True)
    days, now = _mean(rows, of_row), keys[:, 2].astype(bool)
    account = np.unique(keys[:, 0], return_inverse=True)[1]
    every, weight = _pairs(account, now)
    values, axes = _directions(days, every, weight)
    if values[-1] < AGREEMENT or values[:-1].max(initial=0) > SECOND * values[-1]:
        return None
    number, of_account = np.bincount(account), _mean(days @ axes[:, -1:], account)[:, 0]
    camps = number[of_account > 0], number[of_account <= 0]
    if _bimodality(of_account[number > 1]) < BIMODAL or min(map(_effective, camps)) < ACCOUNTS:
        return None
    rng = np.random.default_rng(SEED)
    chance = np.array([_directions(days[_shuffled(now, rng)], every, weight)[0][-1] for _ in range(DRAWS)])
    if values[-1] - chance.mean() < max(AGREEMENT, BEYOND * chance.std()):
        return None
    return rows @ axes[:, -1] + (number / (number + FEW_DAYS) * of_account)[account[of_row]]


def _principal(vectors: NDArray[np.float32], stratum: Ints) -> Points:
    """Return the first principal components of the rows less the means of strata, the variance of the first being 1."""
    stratum = np.unique(stratum, return_inverse=True)[1]
    own = vectors - _mean(vectors, stratum)[stratum]
    last = own.shape[1] - 1
    values, axes = eigh(own.T @ own / len(own), subset_by_index=[max(0, last + 1 - DIRECTIONS), last])
    return np.asarray(own @ axes / np.sqrt(max(values[-1], np.finfo(np.float32).tiny)), dtype=np.float64)


def _mean(values: NDArray[Real], group: Ints) -> NDArray[Real]:
    """Return the mean of the rows of each group; groups are numbered from 0."""
    weight = (1 / np.bincount(group)).astype(values.dtype)[group]
    return np.asarray(csr_array((weight, (group, np.arange(len(group))))) @ values)


def _pairs(account: Ints, now: NDArray[np.bool_]) -> tuple[csr_array, Points]:
    """Return accounts × days, 1 for an account's days; and what pairs of a day and another weigh, 0 if not now."""
    number = np.bincount(account).astype(np.float64)
    pairs = np.bincount(account, now) * (number - 1)
    weight = np.divide(number, pairs, out=np.zeros_like(number), where=pairs > 0)
    weight /= max(weight @ pairs, 1)
    return csr_array((np.ones(len(account)), (account, np.arange(len(account))))), weight[account] * now


def _directions(days: Points, every: csr_array, weight: Points) -> tuple[Points, Points]:
    """Return the covariances of two days of one account, one of them now, in rising order, and their directions."""
    here = days * weight[:, None]
    between = (every @ here).T @ (every @ days) - here.T @ days
    values, axes = np.linalg.eigh((between + between.T) / 2)
    return values, axes


def _shuffled(group: NDArray[np.bool_], rng: np.random.Generator) -> Ints:
    """Return an order in which rows have changed places within groups."""
    order = np.empty(len(group), dtype=np.int64)
    order[np.argsort(group, kind="stable")] = np.lexsort((rng.random(len(group)), group))
    return order


def _bimodality(values: Points) -> float:
    """Return Sarle's coefficient: (squared skewness + 1) / kurtosis, 1 if there are two values only."""
    own = (values - values.mean()) / max(values.std(), np.finfo(float).tiny)
    return float(((own**3).mean() ** 2 + 1) / max((own**4).mean(), 1))


def _effective(number: Ints) -> float:
    """Return how many equally active accounts would be as diverse (inverse Simpson index)."""
    return float(number.sum() ** 2 / max((number**2).sum(), 1))
