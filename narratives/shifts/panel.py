"""One target's posts by account and day: what every detector of shifts looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives.config import Study

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

STRENGTH_BOUNDS = (0.1, 5.0)


@dataclass(frozen=True)
class Panel:
    """Posts on one target. A cell is an account's day; a boundary is the midnight that a day starts with.

    Attributes
    ----------
    target
        Id of the target.
    accounts
        Ids of the n accounts, sorted.
    days
        D adjoining local midnights in UTC, from the first post's day to the last one's.
    posts
        `post_id`, `account` and `day` (positions), `time` (days since the first midnight), `score`, `text_key`;
        sorted by account, time and post_id.
    count
        Posts of each cell, (n, D).
    score
        Mean score of each cell, 0 where it is empty, (n, D).
    centre
        Account-balanced mean score of the target.
    since
        Day of each account's first post on anything, (n,), in days since the first midnight.
    strength
        Prior strength k of empirical-Bayes shrinkage, in cells; see `prior_strength`.
    span
        Days on each side of a boundary that count; D or more counts all.
    """

    target: str
    accounts: pd.Index
    days: pd.DatetimeIndex
    posts: pd.DataFrame
    count: Floats
    score: Floats
    since: Floats
    centre: float
    strength: float
    span: int

    def sides(self, cells: Floats) -> tuple[Floats, Floats]:
        """Return the sums of `cells` (n, D) before and from each boundary on, within the span; each (n, D)."""
        total = np.pad(np.cumsum(cells, axis=1), ((0, 0), (1, 0)))
        width, at = cells.shape[1], np.arange(cells.shape[1])
        before = total[:, at] - total[:, np.maximum(at - self.span, 0)]
        return before, total[:, np.minimum(at + self.span, width)] - total[:, at]

    def codes(self, members: pd.Series) -> Ints:
        """Return the positions of those of `members` (account ids) that posted on the target."""
        return np.flatnonzero(self.accounts.isin(members)).astype(np.int64)

    def near(self, boundary: int) -> pd.DataFrame:
        """Return the posts within the span of `boundary`."""
        day = self.posts["day"]
        return self.posts[day.ge(boundary - self.span) & day.lt(boundary + self.span)]


def make_panel(posts: pd.DataFrame, stances: pd.DataFrame, target: str, study: Study) -> Panel | None:
    """Return the panel of `target` over the study's time range, or None if nobody posted on it on two days."""
    scored = stances.loc[stances["target_id"] == target, ["post_id", "score"]]
    table = scored.merge(posts[["post_id", "author_id", "created_at", "text_key"]], on="post_id")
    for moment, sign in ((study.time.start, 1), (study.time.end, -1)):
        if moment is not None:
            inside = table["created_at"] >= study.time.utc(moment)
            table = table[inside if sign > 0 else ~inside]
    local = table["created_at"].dt.tz_convert(study.time.zone)
    if local.dt.normalize().nunique() < 2:
        return None
    dates = pd.date_range(local.min().normalize(), local.max().normalize(), freq="D")
    codes, accounts = pd.factorize(table["author_id"], sort=True)
    table = pd.DataFrame({
        "post_id": table["post_id"], "account": codes, "day": dates.get_indexer(pd.DatetimeIndex(local.dt.normalize())),
        "time": (table["created_at"] - dates[0]) / timedelta(days=1), "score": table["score"],
        "text_key": table["text_key"],
    }).sort_values(["account", "time", "post_id"], ignore_index=True)  # fmt: skip
    first = posts.groupby("author_id")["created_at"].min().reindex(accounts)
    since = np.asarray((first - dates[0]) / timedelta(days=1), dtype=np.float64)
    return _fill(target, pd.Index(accounts), dates.tz_convert("UTC"), table, since, study)


def _fill(
    target: str, accounts: pd.Index, days: pd.DatetimeIndex, table: pd.DataFrame, since: Floats, study: Study
) -> Panel:
    shape = (len(accounts), len(days))
    cell = table["account"].to_numpy() * shape[1] + table["day"].to_numpy()
    count = np.bincount(cell, minlength=shape[0] * shape[1]).astype(np.float64)
    score = np.bincount(cell, table["score"], minlength=len(count)) / np.maximum(count, 1)
    count, score = count.reshape(shape), score.reshape(shape)
    centre, strength = prior_strength(count > 0, score)
    span = study.shifts.reversal.span
    length = shape[1] if span is None else max(int(np.ceil(span / timedelta(days=1))), 1)
    return Panel(target, accounts, days, table, count, score, since, centre, strength, length)


def prior_strength(present: Flags, score: Floats) -> tuple[float, float]:
    """Return the account-balanced mean score and the prior strength k, both from cells (n, D).

    k is the noise of a cell over the variance of latent stance, so that `(sum + k · mean) / (cells + k)` is the
    empirical-Bayes mean of an account (Efron & Morris 1973). The noise comes from squared differences of an account's
    successive cells (von Neumann 1941), which a single turn hardly touches; the latent variance is the account-balanced
    total less the noise. No date and no cohort enters. k is kept within [0.1, 5] days of posts: where most accounts
    hold no stance and a few a strong one, a normal prior would shrink the few to nothing (Efron & Morris 1972).
    """
    account, _ = np.nonzero(present)
    value = score[present]
    share = 1 / np.bincount(account)[account]
    centre = float(np.average(value, weights=share))
    same = account[1:] == account[:-1]
    if not same.any():
        return centre, 1.0
    steps = (np.diff(value)[same] ** 2) / 2
    noise = float(np.average(steps, weights=share[1:][same]))
    latent = float(np.average((value - centre) ** 2, weights=share)) - noise
    return centre, float(np.clip(noise / latent, *STRENGTH_BOUNDS)) if latent > 0 else STRENGTH_BOUNDS[1]
