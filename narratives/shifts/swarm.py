"""A cohort of accounts without a face that were made in one batch, beside accounts that are as active."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.config.shifts import Swarm
from narratives.shifts.crowd import Crowd, Difference, Pool, make_crowd, match_pool
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Flags, Floats, Ints
from narratives.shifts.statistics import stratified_p

MIN_MEMBERS = 4
EVIDENCE = 20
KNOWN = 2  # fields of a profile that are known, for it to be judged
EMPTY = 0.75  # share of a profile's known fields that are empty, for it to be empty
SETTLED = 14.0  # days after which an account's first post in the data may be its first one
MAJORITY = 0.5
FIELDS = {"photo": "photo", "bio": "description", "friends": "friends", "before": "posts from before"}


def find_swarms(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every cohort of which at least four profiles are known.

    Of `frames` it reads `posts`, `accounts` and `cohorts`.

    A profile is empty if at least three quarters of its known fields are: no photo, no description, hardly any friends,
    no posts from before the data. The claim "coordinated" has two parts, and its p is the larger of theirs
    (intersection-union test, Berger 1982), each exact within strata. **Empty**: more members have empty profiles than
    accounts in no cohort of the same platform, and of which the same fields are known, that post as much in the same
    weeks. **Batch**: more members than such accounts were made within one `burst` (Bonferroni over all bursts). Both
    are compared with accounts as `young` too, where there are enough: on a young platform everybody is new, and news
    bring a wave of newcomers. Where fewer than half of the creation times are known, first posts stand for them.

    For the existence of a row, p is twice the smaller of both parts' without the comparison with young ones.
    """
    crowd, found = make_crowd(frames, study), []
    profiles = profiles_of(crowd, frames["accounts"], study.shifts.swarm)
    for cohort, members in crowd.cohorts.items():
        if np.count_nonzero(profiles.judged[members]) >= MIN_MEMBERS:
            found.append(_finding(beside_others(crowd, profiles, cohort, members, study.shifts.swarm), study))
    return found


@dataclass(frozen=True)
class Profiles:
    """What is known of each account.

    Attributes
    ----------
    fields
        1 where a field is empty, 0 where it is not, missing where it is unknown; (n, 4), in the order of `FIELDS`.
    created, first
        When it was made, and its first post unless that is within the first `SETTLED` days; days since the first
        midnight, missing where unknown; (n,).
    """

    fields: Floats
    created: Floats
    first: Floats

    @property
    def judged(self) -> Flags:
        """Whether enough fields are known."""
        return np.asarray((~np.isnan(self.fields)).sum(axis=1) >= KNOWN)

    @property
    def empty(self) -> Flags:
        """Whether the profile is empty; false where too few fields are known."""
        known = ~np.isnan(self.fields)
        share = np.nansum(self.fields, axis=1) / np.maximum(known.sum(axis=1), 1)
        return np.asarray(self.judged & (share >= EMPTY))

    @property
    def pattern(self) -> Ints:
        """A code of which fields are known."""
        return np.asarray((~np.isnan(self.fields)) @ (1 << np.arange(self.fields.shape[1])))


def profiles_of(crowd: Crowd, accounts: pd.DataFrame, section: Swarm) -> Profiles:
    """Return what the table `accounts`, and posts, tell of the accounts of `crowd`."""
    known = accounts.set_index("author_id").reindex(crowd.accounts)
    friends = known[["followers", "following"]].astype("Float64").sum(axis=1, min_count=1)
    before = known["posts_total"].astype("Float64") - crowd.volume(crowd.posts)
    empty = [1 - known["has_photo"].astype("Float64"), 1 - known["has_bio"].astype("Float64")]
    empty += [(friends <= section.friends).astype("Float64"), (before <= 0).astype("Float64")]
    fields = np.stack([part.to_numpy(np.float64, na_value=np.nan) for part in empty], axis=1)
    created = pd.to_datetime(known["created_at"], utc=True)
    start = crowd.days[0] if len(crowd.days) else pd.NaT
    first = crowd.posts.drop_duplicates("account").sort_values("account")["time"].to_numpy(np.float64)
    return Profiles(
        fields, ((created - start) / timedelta(days=1)).to_numpy(np.float64), np.where(first > SETTLED, first, np.nan)
    )


