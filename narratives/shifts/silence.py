"""A cohort that falls silent together, beyond its members' own gaps, while others post on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.config.shifts import Silence
from narratives.shifts.crowd import Crowd, Difference, Pool, make_crowd, match_pool
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Flags, Floats, Ints
from narratives.shifts.rhythm import Windows, falls_silent, pace, pauses, presence, shifted_maxima, windows
from narratives.shifts.statistics import permutation_p

MIN_MEMBERS = 4
MIN_DAYS = 5  # on which an account posts, for it to have a rhythm
EVIDENCE = 20
PAUSES = 2  # other pauses that make a cohort one that pauses
KNOWN = 0.95  # confidence of the start and the end


def find_silences(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test, of its most marked silence, for every cohort of which at least four members have a rhythm.

    Of `frames` it reads `posts`, `deletions`, `cohorts`, `languages` and `matters`.

    An account falls silent at a midnight if it posts in the time before it and not in as long a time after. That counts
    1, less the share of its other midnights and times at which it does so or posts nothing (`rhythm.ring`). Statistic:
    the members' sum. All midnights and some lengths are tried, and every draw of a null tries them too. The claim
    "coordinated" has two parts, and its p is the larger of theirs (intersection-union test, Berger 1982). **Who**:
    labels are permuted among accounts of the same platform that post as often and pause as much; and, where there are
    enough, among those of them that write the same language, and those that speak of the cohort's matters. An outage, a
    holiday or the end of a matter silences others too. **When**: every member's days are turned by a random number of
    days, so that its own gaps stay and only their falling together is lost. Members that leave one by one fall silent
    at times of their own.

    The window is the one by which the cohort differs most from others, or, where others fall silent at least half as
    much or less than a `share` of the cohort does, the one in which most of the cohort does. The start lies between the
    last post of the silent members and the time by which, by the gaps between their posts, one more would have come.

    Where a later snapshot of the data covers the posts before it, the finding tells which share of them is gone since,
    beside that of the same matched accounts. No verdict rests on it.
    """
    crowd, section, found = make_crowd(frames, study), study.shifts.silence, []
    among = windows(len(crowd.days), max(section.shortest.days, 1))
    if not len(among.start):
        return []
    present = presence(crowd)
    rhythm = np.stack([pace(present), pauses(present, int(among.length[0]))], axis=1)
    steady = present.sum(axis=1) >= MIN_DAYS
    kinds = _kinds(crowd, frames["languages"])
    for cohort, everyone in crowd.cohorts.items():
        members = everyone[steady[everyone]]
        if len(members) < MIN_MEMBERS:
            continue
        share = _share_of_matters(crowd, frames["matters"], cohort)
        alike = share >= np.quantile(share[members], 0.25)
        choices = [(kinds[0], steady), (kinds[1], steady), (kinds[0], steady & alike)]
        pools = [match_pool(crowd, members, rhythm, eligible, kind=kind) for kind, eligible in choices]
        known = [pool for pool in pools if pool is not None]
        found.append(_finding(_Tested(crowd, cohort, members, present, among, frames["deletions"]), known, study))
    return found


