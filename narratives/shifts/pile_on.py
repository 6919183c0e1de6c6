"""A cohort answers one account with a burst of hostile replies, and takes it from its topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.stats import binom

from narratives.config import Study
from narratives.shifts.bursts import Burst, displacement, find_bursts
from narratives.shifts.crowd import Crowd, Difference, make_crowd, match_pools
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Ints
from narratives.shifts.statistics import stratified_p

MIN_MEMBERS = 4
EVIDENCE = 20
PEER_SHARE = 0.1


def find_pile_ons(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every account that at least `min_accounts` answer in one `window`, of its largest burst.

    Of `frames` it reads `posts`, `replies`, `mentions` and `cohorts`. Every account counts once in a burst, however
    often it answers. Tested is the cohort with most of these accounts, its members' replies to each other left out; its
    p is multiplied by the number of cohorts (Bonferroni). The claim "coordinated" has three parts, and its p is the
    largest of theirs. **When**: more accounts answer than at the victim's usual rate. **Who**: members answer the
    victim more often than accounts in no cohort that are as active around the burst, and answer others as often (exact,
    within strata). **How**: more of them are hostile than replies to anybody else are. A viral post draws strangers,
    and fails the second; a popular author the first; admirers the third.
    """
    crowd, section = make_crowd(frames, study), study.shifts.pile_on
    if len(crowd.days) == 0 or not crowd.cohorts:
        return []
    replies = frames["replies"]
    times = (replies["created_at"] - crowd.days[0]) / timedelta(days=1)
    replies = replies.assign(time=times, hostile=replies["score"] <= -section.hostile)
    replies = replies.assign(account=crowd.accounts.get_indexer(replies["author_id"]))
    replies = replies.sort_values(["time", "post_id"], ignore_index=True)
    bursts = find_bursts(replies, section.window / timedelta(days=1), len(crowd.days))
    topics = _topics(frames["mentions"])
    tested = (_tested(crowd, replies, burst) for burst in bursts if burst.accounts >= section.min_accounts)
    return [_finding(one, frames["posts"], topics, study) for one in tested if one is not None]


@dataclass(frozen=True)
class _Tested:
    """A burst and the cohort with most accounts in it; `replies` are all, `inside` those of the burst."""

    crowd: Crowd
    burst: Burst
    cohort: str
    members: Ints
    replies: pd.DataFrame
    inside: pd.DataFrame

    @property
    def mine(self) -> pd.DataFrame:
        """The cohort's replies in the burst."""
        return self.inside[self.inside["account"].isin(self.members)]


@dataclass(frozen=True)
class _Figures:
    victim: str
    cohort: str
    alpha: float
    majority: float
    window: timedelta
    burst: Burst
    members: int
    hostile: tuple[float, float, float]
    rate: Difference
    controls: int
    alike: bool
    who_p: float
    how_p: float
    posts: dict[str, dict[str, float]]

    @property
    def p(self) -> float:
        """Of the claim."""
        return max(self.burst.p, self.who_p, self.how_p)

    @property
    def share(self) -> float:
        """Share of the answering accounts that are of the cohort."""
        return self.members / self.burst.accounts

    @property
    def large(self) -> bool:
        """At least four members answer, and they are at least half as many as a majority."""
        return self.members >= MIN_MEMBERS and 2 * self.share >= self.majority


def _topics(mentions: pd.DataFrame) -> pd.Series[str]:
    """Return the target that each post names, the first of several."""
    named = mentions[mentions["via"] == "text"].sort_values(["post_id", "start", "target_id"])
    return named.drop_duplicates("post_id").set_index("post_id")["target_id"]


