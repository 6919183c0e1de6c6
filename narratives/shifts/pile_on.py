"""A swarm of answers under one account's posts, and what it did to what that account writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.stats import binom

from narratives.config import Study
from narratives.shifts.burst import Burst, doing, find_burst
from narratives.shifts.crowd import Crowd, Pool, make_crowd, match_pools
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Ints

MIN_MEMBERS = 4
EVIDENCE = 20
WITHDRAWN = 0.5  # of its own posts: with so few left, an account was displaced


def find_pile_ons(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every account outside a cohort that at least four of its members answer.

    Of `frames` it reads `posts` and `cohorts`.

    The burst is the window in which the largest share of members answers the account. Statistic: that share above its
    average, less that of accounts in no cohort that answer others as often; where enough of them answer this account
    too, less that of those. Null: membership tells nothing; labels are permuted within strata, the window selected
    anew. Under a post that went round everybody answers, under a popular author's everybody always does.

    For the existence of a row, p is that of the account getting no more answers in its busiest window than at other
    times (binomial; Bonferroni over all windows). **Displacement** is told beside it: posts a day of the account that
    answer nobody, and that answer, before and from the burst on.
    """
    crowd, section, found = make_crowd(frames, study), study.shifts.pile_on, []
    answers = _answers(frames["posts"], crowd)
    answering = frames["posts"].loc[frames["posts"]["reply_to"].notna(), "post_id"]
    window = max(section.window.days, 1)
    days = max(len(crowd.days) - window + 1, 1)
    replying = np.log1p(np.stack([crowd.volume(answers), crowd.volume(crowd.posts)], axis=1))
    for cohort, members in crowd.cohorts.items():
        inside = answers["account"].isin(members)
        several = answers[inside].groupby("victim")["account"].nunique()
        for victim in np.setdiff1d(several.index[several >= MIN_MEMBERS], members):
            under = answers[answers["victim"] == victim]
            does = partial(doing, under, days=days, window=window)
            alike = crowd.volume(under) > 0
            pools = match_pools(crowd, members, replying, crowd.volume(answers) > 0, alike=alike)
            rng = np.random.default_rng([study.seed, crc32(f"pile-on/{cohort}/{crowd.accounts[victim]}".encode())])
            draws = section.permutations, section.bootstrap
            compared: Sequence[Pool | None] = pools or [None]
            bursts = [find_burst(does, members, pool, draws=draws, rng=rng) for pool in compared]
            own = crowd.posts[crowd.posts["account"] == victim]
            own = own.assign(answers=own["post_id"].isin(answering))
            tested = _Tested(crowd, cohort, members, int(victim), under, own, bursts, window, study.shifts.alpha)
            found.append(_finding(tested))
    return found


def _answers(posts: pd.DataFrame, crowd: Crowd) -> pd.DataFrame:
    """Return the crowd's posts that answer somebody else's, with the position of that `victim`."""
    author = pd.Series(crowd.accounts.get_indexer(posts["author_id"]), index=posts["post_id"])
    links = posts.dropna(subset="reply_to")[["post_id", "reply_to"]]
    links = links.assign(victim=links["reply_to"].map(author)).dropna(subset="victim")
    answers = crowd.posts.merge(links[["post_id", "victim"]].astype({"victim": np.int64}), on="post_id")
    return answers[answers["account"] != answers["victim"]]


