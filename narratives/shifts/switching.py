"""When each account turned, and whether a group turned at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives.shifts.panel import Floats, Ints, Panel
from narratives.shifts.statistics import permutation_p

MIN_SWITCHERS = 4


@dataclass(frozen=True)
class Timing:
    """How tight the switching times are. Times are days since the panel's first midnight.

    Attributes
    ----------
    accounts
        Positions of the accounts that turned, by their own posts alone.
    times
        When each of them turned: the middle of the gap between its last post before and its first one after.
    spread
        Median absolute deviation of `times`, days; NaN if too few turned.
    expected
        Median of `spread` under the null, days; NaN if too few turned.
    p
        Of the null that each turned at a random one of its own posts; 1 if too few turned.
    """

    accounts: Ints
    times: Floats
    spread: float
    expected: float
    p: float


def timing(posts: pd.DataFrame, panel: Panel, *, step: float, min_posts: int, draws: Floats) -> Timing:
    """Return when the accounts of `posts` turned, and how tight that is, against their own posting times.

    An account's switching time is the split of its own posts, with `min_posts` on either side, that explains most of
    their variance by a step of the sign of `step`; it turned if its shrunk means on either side differ by at least
    ``|step|``. The group's date is not used, so that accounts cannot look tight by having been chosen for it. Null:
    each account turned, with its own two means, at a random one of its own splits at which it would still have been
    counted, independently of the others; `draws` are uniform numbers (draws, at least n). Statistic: median absolute
    deviation.
    """
    splits = _splits(posts, panel, np.sign(step), min_posts)
    best = splits.loc[splits.groupby("account")["gain"].idxmax()] if len(splits) else splits
    best = best[best["change"] >= abs(step)]
    accounts, times = best["account"].to_numpy(np.int64), best["time"].to_numpy(np.float64)
    if len(accounts) < MIN_SWITCHERS:
        return Timing(accounts, times, np.nan, np.nan, 1.0)
    joined = splits.merge(best[["account", "mean_before", "mean_after"]], on="account", suffixes=("", "_own"))
    own = _shrunk_change(joined, "mean_before_own", "mean_after_own", panel, np.sign(step))
    possible = joined[own >= abs(step)]
    sizes = possible.groupby("account").size().reindex(accounts).to_numpy()
    starts = np.cumsum(sizes) - sizes
    null = possible["time"].to_numpy()[starts + (draws[:, : len(accounts)] * sizes).astype(np.int64)]
    spread, spreads = float(_mad(times[None])[0]), _mad(null)
    return Timing(accounts, times, spread, float(np.median(spreads)), permutation_p(-spread, -spreads))


def _mad(times: Floats) -> Floats:
    return np.asarray(np.median(np.abs(times - np.median(times, axis=1, keepdims=True)), axis=1))


def _splits(posts: pd.DataFrame, panel: Panel, sign: float, min_posts: int) -> pd.DataFrame:
    """Return every admissible split of every account's posts (sorted by account and time), with gain and change."""
    group = posts.groupby("account")["score"]
    n, total = group.transform("size"), group.transform("sum")
    before, sum_before = group.cumcount() + 1, group.cumsum()
    table = pd.DataFrame({
        "account": posts["account"], "before": before, "after": n - before,
        "time": (posts["time"] + posts.groupby("account")["time"].shift(-1)) / 2,
        "mean_before": sum_before / before, "mean_after": (total - sum_before) / (n - before).clip(lower=1),
    })  # fmt: skip
    table = table[(table["before"] >= min_posts) & (table["after"] >= min_posts)].reset_index(drop=True)
    raw = sign * (table["mean_after"] - table["mean_before"])
    gain = raw.clip(lower=0) ** 2 * table["before"] * table["after"] / (table["before"] + table["after"])
    change = _shrunk_change(table, "mean_before", "mean_after", panel, sign)
    return table.assign(gain=gain, change=change)


def _shrunk_change(table: pd.DataFrame, before: str, after: str, panel: Panel, sign: float) -> pd.Series:
    means = [
        (panel.strength * panel.centre + table[n] * table[mean]) / (table[n] + panel.strength)
        for n, mean in (("before", before), ("after", after))
    ]
    return sign * (means[1] - means[0])