def _tested(crowd: Crowd, replies: pd.DataFrame, burst: Burst) -> _Tested | None:
    """Return the burst with its cohort, or None if no member of a cohort other than the victim's answers in it."""
    to = replies["to_author"] == burst.victim
    inside = replies[to & (replies["time"] >= burst.start) & (replies["time"] < burst.end)]
    victim, who = crowd.accounts.get_indexer([burst.victim])[0], inside["account"].unique()
    counts = {
        name: int(np.isin(who, members).sum()) for name, members in crowd.cohorts.items() if victim not in members
    }
    top = max(sorted(counts), key=lambda name: counts[name], default=None)
    if top is None or counts[top] == 0:
        return None
    return _Tested(crowd, burst, top, crowd.cohorts[top], replies, inside)


def _figures(tested: _Tested, posts: dict[str, dict[str, float]], study: Study) -> _Figures:
    crowd, burst, section = tested.crowd, tested.burst, study.shifts.pile_on
    rng = np.random.default_rng([study.seed, crc32(f"pile_on/{burst.victim}/{tested.cohort}".encode())])
    answered = crowd.volume(tested.inside) > 0
    around = section.around / timedelta(days=1)
    near = crowd.posts["time"].between(burst.start - around, burst.end + around)
    other = crowd.posts[near & ~crowd.posts["post_id"].isin(tested.inside["post_id"])]
    elsewhere = tested.replies[~tested.replies["post_id"].isin(tested.inside["post_id"])]
    features = np.log1p(np.stack([crowd.volume(other), crowd.volume(elsewhere)], axis=1))
    alike = crowd.volume(elsewhere[elsewhere["to_author"] == burst.victim]) > 0
    # A few members that answered the victim before are no club of its readers, and too few to test.
    alike &= 2 * np.count_nonzero(alike[tested.members]) >= len(tested.members)
    able = np.ones(len(crowd.accounts), dtype=bool)
    able[crowd.accounts.get_indexer([burst.victim])] = False
    pools = match_pools(crowd, tested.members, features, able, alike=alike)
    marks = answered.astype(np.float64)
    rates = [pool.difference(marks[pool.accounts], section.bootstrap, rng) for pool in pools]
    who = max((stratified_p(pool.labels, answered[pool.accounts], pool.stratum) for pool in pools), default=1.0)
    mine = tested.mine.groupby("account")["hostile"].mean()
    usual = _hostile_rate(elsewhere)
    how = float(binom.sf(np.count_nonzero(mine >= 0.5) - 1, len(mine), usual))
    return _Figures(
        victim=burst.victim, cohort=tested.cohort, alpha=study.shifts.alpha, majority=section.majority,
        window=section.window, burst=burst, members=len(mine),
        hostile=(float(tested.mine["hostile"].mean()), float(tested.inside["hostile"].mean()), usual),
        rate=rates[-1] if rates else Difference(), controls=pools[-1].controls if pools else 0, alike=len(pools) > 1,
        who_p=min(1.0, len(crowd.cohorts) * who), how_p=how, posts=posts,
    )  # fmt: skip


def _hostile_rate(replies: pd.DataFrame) -> float:
    """Return which share of accounts is mostly hostile in its replies to one other, one of each added for rarity."""
    pairs = replies.groupby(["account", "to_author"])["hostile"].mean()
    return float((np.count_nonzero(pairs >= 0.5) + 1) / (len(pairs) + 2))


def _finding(tested: _Tested, posts: pd.DataFrame, topics: pd.Series[str], study: Study) -> Finding:
    crowd, burst = tested.crowd, tested.burst
    own = posts[posts["author_id"] == burst.victim]
    own = own.assign(
        time=(own["created_at"] - crowd.days[0]) / timedelta(days=1), topic=own["post_id"].map(topics),
        answers=own["reply_to"].isin(tested.inside["post_id"]),
    )  # fmt: skip
    around = study.shifts.pile_on.around / timedelta(days=1)
    figures = _figures(tested, displacement(own, burst, around), study)
    low, middle, high = np.percentile(tested.inside["time"], [2.5, 50, 97.5])
    first = tested.mine.sort_values(["hostile", "time", "post_id"], ascending=[False, True, True])
    shown = first.drop_duplicates("account").sort_values(["time", "post_id"])
    return Finding(
        kind="pile-on", targets=[], cohort=tested.cohort,
        date=crowd.moment(middle), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="accounts that answer the victim in the burst", statistic=float(burst.accounts),
        effect_name="share of accounts that answer the victim in the burst, cohort less matched others",
        effect=figures.rate.effect[0], effect_low=figures.rate.effect[1], effect_high=figures.rate.effect[2],
        p=figures.p, any_p=min(1.0, 2 * min(burst.p, figures.who_p)), large=figures.large,
        judge=partial(_judge, figures), details=_details(figures),
        evidence=[str(post) for post in shown["post_id"].head(EVIDENCE)],
    )  # fmt: skip


