"""When a population's stance changed: a scan over dates, and the change points of a daily series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from narratives.shifts.panel import Flags, Floats, Ints, Panel

MIN_ACCOUNTS = 3
MIN_SHARE = 0.05
BATCH = 250
PENALTIES = (1, 2, 4, 8, 16, 32)
VOLUME_PENALTY = 4


@dataclass(frozen=True)
class Scan:
    """A common step of stance at every boundary, for every row of account weights; arrays are (rows, D).

    Attributes
    ----------
    change
        Estimated step, 0 where a boundary is not admissible.
    information
        Its precision in units of one cell's noise.
    gain
        Fall of the generalised squared error by the step, 0 where a boundary is not admissible.
    admissible
        Boundaries with enough accounts on either side.
    """

    change: Floats
    information: Floats
    gain: Floats
    admissible: Flags

    def best(self) -> Ints:
        """Return the boundary of the largest gain of each row; of equal ones the last, where the new stance begins."""
        top = self.gain >= self.gain.max(axis=1, keepdims=True) * (1 - 1e-9)
        return np.asarray(self.gain.shape[1] - 1 - np.argmax(top[:, ::-1], axis=1))


@dataclass(frozen=True)
class Terms:
    """What each of G accounts, or groups of accounts, adds to the sums of a scan; see `account_terms`.

    Attributes
    ----------
    values
        The seven terms at every boundary, (G, 7, D).
    sizes
        Accounts, (G,).
    """

    values: Floats
    sizes: Floats

    def scan(self, weights: Floats) -> Scan:
        """Return the scan of each row of `weights` (rows, G): labels or multiplicities."""
        return _solve(_sum(weights, self.values), weights @ self.sizes)

    def scan_signs(self, signs: Floats) -> Scan:
        """Return the scan of each row of `signs` (rows, G), which turn the scores and leave the posting times."""
        fixed = self.values.sum(axis=0)
        sums = np.broadcast_to(fixed, (len(signs), *fixed.shape)).copy()
        sums[:, :2] = _sum(signs, self.values[:, :2])
        return _solve(sums, np.full(len(signs), self.sizes.sum()))

    def dates(self, weights: Floats) -> Ints:
        """Return the best boundary of each row of `weights` that has an admissible one."""
        scans = [self.scan(weights[i : i + BATCH]) for i in range(0, len(weights), BATCH)]
        return np.concatenate([scan.best()[scan.admissible.any(axis=1)] for scan in scans])

    def sign_gains(self, signs: Floats) -> Floats:
        """Return the largest gain over all boundaries of each row of `signs`."""
        batches = (signs[i : i + BATCH] for i in range(0, len(signs), BATCH))
        return np.concatenate([self.scan_signs(batch).gain.max(axis=1) for batch in batches])


def account_terms(panel: Panel, members: Ints, group: Ints | None = None) -> Terms:
    """Return what each of `members`, or each `group` of them, adds to the estimate of a common step at every boundary.

    The model of a cell is score = level + account + step · [from the boundary on] + noise, the accounts' own levels
    random with variance 1/k of the noise's, k the panel's prior strength. Its generalised least squares (one common
    break in a panel: Bai 2010) need the sums of five terms over accounts. Accounts on both sides speak by their own
    change, those on one side only by their level, which counts like at most k cells however much they posted. So one
    loud account or one busy day cannot make a date, and a change by replacement is dated as well as one by conversion.
    """
    n, total = (panel.count[members] > 0).sum(axis=1), panel.score[members].sum(axis=1)
    vote = 1 / (n + panel.strength)
    level = float((vote * total).sum() / (vote * n).sum())
    if group is None or len(np.unique(group)) == len(members):
        return Terms(_terms(panel, members, level), np.ones(len(members)))
    sizes = np.bincount(group)
    blocks = np.split(members[np.argsort(group, kind="stable")], np.cumsum(sizes)[:-1])
    return Terms(np.stack([_terms(panel, block, level).sum(axis=0) for block in blocks]), sizes.astype(np.float64))


def _terms(panel: Panel, members: Ints, level: float) -> Floats:
    present, k = (panel.count[members] > 0).astype(np.float64), panel.strength
    before, after = panel.sides(present)
    sum_before, sum_after = panel.sides((panel.score[members] - level) * present)
    cells, total = before + after, sum_before + sum_after
    shrink = 1 / (cells + k)
    return np.stack([
        sum_after - after * total * shrink, k * total * shrink,
        after - after**2 * shrink, k * after * shrink, k * cells * shrink,
        (before > 0).astype(np.float64), (after > 0).astype(np.float64),
    ], axis=1)  # fmt: skip


def _sum(weights: Floats, values: Floats) -> Floats:
    n, kinds, days = values.shape
    return (weights @ values.reshape(n, kinds * days)).reshape(len(weights), kinds, days)


def _solve(sums: Floats, accounts: Floats) -> Scan:
    step, level, step_step, step_level, level_level, before, after = np.moveaxis(sums, 1, 0)
    slope = np.divide(step_level, level_level, out=np.zeros_like(step), where=level_level > 0)
    information = step_step - slope * step_level
    score = step - slope * level
    few = np.maximum(MIN_ACCOUNTS, np.ceil(MIN_SHARE * accounts))
    fit = (before >= few[:, None]) & (after >= few[:, None]) & (information > 1e-9)
    change = np.divide(score, information, out=np.zeros_like(score), where=fit)
    return Scan(change, np.where(fit, information, 0.0), np.where(fit, score * change, 0.0), fit)


def daily_series(panel: Panel, members: Ints) -> tuple[Floats, Floats]:
    """Return the account-balanced mean stance of each day and its weight, the number of accounts; each (D,)."""
    weight = (panel.count[members] > 0).sum(axis=0).astype(np.float64)
    return panel.score[members].sum(axis=0) / np.maximum(weight, 1), weight


def segment(values: Floats, weights: Floats, penalty: float) -> list[int]:
    """Return the starts of all segments but the first in the best fit by weighted means, `penalty` for each.

    Optimal partitioning (Jackson et al. 2005): the exact minimum that PELT (Killick et al. 2012) finds too. With equal
    weights it is `ruptures.Pelt("l2", min_size=1, jump=1)`, which takes no weights, so that a day with one post would
    count like a day with a thousand.
    """
    totals = np.pad(np.cumsum(np.stack([weights, weights * values, weights * values**2]), axis=1), ((0, 0), (1, 0)))
    cost, last = np.zeros(len(values) + 1), np.zeros(len(values) + 1, dtype=np.int64)
    cost[0] = -penalty
    for end in range(1, len(values) + 1):
        weight, first, second = totals[:, end, None] - totals[:, :end]
        error = second - np.divide(first**2, weight, out=np.zeros(end), where=weight > 0)
        paid = cost[:end] + np.maximum(error, 0) + penalty
        last[end] = np.argmin(paid)
        cost[end] = paid[last[end]]
    starts, end = [], len(values)
    while last[end] > 0:
        end = int(last[end])
        starts.append(end)
    return starts[::-1]


def penalty_path(panel: Panel, members: Ints) -> list[dict[str, object]]:
    """Return the change points of the daily series for rising penalties, in units of `noise · log(days with posts)`."""
    values, weights = daily_series(panel, members)
    busy = np.flatnonzero(weights)
    values, weights, days = values[busy], weights[busy], panel.days[busy].strftime("%Y-%m-%dT%H:%MZ")
    unit = _noise(values, weights) * np.log(max(len(busy), 2))
    path = {factor: segment(values, weights, factor * unit) if unit > 0 else [] for factor in PENALTIES}
    return [{"penalty": factor, "dates": [days[start] for start in starts]} for factor, starts in path.items()]


def _noise(values: Floats, weights: Floats) -> float:
    """Return the variance of a value of weight 1, from steps between neighbours: a few true steps hardly touch it."""
    return float(np.mean(np.diff(values) ** 2 / (1 / weights[1:] + 1 / weights[:-1]))) if len(values) > 1 else 0.0


def volume_date(panel: Panel, members: Ints) -> int | None:
    """Return the boundary of the largest step of daily posts (log of posts plus one), or None if there is none."""
    series = np.log1p(panel.count[members].sum(axis=0))
    even = np.ones(len(series))
    starts = segment(series, even, VOLUME_PENALTY * _noise(series, even) * np.log(len(series)))
    means = [part.mean() for part in np.split(series, starts)]
    return starts[int(np.argmax(np.abs(np.diff(means))))] if starts else None
