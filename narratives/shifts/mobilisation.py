"""A push for or against an act, such as to vote, to stay at home, to boycott."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study, Target
from narratives.shifts.burst import Burst, doing, find_burst
from narratives.shifts.crowd import Crowd, make_crowd, match_pool
from narratives.shifts.finding import Finding, Judgement

MIN_MEMBERS = 4
EVIDENCE = 20


def find_mobilisations(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every act, direction, and cohort of which at least four members push that way.

    Of `frames` it reads `posts`, `stances` and `cohorts`.

    The push is the window in which the largest share of members speaks for the act (or against it). Statistic: that
    share above its average, less that of accounts in no cohort that post as much. Null: membership tells nothing;
    labels are permuted within strata, the window selected anew. Before an election everybody speaks of voting: that
    raises the share of all.
    """
    crowd, section, found = make_crowd(frames, study), study.shifts.mobilisation, []
    scored = crowd.scored(frames["stances"])
    window, everything = max(section.window.days, 1), crowd.volume(crowd.posts)
    for act in (target for target in study.targets if target.act):
        on = scored[scored["target_id"] == act.id]
        for sign, direction in ((1, "for"), (-1, "against")):
            pushes = on[sign * on["score"] >= section.least]
            does = partial(doing, pushes, days=max(len(crowd.days) - window + 1, 1), window=window)
            for cohort, members in crowd.cohorts.items():
                if np.count_nonzero(crowd.volume(pushes)[members]) < MIN_MEMBERS:
                    continue
                rng = np.random.default_rng([study.seed, crc32(f"mobilisation/{act.id}/{sign}/{cohort}".encode())])
                pool = match_pool(crowd, members, np.log1p(everything)[:, None], everything > 0)
                burst = find_burst(does, members, pool, draws=(section.permutations, section.bootstrap), rng=rng)
                inside = pushes["day"].between(burst.start, burst.start + window - 1)
                mine = pushes[inside & pushes["account"].isin(members)]
                other = on[sign * on["score"] <= -section.least]
                other = other[other["account"].isin(members) & other["day"].isin(mine["day"])]
                tested = _Tested(act, direction, cohort, len(members), burst, mine, len(other), study.shifts.alpha)
                found.append(_finding(tested, crowd))
    return found


@dataclass(frozen=True)
class _Tested:
    """`posts` are the members' in the window that speak for the act (or against it); `other` speak otherwise then."""

    act: Target
    direction: str
    cohort: str
    size: int
    burst: Burst
    posts: pd.DataFrame
    other: int
    alpha: float

    @property
    def members(self) -> int:
        """Members that push in the window."""
        return int(self.posts["account"].nunique())

    @property
    def large(self) -> bool:
        """Half of the cohort pushes, and mostly in one direction."""
        return self.members >= max(MIN_MEMBERS, self.size / 2) and len(self.posts) > self.other


def _finding(tested: _Tested, crowd: Crowd) -> Finding:
    effect, low, high = tested.burst.rise.effect
    times = tested.posts["time"]
    return Finding(
        kind=f"mobilisation {tested.direction}", targets=[tested.act.id], cohort=tested.cohort,
        date=crowd.moment(times.median()), date_low=crowd.moment(times.min()), date_high=crowd.moment(times.max()),
        statistic_name="members that push", statistic=float(tested.members),
        effect_name="share of members that push, above average and beyond matched others",
        effect=effect, effect_low=low, effect_high=high,
        p=tested.burst.p, any_p=tested.burst.p, large=tested.large,
        rank=tested.burst.rank or None, dates=tested.burst.dates or None, judge=partial(_judge, tested),
        details={"direction": tested.direction, "members": tested.members} | tested.burst.details(),
        evidence=[str(post) for post in tested.posts.drop_duplicates("account")["post_id"].head(EVIDENCE)],
    )  # fmt: skip


def _judge(tested: _Tested, q: float) -> Judgement:
    """Return *coordinated mobilisation* if q ≤ alpha and the window is one of the tenth with the largest contrast.

    *Common call*, where accounts of no cohort rose at least half as far; *standing call*, where the cohort differs as
    much in other windows.
    """
    if tested.burst.common:
        verdict = "common call"
    elif q > tested.alpha:
        verdict = "inconclusive"
    else:
        verdict = "coordinated mobilisation" if tested.burst.alone else "standing call"
    reasons = [
        f"{tested.members} of {tested.size} members of cohort {tested.cohort} spoke {tested.direction} "
        f"{tested.act.name} in one window.",
        tested.burst.reason("pushes"),
        f"q = {q:.3g}, {'at most' if q <= tested.alpha else 'above'} {tested.alpha:g}.",
    ]
    caveats = [
        "Parties, unions and citizens' groups call people to vote together, in plain view; the test cannot tell them "
        "from a campaign.",
        "The window is the one with most members; its dates are those of their posts in it.",
    ]
    return Judgement(verdict, reasons, caveats)