def _details(figures: _Figures) -> dict[str, object]:
    burst = figures.burst
    return {
        "victim": figures.victim, "accounts": burst.accounts, "accounts_usual": burst.usual,
        "members": figures.members, "share_of_cohort": figures.share, "when_p": burst.p, "who_p": figures.who_p,
        "how_p": figures.how_p, "controls": figures.controls, "rank_among_peers": burst.rank, "peers": burst.peers,
        "hostile": dict(zip(("cohort", "burst", "elsewhere"), figures.hostile, strict=True)),
        "victim_posts": figures.posts,
    }  # fmt: skip


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated pile-on* if q ≤ alpha, one cohort is the majority, and most of its replies are hostile.

    *Viral post*, where members answer no more than others (p > alpha) or are no majority; *friendly replies*, where
    theirs are not mostly hostile. Inconclusive too, where as many answer a tenth of the peers in their own bursts.
    """
    usual = figures.burst.rank > max(1.0, PEER_SHARE * figures.burst.peers)
    if figures.who_p > figures.alpha or figures.share < figures.majority:
        verdict = "viral post"
    elif figures.hostile[0] < figures.majority:
        verdict = "friendly replies"
    else:
        verdict = "inconclusive" if q > figures.alpha or usual else "coordinated pile-on"
    caveats = [
        "People of one circle whom a post angers may answer it at one time without any order.",
        "Hostility is read from words: irony and threats without harsh words are missed.",
        "Replies that a platform deleted, or that were not collected, are not seen.",
    ]
    if not figures.alike:
        caveats.append("Too few members answered the victim before: a common quarrel with it is not ruled out.")
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    burst, side = figures.burst, "at most" if q <= figures.alpha else "above"
    hours = figures.window / timedelta(hours=1)
    cohort, everybody, usual = figures.hostile
    compared = (
        f"{figures.rate.inside:.0%} of the cohort answered it, of {figures.controls} accounts in no cohort that are as "
        f"active {figures.rate.outside:.0%} (p = {figures.who_p:.3g})."
        if figures.controls
        else "Too few accounts in no cohort are as active: the cohort cannot be compared."
    )
    reasons = [
        f"{burst.accounts} accounts answered one account within {hours:.0f} hours; usually it would be "
        f"{burst.usual:.1f} (p = {burst.p:.3g}). Of {burst.peers} accounts that usually get as many replies, it ranks "
        f"{burst.rank}.",
        f"{figures.members} of them ({figures.share:.0%}) are of cohort {figures.cohort}.",
        compared,
        f"{cohort:.0%} of the cohort's replies are hostile, {everybody:.0%} of all in the burst; to anybody else "
        f"{usual:.0%} of accounts are (p = {figures.how_p:.3g}).",
        f"All parts together: q = {q:.3g}, {side} {figures.alpha:g}.",
    ]
    parts = [part for part in figures.posts.values() if part["posts"]]
    if len(parts) == len(figures.posts) and not any(np.isnan(part["on_topic"]) for part in parts):
        topic, answers = (" / ".join(f"{part[key]:.0%}" for part in parts) for key in ("on_topic", "answers"))
        reasons.append(
            f"Of the victim's own posts before / during / after, {topic} were on its topic, {answers} were answers to "
            "these accounts."
        )
    return reasons