@dataclass(frozen=True)
class _Pools:
    """A cohort among accounts as active, and among those of them that are as young; None where these are too few."""

    wide: Pool | None
    young: Pool | None

    @property
    def strict(self) -> Pool | None:
        """The pool of accounts most like the cohort."""
        return self.wide if self.young is None else self.young

    def p(self, test: Callable[[Pool], float]) -> tuple[float, float]:
        """Return the p of `test` within the wide pool, and the larger of those within both."""
        wide = 1.0 if self.wide is None else test(self.wide)
        return wide, wide if self.young is None else max(wide, test(self.young))


@dataclass(frozen=True)
class Tested:
    """A cohort with its pools.

    `made` is when accounts were made (days), `by` how that is known (`created` or `first`); in the `burst` (days) that
    begins at the day `at` most members post.
    """

    crowd: Crowd
    profiles: Profiles
    cohort: str
    members: Ints
    by: str
    made: Floats
    burst: float
    at: int
    young: Flags
    faces: _Pools
    births: _Pools

    def wait(self) -> float:
        """Return the members' median time (days) from being made until their first post from then on."""
        made = pd.Series(self.profiles.created[self.members], self.members).dropna()
        posts = self.crowd.posts[self.crowd.posts["account"].isin(made.index)]
        since = posts["time"] - posts["account"].map(made)
        waits = since[since >= 0].groupby(posts["account"]).min()
        return float(waits.median()) if len(waits) else np.nan

    @property
    def batch(self) -> Flags:
        """Accounts made within the burst in which most members were, (n,)."""
        mine = np.sort(self.made[self.members])
        mine = mine[np.isfinite(mine)]
        if not len(mine):
            return np.zeros(len(self.made), dtype=bool)
        start = mine[np.argmax(np.searchsorted(mine, mine + self.burst, side="right") - np.arange(len(mine)))]
        return np.asarray((self.made >= start) & (self.made <= start + self.burst))


def beside_others(crowd: Crowd, profiles: Profiles, cohort: str, members: Ints, section: Swarm) -> Tested:
    """Return a cohort with accounts that post as much in the same weeks, on the same platform."""
    by = "created" if 2 * np.isfinite(profiles.created[members]).sum() >= len(members) else "first"
    made, burst = getattr(profiles, by), section.burst / timedelta(days=1)
    mine = crowd.posts[crowd.posts["account"].isin(members)]
    seen = mine.drop_duplicates(["account", "day"])["day"].to_numpy()
    daily = np.bincount(seen, minlength=len(crowd.days))
    at = int(np.argmax(np.convolve(daily, np.ones(max(int(burst), 1)))[max(int(burst), 1) - 1 :]))
    young = made >= at - section.young / timedelta(days=1)
    active = crowd.volume(crowd.posts[crowd.posts["time"].between(*mine["time"].quantile([0.05, 0.95]))])
    platform = crowd.usual(crowd.posts["platform"])

    def pools(eligible: Flags, kind: Ints) -> _Pools:
        there = eligible & (active > 0)
        match = partial(match_pool, crowd, members, np.log1p(active)[:, None], kind=kind)
        return _Pools(match(there), match(there & young))

    faces = pools(profiles.judged, (platform << len(FIELDS)) + profiles.pattern)
    births = pools(np.isfinite(made), platform)
    return Tested(crowd, profiles, cohort, members, by, made, burst, at, young, faces, births)


@dataclass(frozen=True)
class _Figures:
    cohort: str
    alpha: float
    share: float
    burst: float
    members: int
    judged: int
    empty: int
    batch: int
    dated: int
    by: str
    made: pd.Timestamp | None
    young: int
    wait: float
    known: dict[str, float]
    rate: Difference
    controls: int
    compared_young: tuple[bool, bool]
    empty_p: tuple[float, float]
    batch_p: tuple[float, float]

    @property
    def p(self) -> float:
        """Of the claim."""
        return max(self.empty_p[1], self.batch_p[1])

    @property
    def mostly_young(self) -> bool:
        """Most members of which the age is known are young."""
        return self.dated > 0 and self.young >= MAJORITY * self.dated

    @property
    def came_to_speak(self) -> bool:
        """Members were made to post at once, as far as is known; that is what news do too."""
        return self.by == "first" or not self.wait > self.burst


