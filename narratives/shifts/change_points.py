"""When a population's stance changed: a scan over dates, and the change points of a daily series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from narratives.shifts.panel import Flags, Floats, Ints, Panel

MIN_ACCOUNTS = 3
MIN_SHARE = 0.05
BATCH = 250
PENALTIES = (1, 2, 4, 8, 16, 32)


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
    """What each account adds to the sums of a scan, (n, 7, D); see `account_terms`."""

    values: Floats

    def scan(self, weights: Floats) -> Scan:
        """Return the scan of each row of account `weights` (rows, n): labels or multiplicities."""
        sums = self._sum(weights, self.values)
        return _solve(sums, self._few(weights.sum(axis=1)))

    def scan_signs(self, signs: Floats) -> Scan:
        """Return the scan of each row of `signs` (rows, n), which turn the scores and leave the posting times."""
        fixed = self.values.sum(axis=0)
        sums = np.broadcast_to(fixed, (len(signs), *fixed.shape)).copy()
        sums[:, :2] = self._sum(signs, self.values[:, :2])
        return _solve(sums, self._few(np.full(len(signs), len(self.values))))

    def dates(self, weights: Floats) -> Ints:
        """Return the best boundary of each row of account `weights` that has an admissible one."""
        scans = [self.scan(weights[i : i + BATCH]) for i in range(0, len(weights), BATCH)]
        return np.concatenate([scan.best()[scan.admissible.any(axis=1)] for scan in scans])

    def sign_gains(self, signs: Floats) -> Floats:
        """Return the largest gain over all boundaries of each row of `signs`."""
        batches = (signs[i : i + BATCH] for i in range(0, len(signs), BATCH))
        return np.concatenate([self.scan_signs(batch).gain.max(axis=1) for batch in batches])

    @staticmethod
    def _few(accounts: Floats) -> Floats:
        return np.maximum(MIN_ACCOUNTS, np.ceil(MIN_SHARE * accounts))

    @staticmethod
    def _sum(weights: Floats, values: Floats) -> Floats:
        n, kinds, days = values.shape
        return (weights @ values.reshape(n, kinds * days)).reshape(len(weights), kinds, days)


def account_terms(panel: Panel, members: Ints) -> Terms:
    """Return what each of `members` adds to the estimating equations of a common step at every boundary.

    The model of a cell is score = level + account + step · [from the boundary on] + noise, the accounts' own levels
    random with variance 1/k of the noise's, k the panel's prior strength. Its generalised least squares (one common
    break in a panel: Bai 2010) need the sums of five terms over accounts. Accounts on both sides speak by their own
    change, those on one side only by their level, which counts like at most k cells however much they posted. So one
    loud account or one busy day cannot make a date, and a change by replacement is dated as well as one by conversion.
    """
    present, score, k = (panel.count[members] > 0).astype(np.float64), panel.score[members], panel.strength
    n = present.sum(axis=1)
    vote = k / (n + k)
    level = (vote * score.sum(axis=1)).sum() / (vote * n).sum()
    before, after = panel.sides(present)
    sum_before, sum_after = panel.sides((score - level) * present)
    cells, total = before + after, sum_before + sum_after
    shrink = 1 / (cells + k)
    return Terms(np.stack([
        sum_after - after * total * shrink, k * total * shrink,
        after - after**2 * shrink, k * after * shrink, k * cells * shrink,
        (before > 0).astype(np.float64), (after > 0).astype(np.float64),
    ], axis=1))  # fmt: skip


def _solve(sums: Floats, few: Floats) -> Scan:
    step, level, step_step, step_level, level_level, before, after = np.moveaxis(sums, 1, 0)
    slope = np.divide(step_level, level_level, out=np.zeros_like(step), where=level_level > 0)
    information = step_step - slope * step_level
    score = step - slope * level
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
    values, weights = values[busy], weights[busy]
    # The noise of an account's day is the weighted variance of daily steps: a few true steps hardly touch it.
    scale = 1 / (1 / weights[1:] + 1 / weights[:-1])
    noise = float(np.mean(scale * np.diff(values) ** 2)) if len(busy) > 1 else 0.0
    days = panel.days[busy].strftime("%Y-%m-%dT%H:%MZ")
    path = []
    for factor in PENALTIES:
        starts = segment(values, weights, factor * noise * np.log(max(len(busy), 2))) if noise > 0 else []
        path.append({"penalty": factor, "dates": [days[start] for start in starts]})
    return path


def volume_date(panel: Panel, members: Ints) -> int:
    """Return the boundary at which one step explains most of the log of daily posts plus one."""
    series = np.log1p(panel.count[members].sum(axis=0))
    days = np.arange(1, len(series))
    drift = np.cumsum(series - series.mean())[:-1]
    return int(np.argmax(drift**2 / (days * (len(series) - days)))) + 1
