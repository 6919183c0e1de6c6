"""All accounts of a study with their cohorts, and a cohort beside accounts that are as active."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.shifts.controls import MIN_CONTROLS, STRATUM
from narratives.shifts.panel import Flags, Floats, Ints
from narratives.shifts.statistics import bootstrap_weights, groups, interval, label_permutations, strata

BATCH = 250
Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Crowd:
    """Posts of all accounts.

    Attributes
    ----------
    accounts
        Ids of the n accounts, sorted.
    days
        D adjoining local midnights in UTC, from the first post's day to the last one's.
    posts
        `post_id`, `account` and `day` (positions), `time` (days since the first midnight), `created_at`, `platform`,
        `text_key`; sorted by time and post_id.
    cohorts
        Positions of the members of each cohort.
    """

    accounts: pd.Index
    days: pd.DatetimeIndex
    posts: pd.DataFrame
    cohorts: dict[str, Ints]

    def flags(self, members: Ints) -> Flags:
        """Return which accounts are `members`."""
        chosen = np.zeros(len(self.accounts), dtype=bool)
        chosen[members] = True
        return chosen

    @property
    def outside(self) -> Flags:
        """Accounts of no cohort."""
        return ~self.flags(np.concatenate([np.empty(0, dtype=np.int64), *self.cohorts.values()]))

    def volume(self, posts: pd.DataFrame) -> Floats:
        """Return the number of `posts` of each account."""
        return np.bincount(posts["account"], minlength=len(self.accounts)).astype(np.float64)

    def usual(self, values: pd.Series) -> Ints:
        """Return a code of each account's most frequent value, `values` being of the posts; ties go by their order."""
        codes, names = pd.factorize(values, sort=True)
        use = np.zeros((len(self.accounts), max(len(names), 1)), dtype=np.int64)
        np.add.at(use, (self.posts["account"].to_numpy(), codes), 1)
        return np.asarray(use.argmax(axis=1))

    def scored(self, stances: pd.DataFrame) -> pd.DataFrame:
        """Return the posts with `target_id` and `score`, one row per post and target, in the order of the posts."""
        joined = self.posts.merge(stances[["post_id", "target_id", "score"]], on="post_id")
        return joined.sort_values(["time", "post_id", "target_id"], ignore_index=True)

    def moment(self, time: float) -> pd.Timestamp:
        """Return the moment that lies `time` days after the first midnight."""
        return (self.days[0] + pd.Timedelta(days=float(time))).floor("s")


def make_crowd(frames: Mapping[str, pd.DataFrame], study: Study) -> Crowd:
    """Return the crowd of the tables `posts` and `cohorts`."""
    posts, cohorts = frames["posts"], frames["cohorts"]
    codes, accounts = pd.factorize(posts["author_id"], sort=True)
    local = posts["created_at"].dt.tz_convert(study.time.zone)
    midnight = pd.DatetimeIndex(local.dt.normalize())
    days = pd.date_range(midnight.min(), midnight.max(), freq="D") if len(posts) else midnight
    table = posts[["post_id", "created_at", "platform", "text_key"]].assign(
        account=codes, day=days.get_indexer(midnight), time=(local - days[0]) / timedelta(days=1) if len(posts) else 0.0
    )
    index = pd.Index(accounts)
    members = {
        str(cohort): np.sort(index.get_indexer(group["author_id"])) for cohort, group in cohorts.groupby("cohort_id")
    }
    return Crowd(
        index, days.tz_convert("UTC"), table.sort_values(["time", "post_id"], ignore_index=True),
        {cohort: codes[codes >= 0] for cohort, codes in members.items()},
    )  # fmt: skip


