"""Stance over time: of each account, and the mean of all accounts, of cohorts and of narratives, with its interval."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from narratives import tables

DRAWS = 1_000
FEW, MANY = 6, 1_000  # accounts: of fewer a bootstrap cannot reach out far enough, of more it is as good as normal
STRENGTH = (0.1, 10.0)
CELL = ["author_id", "target_id", "window_id"]
Floats = NDArray[np.float64]


def locate(stances: pd.DataFrame, posts: pd.DataFrame, membership: pd.DataFrame, tracks: pd.DataFrame) -> pd.DataFrame:
    """Return stances with author, window and track: one row per window that holds the post."""
    track_of = tracks.explode("clusters").set_index("clusters")["track_id"].to_dict()
    place = membership[["post_id", "window_id", "cluster_id"]]
    found = stances.merge(place, on="post_id").merge(posts[["post_id", "author_id"]], on="post_id")
    return found.assign(track_id=found["cluster_id"].map(track_of))


def account_stances(located: pd.DataFrame) -> pd.DataFrame:
    """Return the table `account_stances`: mean stance of each account towards each target in each window.

    `shrunk` is the empirical-Bayes mean: (n · mean + k · pool) / (n + k), where pool is the mean of the window's
    accounts and k the noise of one post over the variance between accounts, both by the one-way analysis of variance
    of all windows of the target (Searle, Casella & McCulloch 1992). An account of few posts is drawn to the others.
    """
    if located.empty:
        return tables.empty("account_stances")
    cells = located.groupby(CELL, sort=True)["score"].agg(n_posts="size", mean="mean", variance="var").reset_index()
    parts = []
    for _, cell in cells.groupby("target_id", sort=True):
        pool = cell.groupby("window_id")["mean"].transform("mean")
        n, mean, variance = (cell[name].to_numpy(float) for name in ("n_posts", "mean", "variance"))
        k = prior_strength(n, mean, variance, pool.to_numpy())
        shrunk = (cell["n_posts"] * cell["mean"] + k * pool) / (cell["n_posts"] + k)
        parts.append(cell.assign(shrunk=shrunk))
    return tables.check("account_stances", pd.concat(parts).drop(columns="variance").sort_values(CELL))


def prior_strength(n: Floats, mean: Floats, variance: Floats, pool: Floats) -> float:
    """Return k, in posts: the variance of a post within an account's window over that between accounts.

    Parameters
    ----------
    n, mean, variance : posts, mean and variance of each cell; the variance of one post is missing.
    pool : mean that each cell is drawn to.

    1 where no account has two posts in a window; kept within [0.1, 10].
    """
    several = n > 1
    if not several.any():
        return 1.0
    noise = np.sum((n[several] - 1) * variance[several]) / np.sum(n[several] - 1)
    between = np.mean((mean - pool) ** 2) - noise * np.mean(1 / n)
    return float(np.clip(noise / between, *STRENGTH)) if between > 0 else STRENGTH[1]


def stance_series(located: pd.DataFrame, cohorts: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Return the table `stance_series`: mean stance of groups of accounts, per window and over the whole time.

    Parameters
    ----------
    located : as `locate` returns it.
    cohorts : the table `cohorts`.
    seed : of the bootstrap; each row draws from its own stream, so that other rows do not change it.

    The mean is that of the accounts' means, so that a loud account counts once. Its interval is that of `interval`.
    """
    rows = [
        (target, kind, unit, window, len(part), len(means), means.mean(), *interval(means, seed, key))
        for target, kind, unit, window, part in _groups(located, cohorts)
        for means in [part.groupby("author_id")["score"].mean().to_numpy()]
        for key in [crc32(f"{target} {kind} {unit} {window}".encode())]
    ]
    columns = ["target_id", "kind", "unit", "window_id", "n_posts", "n_accounts", "mean", "low", "high"]
    return tables.check("stance_series", pd.DataFrame(rows, columns=columns).replace({np.nan: None}))


def _groups(
    located: pd.DataFrame, cohorts: pd.DataFrame
) -> Iterator[tuple[str, str, str | None, int | None, pd.DataFrame]]:
    """Yield target, kind, unit and window (none for the whole time) of each row, with its stances."""
    cohort = located["author_id"].map(cohorts.set_index("author_id")["cohort_id"].to_dict())
    kinds = (
        ("all", located.assign(unit="")),
        ("cohort", located.assign(unit=cohort).dropna(subset="unit")),
        ("others", located.assign(unit="")[cohort.isna()]),
        ("track", located.rename(columns={"track_id": "unit"}).dropna(subset="unit")),
    )
    for kind, part in kinds:
        for (target, unit), whole in part.groupby(["target_id", "unit"], sort=True):
            yield target, kind, unit or None, None, whole.drop_duplicates("post_id")
            for window, inside in whole.groupby("window_id", sort=True):
                yield target, kind, unit or None, int(window), inside


def interval(values: Floats, seed: int, key: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `values`, one per account; both ends missing below two.

    Percentiles of bootstrap means (Efron 1979), set as far out as Student's t asks for so few (the expanded percentiles
    of Hesterberg 2015). Student's own interval for fewer than `FEW` accounts and for more than `MANY`.
    """
    n = len(values)
    if n < 2:
        return np.nan, np.nan
    reach = float(stats.t.ppf(0.975, n - 1))
    if not FEW <= n <= MANY:
        half = reach * values.std(ddof=1) / np.sqrt(n)
        return max(values.mean() - half, -1.0), min(values.mean() + half, 1.0)
    rng = np.random.default_rng([seed, key])
    means = values[rng.integers(0, n, (DRAWS, n))].mean(axis=1)
    tail = float(stats.norm.cdf(-reach * np.sqrt(n / (n - 1))))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
