"""How much more often a cohort says a thing in the days at an event than before, beside others and other dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives.shifts.crowd import Crowd, Difference, Pool, match_pools
from narratives.shifts.panel import Floats, Ints
from narratives.shifts.statistics import permutation_p, sign_flips

MIN_MEMBERS = 4
PLACEBO_SHARE = 0.1
LOUDEST = 0.5  # share of a cohort's rise that makes it one account's
RECURRING = 2  # earlier pushes that make it a habit


@dataclass(frozen=True)
class Window:
    """The whole days in which a push may lie: `length` of them, up to `end` (days since the first midnight)."""

    end: float
    length: int

    @property
    def start(self) -> float:
        """First moment."""
        return self.end - self.length

    def fits(self, days: int) -> bool:
        """Return whether it lies within `days` of data, with a time as long before it."""
        return self.end - 2 * self.length >= 0 and self.end <= days


@dataclass(frozen=True)
class Matter:
    """What is said: `said` are the posts that say it, `talk` all those on its target."""

    said: pd.DataFrame
    talk: pd.DataFrame


@dataclass(frozen=True)
class Draws:
    """Numbers of draws of a null model and of a bootstrap, and the source of both."""

    permutations: int
    bootstrap: int
    rng: np.random.Generator


@dataclass(frozen=True)
class Push:
    """A cohort's days of saying a thing in a window, against accounts of no cohort and against its own past.

    Attributes
    ----------
    rise
        Account-days in the window, above those of as long a time at the earlier rate; per account of the cohort, and
        of its controls.
    due
        The rise that members would have if they were none, by regression on their stratum and on what controls are
        matched by; accounts of one stratum are only roughly alike.
    before, after
        The cohort's account-days per member: in as long a time at the earlier rate, and in the window.
    just_before
        The same in the time as long right before the window.
    who_p
        Of the null that membership tells nothing about the log rise, among accounts that said it on as many days before
        and are as active on other matters then and before; labels permuted within strata, over what `_beyond` leaves.
    when_p
        Of the null that a member's days of saying it, up to the window's end, fall into the window as often as its
        other posts; signs of accounts flipped, so that no account's own burst counts more than once.
    rank, dates
        Rank of the contrast to the controls (1 strongest) among the dates whose windows do not overlap this one, and
        their number, this one included.
    earlier
        Earlier times, two windows apart, at which the contrast was at least half as large.
    members, speakers
        Members that posted at all up to the window's end, and those that said it in the window.
    loudest
        Share of the cohort's rise that one member makes.
    """

    rise: Difference
    due: float
    before: float
    after: float
    just_before: float
    who_p: float
    when_p: float
    rank: int
    dates: int
    earlier: int
    members: int
    speakers: int
    loudest: float
    controls: int
    alike: bool

    @property
    def p(self) -> float:
        """Of the claim (intersection-union test, Berger 1982)."""
        return max(self.who_p, self.when_p)

    @property
    def any_p(self) -> float:
        """Of the null that neither is so."""
        return min(1.0, 2 * min(self.who_p, self.when_p))

    @property
    def loud(self) -> bool:
        """One member makes half of the rise."""
        return self.loudest >= LOUDEST

    @property
    def large(self) -> bool:
        """At least four members said it, and a quarter of them all."""
        return self.speakers >= MIN_MEMBERS and 4 * self.speakers >= self.members

    @property
    def everybody(self) -> bool:
        """Controls rose at least half as far, or would have with the members' past."""
        return self.rise.inside > 0 and 2 * max(self.rise.outside, self.due) >= self.rise.inside

    @property
    def singular(self) -> bool:
        """The contrast is within the first tenth of dates, and was half as large at one earlier time at most."""
        return self.earlier < RECURRING and self.rank <= max(1.0, PLACEBO_SHARE * self.dates)

    def holds(self, q: float, alpha: float) -> bool:
        """Return whether the claim holds: q ≤ alpha, and a rise beyond that of the controls."""
        return q <= alpha and self.rise.effect[1] > 0

    def details(self) -> dict[str, object]:
        """Return the figures as JSON types."""
        return {
            "account_days_in_window": self.after, "account_days_expected": self.before,
            "account_days_just_before": self.just_before, "rise": self.rise.inside,
            "rise_of_controls": self.rise.outside, "rise_due": self.due, "controls": self.controls,
            "members": self.members,
            "members_that_said_it": self.speakers,
            "loudest_members_share_of_the_rise": self.loudest,
            "earlier_pushes": self.earlier, "who_p": self.who_p, "when_p": self.when_p,
        }  # fmt: skip