def _kinds(crowd: Crowd, languages: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return a code of each account's main platform, and of its main platform and language; Kazakh is one language."""
    known = dict(zip(languages["text_key"], languages["lang"].str.split("-").str[0], strict=True))
    lang = crowd.posts["text_key"].map(lambda key: known.get(key, "none"))
    platform = crowd.posts["platform"]
    return crowd.usual(platform), crowd.usual(platform + "/" + lang)


def _share_of_matters(crowd: Crowd, matters: pd.DataFrame, cohort: str) -> Floats:
    """Return the share of each account's posts that are on the cohort's matters."""
    on = matters.loc[matters["cohort_id"] == cohort, "post_id"]
    return crowd.volume(crowd.posts[crowd.posts["post_id"].isin(on)]) / crowd.volume(crowd.posts)


@dataclass(frozen=True)
class _Tested:
    crowd: Crowd
    cohort: str
    members: Ints
    present: Flags
    among: Windows
    deletions: pd.DataFrame


@dataclass(frozen=True)
class _Silence:
    """A window in which `accounts` (positions) are silent, the times (days) around it, and what came back.

    `last` is their last post before it, `latest` the time by which one more would have come, `back` and `earliest` the
    same for their return; missing where nobody returned.
    """

    accounts: Ints
    days: int
    last: float
    latest: float
    earliest: float
    back: float
    returned: int


@dataclass(frozen=True)
class _Gone:
    """Share of the posts before a silence that is gone since, per account; p of labels permuted within strata."""

    share: Difference
    members: int
    controls: int
    p: float


@dataclass(frozen=True)
class _Figures:
    cohort: str
    alpha: float
    share: float
    members: int
    excess: float
    silence: _Silence
    around: dict[str, pd.Timestamp | None]
    rate: Difference
    compared: int
    controls: int
    pauses: int
    who_p: float
    when_p: float
    gone: _Gone | None

    @property
    def p(self) -> float:
        """Of the claim."""
        return max(self.who_p, self.when_p)

    @property
    def own(self) -> float:
        """Share of the members that fall silent beyond their own gaps."""
        return self.excess / self.members


def _who_p(pool: Pool, values: Floats, window: int, draws: int, rng: np.random.Generator) -> float:
    """Return the p of a window's number of members that fall silent, against the largest one of permuted labels."""
    size = np.bincount(pool.stratum)
    total = np.zeros((len(size), values.shape[1]))
    np.add.at(total, pool.stratum, values)
    centred = values - (total / np.maximum(size, 1)[:, None])[pool.stratum]
    _, null = pool.permuted(lambda rows: np.asarray((rows @ centred).max(axis=1)), draws, rng)
    return permutation_p(float(centred[pool.labels, window].sum()), null)


def _window(pool: Pool | None, values: Floats, own: Floats, members: int, share: float) -> int:
    """Return the window in which the cohort differs most from its controls, or else the one in which most of it does.

    `values` are of the pool's accounts, `own` the sums of all members.
    """
    most = int(np.argmax(own))
    if pool is None:
        return most
    weight = ~pool.labels * pool.weight
    inside, outside = values[pool.labels].mean(axis=0), weight @ values / weight.sum()
    apart = int(np.argmax(inside - outside))
    return apart if own[apart] >= share * members and 2 * outside[apart] < inside[apart] else most


def _finding(tested: _Tested, pools: list[Pool], study: Study) -> Finding:
    crowd, among, members, section = tested.crowd, tested.among, tested.members, study.shifts.silence
    rng = np.random.default_rng([study.seed, crc32(f"silence/{tested.cohort}".encode())])
    mine = falls_silent(tested.present[members], among)
    values = [falls_silent(tested.present[pool.accounts], among) for pool in pools]
    own = mine.sum(axis=0)
    at = _window(pools[0] if pools else None, values[0] if pools else mine, own, len(members), section.share)
    silence = _silence(tested, members[mine[:, at] > 0], at)
    null = shifted_maxima(tested.present[members], among, section.permutations, rng)
    tests = [_who_p(p, v, at, section.permutations, rng) for p, v in zip(pools, values, strict=True)]
    strict = int(np.argmax(tests)) if pools else 0
    around = {name: _moment(crowd, getattr(silence, name)) for name in ("last", "latest", "earliest", "back")}
    figures = _Figures(
        cohort=tested.cohort, alpha=study.shifts.alpha, share=section.share, members=len(members),
        excess=float(own[at]), silence=silence, around=around,
        rate=pools[strict].difference(values[strict][:, at], section.bootstrap, rng) if pools else Difference(),
        compared=len(pools), controls=pools[strict].controls if pools else 0,
        pauses=_pauses(own, among, at, silence), who_p=max(tests, default=1.0),
        when_p=permutation_p(float(own[at]), null),
        gone=_gone(tested, pools[strict], silence.last, section, rng) if pools else None,
    )  # fmt: skip
    return Finding(
        kind="silence", targets=[], cohort=tested.cohort,
        date=crowd.moment(silence.last), date_low=crowd.moment(silence.last), date_high=crowd.moment(silence.latest),
        statistic_name="members that fall silent beyond their own gaps", statistic=figures.excess,
        effect_name="share of accounts that fall silent beyond their own gaps, cohort less matched others",
        effect=figures.rate.effect[0], effect_low=figures.rate.effect[1], effect_high=figures.rate.effect[2],
        p=figures.p, any_p=min(1.0, 2 * min(figures.who_p, figures.when_p)),
        large=len(silence.accounts) >= MIN_MEMBERS and figures.own >= section.share,
        judge=partial(_judge, figures), details=_details(figures), evidence=_evidence(crowd, silence),
    )  # fmt: skip


def _gone(tested: _Tested, pool: Pool, until: float, section: Silence, rng: np.random.Generator) -> _Gone | None:
    """Return what is gone of the posts up to `until`, or none if a later snapshot covers too few accounts."""
    posts = tested.crowd.posts[tested.crowd.posts["time"] <= until].merge(tested.deletions, on="post_id")
    covered, gone = (tested.crowd.volume(part)[pool.accounts] for part in (posts, posts.dropna(subset="gone_by")))
    known = covered > 0
    inside, size = (np.bincount(pool.stratum[known], labels, len(pool.labels)) for labels in (pool.labels[known], None))
    known &= ((inside > 0) & (inside < size))[pool.stratum]
    part = Pool(pool.accounts[known], pool.labels[known], pool.stratum[known])
    if np.count_nonzero(part.labels) < MIN_MEMBERS or part.controls < MIN_MEMBERS:
        return None
    share = gone[known] / covered[known]
    p = permutation_p(*part.permuted(lambda rows: rows @ share, section.permutations, rng))
    return _Gone(part.difference(share, section.bootstrap, rng), int(part.labels.sum()), part.controls, p)


def _moment(crowd: Crowd, time: float) -> pd.Timestamp | None:
    return None if np.isnan(time) else crowd.moment(time)


def _pauses(own: Floats, among: Windows, at: int, silence: _Silence) -> int:
    """Return in how many other windows, apart from each other, at least half as many members fall silent."""
    stop = np.inf if np.isnan(silence.back) else silence.back
    free = (2 * own >= own[at]) & among.apart(silence.last, stop)
    pauses = 0
    while free.any():
        best = int(np.argmax(np.where(free, own, -np.inf)))
        free &= among.apart(among.start[best], among.start[best] + 2 * among.length[best])
        pauses += 1
    return pauses


def _silence(tested: _Tested, accounts: Ints, at: int) -> _Silence:
    start, length = int(tested.among.start[at]), int(tested.among.length[at])
    posts = tested.crowd.posts[tested.crowd.posts["account"].isin(accounts)]
    before, after = posts.loc[posts["time"] < start, "time"], posts[posts["day"] >= start + length]
    last = float(before.max()) if len(before) else float(start)
    back = float(after["time"].min()) if len(after) else np.nan
    stop = back if len(after) else float(len(tested.crowd.days))
    wait = _wait(np.concatenate([np.diff(before), np.diff(after["time"])]))
    returned = after.loc[after["time"] < stop + length, "account"].nunique()
    return _Silence(
        accounts, length, last, min(last + wait, float(start + length)), max(back - wait, start + 1.0), back, returned
    )


def _wait(gaps: Floats) -> float:
    """Return the gap than which 95 % of the time between posts lies in no longer ones."""
    ranked = np.sort(gaps)
    within = np.count_nonzero(np.cumsum(ranked) < KNOWN * ranked.sum())
    return float(ranked[within]) if len(ranked) else np.inf


def _evidence(crowd: Crowd, silence: _Silence) -> list[str]:
    """Return each silent member's last post before the silence and its first one after it."""
    posts = crowd.posts[crowd.posts["account"].isin(silence.accounts)]
    before = posts[posts["time"] <= silence.last].drop_duplicates("account", keep="last")
    after = posts[posts["time"] >= silence.back].drop_duplicates("account")
    pairs = pd.concat([before, after]).sort_values(["account", "time"], kind="stable")
    return [str(post) for post in pairs["post_id"].head(EVIDENCE)]


def _details(figures: _Figures) -> dict[str, object]:
    silence = figures.silence
    times = {name: None if time is None else time.isoformat() for name, time in figures.around.items()}
    return {
        "members_with_a_rhythm": figures.members, "silent_members": len(silence.accounts),
        "expected_by_their_own_gaps": len(silence.accounts) - figures.excess, "window_days": silence.days,
        "last_post": times["last"], "start_at_the_latest": times["latest"],
        "end_at_the_earliest": times["earliest"], "first_post_after": times["back"],
        "silent_members_that_came_back": silence.returned, "other_pauses": figures.pauses,
        "excess_cohort": figures.rate.inside, "excess_controls": figures.rate.outside,
        "controls": figures.controls, "who_p": figures.who_p, "when_p": figures.when_p,
    } | ({} if figures.gone is None else {
        "deleted_share": figures.gone.share.inside, "deleted_share_controls": figures.gone.share.outside,
        "deleted_share_excess": figures.gone.share.effect, "deleted_p": figures.gone.p,
    })  # fmt: skip


ONE_SNAPSHOT = "Deleted posts look like posts that were never written: no later snapshot of the data tells them apart."
LATER_SNAPSHOT = "What a later snapshot lacks was perhaps hidden, removed by the platform, or missed by its collection."
CAVEATS = [
    "Accounts that the platform blocked for a time, or that were not collected then, look the same.",
    "A matter that ended for these accounts alone, and the only one they speak of, would silence honest people too.",
    "Only the most marked silence of a cohort is tested.",
]


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated silence* if q ≤ alpha and at least `share` of the members fall silent beyond their own gaps.

    *Platform outage or common dip*, where matched others fall silent at least half as much; *recurring pause*,
    where at least half as many do so at two other times or more.
    """
    inside, outside = figures.rate.inside, figures.rate.outside
    caveats = [ONE_SNAPSHOT if figures.gone is None else LATER_SNAPSHOT, *CAVEATS]
    if figures.controls and 2 * outside >= inside and figures.when_p <= figures.alpha:
        verdict = "platform outage or common dip"
    elif q > figures.alpha or figures.own < figures.share or figures.rate.effect[1] <= 0:
        verdict = "inconclusive"
    else:
        verdict = "recurring pause" if figures.pauses >= PAUSES else "coordinated silence"
    if 0 < figures.controls < 2 * figures.members:
        caveats.append(f"Only {figures.controls} controls for {figures.members} members.")
    if figures.compared == 1:
        caveats.append("Too few others write the same language or speak of the cohort's matters to be compared apart.")
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    silence, last, back = figures.silence, figures.around["last"], figures.around["back"]
    side = "at most" if q <= figures.alpha else "above"
    compared = (
        f"{figures.rate.inside:.0%} of the cohort and {figures.rate.outside:.0%} of {figures.controls} matched others "
        f"fall silent then beyond their own gaps (p = {figures.who_p:.3g})."
        if figures.controls
        else "Too few accounts in no cohort post as often and pause as much: the cohort cannot be compared."
    )
    gone = figures.gone
    deleted = [] if gone is None else [
        f"A later snapshot of the data lacks {gone.share.inside:.0%} of what {gone.members} members posted before, and "
        f"{gone.share.outside:.0%} of what {gone.controls} matched others did (p = {gone.p:.3g})."
    ]  # fmt: skip
    return [
        f"{len(silence.accounts)} of {figures.members} members of cohort {figures.cohort} post nothing for at least "
        f"{silence.days} days after {last:%Y-%m-%d %H:%M} UTC, having posted in as long a time before; by "
        f"their own usual gaps it would be {len(silence.accounts) - figures.excess:.1f}. Against each one's gaps at "
        f"random times: p = {figures.when_p:.3g}.",
        compared,
        f"{silence.returned} of them post again within {silence.days} days from {back:%Y-%m-%d %H:%M} UTC."
        if back is not None
        else "None of them posts again before the data end.",
        *deleted,
        f"Other times, apart from each other, at which at least half as many fall silent: {figures.pauses}.",
        f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}.",
    ]