def _batch_p(tested: Tested, pool: Pool) -> float:
    """Return the p of as many members made within one burst: the smallest exact one, by Bonferroni over all bursts."""
    step = np.floor(2 * tested.made[pool.accounts] / tested.burst)
    bursts = [(step == start) | (step == start + 1) for start in np.unique(np.append(step, step - 1))]
    tried = [marks for marks in bursts if marks.sum() >= MIN_MEMBERS]
    held = [marks for marks in tried if (marks & pool.labels).sum() >= MIN_MEMBERS]
    exact = [stratified_p(pool.labels, marks, pool.stratum) for marks in held]
    return min(1.0, len(tried) * min(exact)) if exact else 1.0


def _finding(tested: Tested, study: Study) -> Finding:
    crowd, profiles, members, section = tested.crowd, tested.profiles, tested.members, study.shifts.swarm
    rng = np.random.default_rng([study.seed, crc32(f"swarm/{tested.cohort}".encode())])
    empty, batch, dated = profiles.empty, tested.batch, np.isfinite(tested.made[members])
    strict = tested.faces.strict
    known = (~np.isnan(profiles.fields[members])).mean(axis=0)
    figures = _Figures(
        cohort=tested.cohort, alpha=study.shifts.alpha, share=section.share, burst=tested.burst, members=len(members),
        judged=int(profiles.judged[members].sum()), empty=int(empty[members].sum()), batch=int(batch[members].sum()),
        dated=int(dated.sum()), by=tested.by, made=crowd.moment(tested.made[batch].min()) if batch.any() else None,
        young=int((tested.young[members] & dated).sum()), wait=tested.wait(),
        known=dict(zip(FIELDS, known.tolist(), strict=True)),
        rate=Difference()
        if strict is None
        else strict.difference(empty[strict.accounts].astype(np.float64), section.bootstrap, rng),
        controls=0 if strict is None else strict.controls,
        compared_young=(tested.faces.young is not None, tested.births.young is not None),
        empty_p=tested.faces.p(lambda pool: stratified_p(pool.labels, empty[pool.accounts], pool.stratum)),
        batch_p=tested.births.p(partial(_batch_p, tested)),
    )  # fmt: skip
    busiest = crowd.posts["day"].between(tested.at, tested.at + max(int(tested.burst), 1) - 1)
    times = crowd.posts.loc[busiest & crowd.posts["account"].isin(members), "time"]
    return Finding(
        kind="swarm of empty profiles", targets=[], cohort=tested.cohort,
        date=crowd.moment(times.min()), date_low=crowd.moment(times.min()), date_high=crowd.moment(times.max()),
        statistic_name="members with an empty profile", statistic=float(figures.empty),
        effect_name="share of empty profiles, cohort less matched others",
        effect=figures.rate.effect[0], effect_low=figures.rate.effect[1], effect_high=figures.rate.effect[2],
        p=figures.p, any_p=min(1.0, 2 * min(figures.empty_p[0], figures.batch_p[0])), large=_large(figures),
        judge=partial(_judge, figures), details=_details(figures), evidence=_evidence(tested),
    )  # fmt: skip


def _large(figures: _Figures) -> bool:
    """Whether enough members have empty profiles, or were made in one batch."""
    empty, batch = figures.empty >= figures.share * figures.judged, figures.batch >= figures.share * figures.members
    return max(figures.empty * empty, figures.batch * batch) >= MIN_MEMBERS


def _evidence(tested: Tested) -> list[str]:
    """Return a post of each member with an empty profile: its first one since the cohort is busiest."""
    crowd, empty = tested.crowd, tested.profiles.empty & tested.crowd.flags(tested.members)
    posts = crowd.posts[empty[crowd.posts["account"]] & (crowd.posts["day"] >= tested.at)]
    return [str(post) for post in posts.drop_duplicates("account")["post_id"].head(EVIDENCE)]