def measure(crowd: Crowd, members: Ints, matter: Matter, window: Window, draws: Draws) -> Push:
    """Return the push of a cohort in a window that fits into the data."""
    first = int(window.end)
    cells = _daily(crowd, matter.said, window)
    total = np.pad(np.cumsum(cells, axis=1), ((0, 0), (1, 0)))
    rises = _rises(total, window.length)
    here = first - 2 * window.length
    posts, begun = crowd.posts, crowd.posts["time"] < window.start
    until = crowd.volume(posts[posts["time"] < window.end])
    other = ~posts["post_id"].isin(matter.said["post_id"])
    now = crowd.volume(posts[other & posts["time"].between(window.start, window.end, inclusive="left")])
    said = total[:, first - window.length]
    features = np.log1p(np.stack([said, now, crowd.volume(posts[begun & other])], axis=1))
    alike = crowd.volume(matter.talk[matter.talk["time"] < window.start]) > 0
    # A few members with a past on the matter are no club, and too few to test.
    alike &= 2 * np.count_nonzero(alike[members]) >= len(members)
    pools = match_pools(crowd, members, features, until > 0, alike=alike)
    pool, mine = (pools[-1] if pools else None), members[until[members] > 0]
    after, past = total[mine, first] - said[mine], said[mine]
    steps = np.log1p(total[:, first] - said) - np.log1p(said * window.length / (first - window.length))
    gains = np.maximum(rises[mine, here], 0)
    rank, dates, earlier = _rank(pool, rises, here, window.length)
    return Push(
        rise=Difference() if pool is None else _difference(pool, rises[:, here], draws),
        due=0.0 if pool is None else _due(pool, features, rises[:, here]),
        before=_mean(past) * window.length / (first - window.length), after=_mean(after),
        just_before=_mean(past - total[mine, here]),
        who_p=max((_who_p(part, features, steps, draws) for part in pools), default=1.0),
        when_p=_when_p(cells[mine, :first], _spent(crowd, mine, other, window), window, draws),
        rank=rank, dates=dates, earlier=earlier, members=len(mine), speakers=int(np.count_nonzero(after)),
        loudest=float(gains.max(initial=0) / max(gains.sum(), 1e-9)),
        controls=0 if pool is None else pool.controls, alike=len(pools) > 1,
    )  # fmt: skip


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _daily(crowd: Crowd, posts: pd.DataFrame, window: Window) -> Floats:
    """Return whether each account has one of `posts` on each whole day, counted from the window's end; (n, J)."""
    offset = window.end % 1
    column = np.floor(posts["time"].to_numpy() - offset).astype(np.int64)
    n_days = int(np.floor(len(crowd.days) - offset))
    cells = np.zeros((len(crowd.accounts), n_days))
    inside = (column >= 0) & (column < n_days)
    cells[posts["account"].to_numpy()[inside], column[inside]] = 1
    return cells


def _rises(total: Floats, length: int) -> Floats:
    """Return the rise of each account in the window that ends with day 2 · length, 2 · length + 1, …; (n, dates)."""
    end = np.arange(2 * length, total.shape[1])
    past = total[:, end - length]
    return np.asarray(total[:, end] - past - past * length / (end - length))


def _difference(pool: Pool, rise: Floats, draws: Draws) -> Difference:
    return pool.difference(rise[pool.accounts], draws.bootstrap, draws.rng)


def _due(pool: Pool, features: Floats, rise: Floats) -> float:
    """Return the members' mean rise less the coefficient of membership; see `Push`."""
    stratum = np.unique(pool.stratum, return_inverse=True)[1]
    columns = np.column_stack([pool.labels, features[pool.accounts], np.eye(stratum.max() + 1)[stratum]])
    own = rise[pool.accounts]
    return float(own[pool.labels].mean() - np.linalg.lstsq(columns, own, rcond=None)[0][0])


def _beyond(features: Floats, values: Floats) -> Floats:
    """Return what `values` (m,) are beyond the least-squares plane over `features` (m, F).

    Strata hold accounts that are roughly alike; this takes out what their past tells within one (Rosenbaum 2002,
    "Covariance adjustment in randomized experiments"). Labels never enter.
    """
    plane = np.column_stack([np.ones(len(values)), features - features.mean(axis=0)])
    return np.asarray(values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0])


def _who_p(pool: Pool, features: Floats, steps: Floats, draws: Draws) -> float:
    values = _beyond(features[pool.accounts], steps[pool.accounts])
    return permutation_p(*pool.permuted(lambda rows: rows @ values, draws.permutations, draws.rng))


def _spent(crowd: Crowd, members: Ints, other: pd.Series[bool], window: Window) -> Floats:
    """Return which share of the members' other posts up to the window's end lies in it; NaN where there are none."""
    posts = crowd.posts[other & (crowd.posts["time"] < window.end)]
    every, now = crowd.volume(posts)[members], crowd.volume(posts[posts["time"] >= window.start])[members]
    return np.asarray(np.divide(now, every, out=np.full(len(members), np.nan), where=every > 0))


def _when_p(said: Floats, spent: Floats, window: Window, draws: Draws) -> float:
    """Return the p of as large a share of the members' days of saying it in the window; see `Push`."""
    known = said.any(axis=1)
    if np.count_nonzero(known) < MIN_MEMBERS:
        return 1.0
    days = said[known]
    share = days[:, -window.length :].sum(axis=1) / days.sum(axis=1)
    excess = share - np.nan_to_num(spent[known], nan=window.length / said.shape[1])
    null = sign_flips(len(excess), draws.permutations, draws.rng) @ excess
    return permutation_p(float(excess.sum()), null)


def _rank(pool: Pool | None, rises: Floats, here: int, length: int) -> tuple[int, int, int]:
    """Return `rank`, `dates` and `earlier` of the contrast at date `here`; see `Push`."""
    if pool is None:
        return 1, 1, 0
    weight = np.where(pool.labels, 1.0, -pool.weight) / pool.labels.sum()
    contrast = weight @ rises[pool.accounts]
    apart = np.abs(np.arange(len(contrast)) - here) >= length
    rank = 1 + int(np.count_nonzero(contrast[apart] >= contrast[here]))
    earlier, day = 0, 0
    half = np.flatnonzero(apart[:here] & (2 * contrast[:here] >= contrast[here]))
    for date in half:
        if date >= day:
            earlier, day = earlier + 1, int(date) + 2 * length
    return rank, 1 + int(apart.sum()), earlier