@dataclass(frozen=True)
class Pool:
    """A cohort's accounts and their controls: accounts outside all cohorts, in strata that hold both.

    Attributes
    ----------
    accounts
        Positions, (m,).
    labels
        Which of them are of the cohort, (m,).
    stratum
        Stratum codes, (m,).
    """

    accounts: Ints
    labels: Flags
    stratum: Ints

    @property
    def weight(self) -> Floats:
        """Members per control of the stratum: so weighted, controls are as active as the cohort."""
        inside, size = np.bincount(self.stratum, self.labels), np.bincount(self.stratum)
        share = np.divide(inside, size - inside, out=np.zeros(len(size)), where=size > inside)
        return np.asarray(share[self.stratum])

    @property
    def controls(self) -> int:
        """Number of controls."""
        return int((~self.labels).sum())

    def permuted(self, statistic: Statistic, draws: int, rng: np.random.Generator) -> tuple[float, Floats]:
        """Return `statistic` of the labels, and of `draws` permutations of them within strata.

        It takes rows of labels (rows, m) and returns one number for each.
        """
        sizes = [min(BATCH, draws - start) for start in range(0, draws, BATCH)]
        null = [statistic(label_permutations(self.labels, self.stratum, size, rng)) for size in sizes]
        return float(statistic(self.labels.astype(np.float64)[None])[0]), np.concatenate(null)

    def difference(self, values: Floats, draws: int, rng: np.random.Generator) -> Difference:
        """Return the mean of `values` (m,) of the cohort against that of its controls."""
        group, theirs = groups(len(values), rng), ~self.labels * self.weight
        parts = [np.bincount(group, part) for part in (self.labels, self.labels * values, theirs, theirs * values)]
        rows = np.vstack([np.ones((1, len(parts[0]))), bootstrap_weights(len(parts[0]), draws, rng)])
        members, total, controls, other = (np.asarray(rows @ part, dtype=np.float64) for part in parts)
        inside, outside = total / np.maximum(members, 1e-9), other / np.maximum(controls, 1e-9)
        return Difference(float(inside[0]), float(outside[0]), inside[1:] - outside[1:])


@dataclass(frozen=True)
class Difference:
    """Mean of a cohort and of its controls; `draws` has the difference in each bootstrap sample of accounts."""

    inside: float = 0.0
    outside: float = 0.0
    draws: Floats = field(default_factory=lambda: np.zeros(1))

    @property
    def effect(self) -> tuple[float, float, float]:
        """The difference with its 95 % interval."""
        return (self.inside - self.outside, *interval(self.draws))


def match_pool(
    crowd: Crowd, members: Ints, features: Floats, eligible: Flags, *, kind: Ints | None = None
) -> Pool | None:
    """Return `members` among controls alike in `features` (n, F), or None if there are too few of either.

    Only `eligible` accounts take part. Strata are made of all of them that are in the cohort or in none; labels never
    enter. With `kind` (n,), a stratum holds accounts of one kind only. None if fewer than half of the eligible members,
    or fewer than `MIN_CONTROLS` controls, share a stratum.
    """
    inside = crowd.flags(members)
    known = np.flatnonzero(eligible & (inside | crowd.outside))
    if len(known) == 0:
        return None
    # Accounts alike in all features go by the hash of their ids: ids of one cohort may be in sequence.
    known = known[np.argsort(pd.util.hash_array(crowd.accounts[known].to_numpy(dtype=object)), kind="stable")]
    kinds = np.zeros(len(known), dtype=np.int64) if kind is None else kind[known]
    stratum, labels = np.empty(len(known), dtype=np.int64), inside[known]
    for code in np.unique(kinds):
        here = kinds == code
        stratum[here] = strata(features[known[here]], STRATUM)
    stratum = np.unique(np.stack([kinds, stratum]), axis=1, return_inverse=True)[1].ravel()
    held, size = np.bincount(stratum, labels), np.bincount(stratum)
    both = ((held > 0) & (held < size))[stratum]
    few = 2 * np.count_nonzero(labels[both]) < np.count_nonzero(labels)
    if few or np.count_nonzero(~labels[both]) < MIN_CONTROLS or not labels[both].any():
        return None
    pool = np.flatnonzero(both)[np.argsort(known[both])]
    return Pool(known[pool], labels[pool], stratum[pool])


def match_pools(
    crowd: Crowd, members: Ints, features: Floats, eligible: Flags, *, alike: Flags, kind: Ints | None = None
) -> list[Pool]:
    """Return the pool of `match_pool`, and a second one of `alike` accounts only, where enough of them are outside.

    A club shares an interest that other accounts as active do not have. Where accounts outside share it too, they are
    the stricter comparison; where nobody does, there is none. `alike` must not depend on cohorts.
    """
    wide = match_pool(crowd, members, features, eligible, kind=kind)
    narrow = match_pool(crowd, members, features, eligible & alike, kind=kind)
    return [] if wide is None else [wide] if narrow is None else [wide, narrow]