def _details(figures: _Figures) -> dict[str, object]:
    return {
        "members": figures.members, "profiles_known": figures.judged, "empty_profiles": figures.empty,
        "share_known_of_each_field": figures.known, "share_empty_cohort": figures.rate.inside,
        "share_empty_controls": figures.rate.outside, "controls": figures.controls,
        "times_known": figures.dated, "times_are": figures.by, "made_in_one_batch": figures.batch,
        "batch_from": None if figures.made is None else figures.made.isoformat(), "burst_days": figures.burst,
        "young_members": figures.young, "days_from_made_to_first_post": figures.wait,
        "compared_with_young": dict(zip(("empty", "batch"), figures.compared_young, strict=True)),
        "empty_p": figures.empty_p[1], "empty_p_all_ages": figures.empty_p[0],
        "batch_p": figures.batch_p[1], "batch_p_all_ages": figures.batch_p[0],
    }  # fmt: skip


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated swarm of empty profiles* if q ≤ alpha and a `share` of the members is empty and of one batch.

    Where young accounts are too few to compare with, it must not look like people whom news brought: the members' first
    posts come later than one burst after they were made. Else *newcomers*, if most are young; else *inconclusive*.
    """
    most = figures.empty >= figures.share * figures.judged and figures.batch >= figures.share * figures.members
    holds = q <= figures.alpha and most and figures.empty >= MIN_MEMBERS and figures.rate.effect[1] > 0
    if holds and (all(figures.compared_young) or not figures.came_to_speak):
        verdict = "coordinated swarm of empty profiles"
    else:
        verdict = "newcomers" if figures.mostly_young else "inconclusive"
    return Judgement(verdict, _reasons(figures, q), _caveats(figures))


def _reasons(figures: _Figures, q: float) -> list[str]:
    side = "at most" if q <= figures.alpha else "above"
    age = "as active and as young" if figures.compared_young[0] else "as active"
    made = "were made" if figures.by == "created" else "posted first"
    compared = (
        f"{figures.rate.inside:.0%} of them and {figures.rate.outside:.0%} of {figures.controls} accounts {age} are "
        f"empty (p = {figures.empty_p[1]:.3g}; among those of all ages {figures.empty_p[0]:.3g})."
        if figures.controls
        else "Too few accounts in no cohort are as active, with the same fields known: it cannot be compared."
    )
    return [
        f"{figures.empty} of {figures.judged} members of cohort {figures.cohort} of which the profile is known have an "
        f"empty one.",
        compared,
        f"{figures.batch} of {figures.dated} members {made} within {figures.burst:g} days"
        + (f" from {figures.made:%Y-%m-%d %H:%M} UTC" if figures.made is not None else "")
        + f" (p = {figures.batch_p[1]:.3g}; among accounts of all ages {figures.batch_p[0]:.3g}).",
        f"{figures.young} of them are young; their first posts come {figures.wait:.1f} days after they were made "
        "(median)."
        if figures.by == "created"
        else f"{figures.young} of them are young by their first posts.",
        f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}.",
    ]


def _caveats(figures: _Figures) -> list[str]:
    caveats = [
        "An empty profile hides nothing by itself: many people show neither a face nor friends.",
        "Profiles are as they were when collected, not as they were when the accounts posted.",
    ]
    partly = [f"{name} ({figures.known[field]:.0%})" for field, name in FIELDS.items() if figures.known[field] < 1]
    if partly:
        caveats.append(f"Known of some members only: {', '.join(partly)}.")
    if figures.by == "first":
        caveats.append("When accounts were made is mostly unknown; their first posts in the data stand for it.")
    elif figures.dated < figures.members:
        caveats.append(f"Of {figures.members - figures.dated} members it is unknown when they were made.")
    if not all(figures.compared_young):
        caveats.append("Too few others are as young: newcomers of one day cannot be told apart by comparison.")
    return caveats
