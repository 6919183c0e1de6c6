"""Who makes a change: accounts that changed, or accounts that came and went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from narratives.shifts.panel import Flags, Floats, Ints, Panel


@dataclass(frozen=True)
class Sides:
    """Accounts before and after one boundary, each array (n,).

    Attributes
    ----------
    posts_before, posts_after
        Posts on the target.
    cells_before, cells_after
        Days with such posts.
    before, after
        Mean score of those days, 0 where there is none.
    """

    posts_before: Floats
    posts_after: Floats
    cells_before: Floats
    cells_after: Floats
    before: Floats
    after: Floats

    @property
    def stayed(self) -> Flags:
        """Accounts with posts on both sides."""
        return (self.cells_before > 0) & (self.cells_after > 0)


def sides_at(panel: Panel, members: Ints, boundary: int) -> Sides:
    """Return the sides of `boundary` for some accounts, within the panel's span."""
    low, high = max(boundary - panel.span, 0), boundary + panel.span
    parts = [slice(low, boundary), slice(boundary, high)]
    posts = [panel.count[members, part].sum(axis=1) for part in parts]
    cells = [(panel.count[members, part] > 0).sum(axis=1).astype(np.float64) for part in parts]
    means = [panel.score[members, part].sum(axis=1) / np.maximum(n, 1) for part, n in zip(parts, cells, strict=True)]
    return Sides(*posts, *cells, *means)


def mean_change(sides: Sides, weights: Floats, group: Ints | None = None) -> Floats:
    """Return the change of the account-balanced mean stance for each row of weights (rows, G), or NaN.

    Weights are of accounts, or of the groups whose code is given for each account.
    """
    group = np.arange(len(sides.before)) if group is None else group
    means = []
    for cells, mean in ((sides.cells_before, sides.before), (sides.cells_after, sides.after)):
        there, total = (weights @ np.bincount(group, part) for part in (cells > 0, mean))
        means.append(np.divide(total, there, out=np.full(len(weights), np.nan), where=there > 0))
    return np.asarray(means[1] - means[0])


def stance_parts(sides: Sides) -> dict[str, float]:
    """Return the change of the account-balanced mean stance in parts that add up to it (after Kitagawa 1955).

    `within` is the change of the accounts on both sides, weighted by the mean of their shares of the accounts before
    and after; `arrivals` and `departures` compare those on one side only with the mid-level of those on both.
    """
    there_before, there_after, stayed = sides.cells_before > 0, sides.cells_after > 0, sides.stayed
    share_before, share_after = (stayed.sum() / max(there.sum(), 1) for there in (there_before, there_after))
    left, came = _mean(sides.before, there_before & ~stayed), _mean(sides.after, there_after & ~stayed)
    kept = (_mean(sides.before, stayed), _mean(sides.after, stayed)) if stayed.any() else (left, came)
    middle = sum(kept) / 2
    return {
        "total": _mean(sides.after, there_after) - _mean(sides.before, there_before),
        "within": (share_before + share_after) / 2 * (kept[1] - kept[0]),
        "arrivals": (1 - share_after) * (came - middle),
        "departures": (1 - share_before) * (middle - left),
    }


def volume_parts(sides: Sides, days_before: int, days_after: int) -> dict[str, float]:
    """Return posts per day before and after, the log of their ratio, and the change in parts that add up to it."""
    before, after, stayed = sides.posts_before / days_before, sides.posts_after / days_after, sides.stayed
    rates = float(before.sum()), float(after.sum())
    return {
        "per_day_before": rates[0],
        "per_day_after": rates[1],
        "log_ratio": float(np.log(rates[1] / rates[0])) if min(rates) > 0 else 0.0,
        "total": rates[1] - rates[0],
        "stayers": float((after - before)[stayed].sum()),
        "arrivals": float(after[~stayed].sum()),
        "departures": -float(before[~stayed].sum()),
    }


def _mean(values: Floats, where: Flags) -> float:
    return float(values[where].mean()) if where.any() else 0.0
