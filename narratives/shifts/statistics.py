"""Null models and estimators that the detectors of shifts share.

Every null is a matrix of account weights, one row per draw: signs, labels or multiplicities. A statistic that is made
of sums over accounts is then recomputed for all draws, its selection of a date included, by one matrix product.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import hypergeom

from narratives.shifts.panel import Flags, Floats, Ints

GROUPS = 2_000


def benjamini_hochberg(p: Floats) -> Floats:
    """Return the q-value of each p (Benjamini & Hochberg 1995)."""
    order = np.argsort(p, kind="stable")
    raised = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return np.minimum(q, 1.0)


def permutation_p(observed: float, null: Floats) -> float:
    """Return the share of draws at least as large as `observed`, itself counted among them (Phipson & Smyth 2010)."""
    slack = 1e-9 * max(abs(observed), 1.0)
    return float((1 + np.count_nonzero(null >= observed - slack)) / (1 + len(null)))


def stratified_p(labels: Flags, marks: Flags, stratum: Ints) -> float:
    """Return the exact p of as many marked among the labelled, labels being exchangeable within strata.

    The number of marked is a sum of hypergeometric numbers, one per stratum (Mehta, Patel & Gray 1985).
    """
    chances = np.ones(1)
    for code in np.unique(stratum):
        here = stratum == code
        drawn = int(labels[here].sum())
        chances = np.convolve(chances, hypergeom.pmf(np.arange(drawn + 1), here.sum(), marks[here].sum(), drawn))
    return float(np.clip(chances[int((labels & marks).sum()) :].sum(), 0.0, 1.0))


def groups(n: int, rng: np.random.Generator) -> Ints:
    """Return a group code for each of n accounts: one each, or random ones of equal size where n is above `GROUPS`.

    Accounts of a group share their sign or multiplicity. As groups are formed at random, the nulls stay valid, and the
    work no longer grows with the number of accounts.
    """
    return np.arange(n) if n <= GROUPS else rng.permutation(n) % GROUPS


def sign_flips(n: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return `draws` rows of n signs: the null that accounts have no direction of change in common."""
    return rng.integers(0, 2, size=(draws, n)).astype(np.float64) * 2 - 1


def label_permutations(labels: Flags, stratum: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Return `draws` rows of n 0/1 labels, permuted within strata: the null that membership tells nothing."""
    slots = np.lexsort((~labels, stratum))
    pattern = labels[slots].astype(np.float64)
    order = np.argsort(stratum + rng.random((draws, len(labels))), axis=1)
    rows = np.empty((draws, len(labels)))
    np.put_along_axis(rows, order, np.broadcast_to(pattern, rows.shape), axis=1)
    return rows


def bootstrap_weights(n: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return `draws` rows of multiplicities of n accounts drawn with replacement (Efron 1979)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)


def strata(features: Floats, size: int) -> Ints:
    """Return a stratum code for each row of `features` (n, F): halves of halves, of at least `size` rows each.

    The columns are split by rank in turn (a k-d tree), starting with the first. Ties go by the other columns, then by
    position. Labels never enter.
    """
    code = np.zeros(len(features), dtype=np.int64)
    for level in range(int(np.log2(max(len(features) / size, 1)))):
        order = np.lexsort((*np.roll(features, -level, axis=1).T[::-1], code))
        sizes = np.bincount(code)
        rank = np.empty(len(code), dtype=np.int64)
        rank[order] = np.arange(len(code)) - (np.cumsum(sizes) - sizes)[code[order]]
        code = 2 * code + (2 * rank >= sizes[code])
    return code


def interval(values: Floats) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % percentiles of `values`, missing ones left out; both missing where all are."""
    if np.isnan(values).all():
        return math.nan, math.nan
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def beyond_main(accounts: Floats, starts: Ints) -> Floats:
    """Return how widely things are used on more than one place, for each row of accounts per thing and place.

    Columns of one thing adjoin, and begin at `starts`. Over all things, it sums the accounts beyond the first on each
    place but the one with most; so one account alone, however many places it uses, adds nothing.
    """
    further = np.maximum(accounts - 1, 0)
    return np.asarray(further.sum(axis=1) - np.maximum.reduceat(further, starts, axis=1).sum(axis=1))


def gini(values: Floats) -> float:
    """Return the Gini coefficient of `values` ≥ 0: 0 where all are equal, near 1 where one has all (Gini 1912)."""
    ranked, n = np.sort(values), len(values)
    total = float(ranked.sum())
    return float((2 * np.arange(1, n + 1) - n - 1) @ ranked / (n * total)) if total > 0 else 0.0
