"""When each account turned, and whether a group turned at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives.config import Reversal
from narratives.shifts.panel import Floats, Ints, Panel
from narratives.shifts.statistics import permutation_p

MIN_SWITCHERS = 4
REDRAWS = 200


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
        Median of `spread` under the tighter of the two nulls, days; NaN if too few turned.
    p
        The larger of the p of two nulls, see `timing`; 1 if too few turned.
    """

    accounts: Ints
    times: Floats
    spread: float
    expected: float
    p: float

    def summary(self) -> dict[str, float]:
        """Return the number of accounts that turned and the figures of the test."""
        return {"turned": len(self.times), "spread_days": self.spread, "expected_days": self.expected, "p": self.p}


def timing(posts: pd.DataFrame, panel: Panel, *, step: float, section: Reversal, rng: np.random.Generator) -> Timing:
    """Return when the accounts of `posts` turned, and how tight that is, against their own posting times.

    An account's switching time is the split of its own posts, with `min_posts` on either side, that explains most of
    their variance by a step of the sign of `step`; it turned if its shrunk means on either side differ by at least
    ``|step|``. The group's date is not used, so that accounts cannot look tight by having been chosen for it.

    Statistic: median absolute deviation. Two nulls, of which the larger p counts: each account turned, independently of
    the others, at a random one of its own posts (who reacts to news turns when there is much to post about), or at a
    random moment between its first and last posts. A draw moves the account's step there, draws its scores anew from
    its own before and after, and estimates as before; draws at which it would not have been counted are left out, since
    a turn near either end of an account's posts is easily missed. `posts` are in the panel's order.
    """
    accounts, times, banks = [], [], []
    enough = posts.groupby("account")["score"].transform("size") >= 2 * section.min_posts
    for account, own in posts[enough].groupby("account")[["time", "score"]]:
        time, score = own.to_numpy(np.float64).T
        history = _History(time, score, panel, float(np.sign(step)), section.min_posts)
        turn = history.turn(history.scores[None])
        if turn.change[0] < abs(step):
            continue
        accounts.append(account)
        times.append(turn.time[0])
        banks.append([
            rng.choice(_counted(history.redraw(cuts, int(turn.before[0]), rng), abs(step)), section.permutations)
            for cuts in (history.random_posts(rng), history.random_moments(rng))
        ])  # fmt: skip
    found = np.array(accounts, dtype=np.int64), np.array(times, dtype=np.float64)
    if len(accounts) < MIN_SWITCHERS:
        return Timing(*found, np.nan, np.nan, 1.0)
    spread = float(_mad(found[1][None])[0])
    nulls = [_mad(np.stack(bank, axis=1)) for bank in zip(*banks, strict=True)]
    expected = min(float(np.median(null)) for null in nulls)
    return Timing(*found, spread, expected, max(permutation_p(-spread, -null) for null in nulls))


def _mad(times: Floats) -> Floats:
    return np.asarray(np.median(np.abs(times - np.median(times, axis=1, keepdims=True)), axis=1))


def _counted(null: _Turn, least: float) -> Floats:
    """Return the times of the draws that count as a turn, or of all where none does."""
    counted = null.change >= least
    return null.time[counted] if counted.any() else null.time


@dataclass(frozen=True)
class _Turn:
    """Best splits of some series of scores: posts before, time, and change of the shrunk mean; each (rows,)."""

    before: Ints
    time: Floats
    change: Floats


@dataclass(frozen=True)
class _History:
    """One account's posts in order of time, at least twice `min_posts`, and how its turn is estimated."""

    times: Floats
    scores: Floats
    panel: Panel
    sign: float
    min_posts: int

    def turn(self, scores: Floats) -> _Turn:
        """Return the best split of each row of `scores` (rows, n)."""
        n = len(self.times)
        before = np.arange(self.min_posts, n - self.min_posts + 1)
        sums = np.cumsum(scores, axis=1)
        first, last = sums[:, before - 1], sums[:, -1:] - sums[:, before - 1]
        rise = self.sign * (last / (n - before) - first / before)
        each = np.arange(len(scores)), np.argmax(np.maximum(rise, 0) ** 2 * (before * (n - before)), axis=1)
        cut, prior = before[each[1]], self.panel.strength * self.panel.centre
        k = self.panel.strength
        change = self.sign * ((last[each] + prior) / (n - cut + k) - (first[each] + prior) / (cut + k))
        return _Turn(cut, (self.times[cut - 1] + self.times[cut]) / 2, change)

    def random_posts(self, rng: np.random.Generator) -> Ints:
        """Return `REDRAWS` numbers of posts before, all admissible ones alike."""
        return rng.integers(self.min_posts, len(self.times) - self.min_posts + 1, size=REDRAWS)

    def random_moments(self, rng: np.random.Generator) -> Ints:
        """Return `REDRAWS` numbers of posts before, each as likely as its gap between posts is long."""
        first, last = self.times[self.min_posts - 1], self.times[len(self.times) - self.min_posts]
        cuts = np.searchsorted(self.times, rng.uniform(first, last, size=REDRAWS), side="right")
        return np.clip(cuts, self.min_posts, len(self.times) - self.min_posts).astype(np.int64)

    def redraw(self, cuts: Ints, before: int, rng: np.random.Generator) -> _Turn:
        """Return the estimates for histories in which the account's step, after `before` posts, is moved to `cuts`."""
        n, size = len(self.times), (len(cuts), len(self.times))
        early, late = (self.scores[rng.integers(*ends, size=size)] for ends in ((0, before), (before, n)))
        return self.turn(np.where(np.arange(n) < cuts[:, None], early, late))