@dataclass(frozen=True)
class _Tested:
    """`under` are all answers to the victim, `own` its posts; `bursts` the comparisons, the strictest last."""

    crowd: Crowd
    cohort: str
    members: Ints
    victim: int
    under: pd.DataFrame
    own: pd.DataFrame
    bursts: list[Burst]
    window: int
    alpha: float

    @property
    def burst(self) -> Burst:
        """The comparison with those most alike."""
        return self.bursts[-1]

    @property
    def p(self) -> float:
        """Of the claim."""
        return max(burst.p for burst in self.bursts)

    @property
    def swarm(self) -> pd.DataFrame:
        """Answers in the window."""
        return self.under[self.under["day"].between(self.burst.start, self.burst.start + self.window - 1)]

    @property
    def mine(self) -> pd.DataFrame:
        """Members' answers in the window."""
        return self.swarm[self.swarm["account"].isin(self.members)]

    @property
    def more_p(self) -> float:
        """Of no more answers in the window than at other times."""
        days = len(self.crowd.days)
        return min(1.0, days * float(binom.sf(len(self.swarm) - 1, len(self.under), self.window / days)))

    @property
    def large(self) -> bool:
        """Half of those that answer in the window are members, at least four."""
        count = int(self.mine["account"].nunique())
        return count >= MIN_MEMBERS and 2 * count >= self.swarm["account"].nunique()

    def displacement(self) -> dict[str, float]:
        """Return the victim's posts a day, on its own and in answer, before the window and in it and the day after."""
        start, end = self.burst.start, self.burst.start + self.window + 1
        spans = {"before": self.own[self.own["day"] < start], "then": self.own[self.own["day"].between(start, end - 1)]}
        first = int(self.own["day"].min()) if len(self.own) else start
        days = {"before": max(start - first, 1), "then": end - start}
        return {
            f"{name}_{when}": float((part["answers"] == flag).sum() / days[when])
            for when, part in spans.items()
            for name, flag in (("own", False), ("answers", True))
        }


def _finding(tested: _Tested) -> Finding:
    crowd, moved = tested.crowd, tested.displacement()
    times = tested.mine["time"].to_numpy() if len(tested.mine) else np.array([float(tested.burst.start)])
    low, middle, high = np.percentile(times, [2.5, 50, 97.5])
    effect, effect_low, effect_high = tested.burst.rise.effect
    members, all_of_them = tested.mine["account"].nunique(), tested.swarm["account"].nunique()
    details = {
        "victim": str(crowd.accounts[tested.victim]), "answers": len(tested.swarm), "accounts": all_of_them,
        "members": members, "posts_a_day_of_the_victim": moved, "more_p": tested.more_p,
    }  # fmt: skip
    return Finding(
        kind="pile-on", targets=[], cohort=tested.cohort,
        date=crowd.moment(middle), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="members that answer", statistic=float(members),
        effect_name="share of members that answer, above average and beyond matched others",
        effect=effect, effect_low=effect_low, effect_high=effect_high, p=tested.p, any_p=tested.more_p,
        large=tested.large, rank=tested.burst.rank or None, dates=tested.burst.dates or None,
        judge=partial(_judge, tested, moved), details=details | tested.burst.details(),
        evidence=[str(post) for post in tested.mine.drop_duplicates("account")["post_id"].head(EVIDENCE)],
    )  # fmt: skip


def _judge(tested: _Tested, moved: Mapping[str, float], q: float) -> Judgement:
    """Return *coordinated pile-on* if q ≤ alpha and the window is one of the tenth with the largest contrast.

    *Viral post*, where accounts of no cohort rose at least half as far; *standing quarrel*, where the cohort differs as
    much in other windows.
    """
    if any(burst.common for burst in tested.bursts):
        verdict = "viral post"
    elif q > tested.alpha:
        verdict = "inconclusive"
    else:
        verdict = "coordinated pile-on" if tested.burst.alone else "standing quarrel"
    before, then = (moved[f"own_{when}"] for when in ("before", "then"))
    left = "left" if then <= WITHDRAWN * before else "did not leave"
    reasons = [
        f"{tested.mine['account'].nunique()} of {len(tested.members)} members of cohort {tested.cohort} answered one "
        f"account in {tested.window} days; {len(tested.swarm)} answers came from "
        f"{tested.swarm['account'].nunique()} accounts (p = {tested.more_p:.3g} against its other days).",
        *(burst.reason("answers") for burst in tested.bursts),
        f"The account {left} its own topics: it wrote {before:.2g} posts a day of its own before and {then:.2g} then, "
        f"{moved['answers_before']:.2g} and {moved['answers_then']:.2g} answers.",
        f"q = {q:.3g}, {'at most' if q <= tested.alpha else 'above'} {tested.alpha:g}.",
    ]
    caveats = [
        "Answers are counted, not read: many may be friendly.",
        "A link to the post in a shared chat brings its readers at one time without anybody's order.",
    ]
    return Judgement(verdict, reasons, caveats)
