"""An attack on a publisher right after it has published something."""

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


def find_counter_campaigns(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every event with a publisher, and cohort of which at least four members are hostile to it.

    Of `frames` it reads `posts`, `stances` and `cohorts`.

    The window starts with the event's day. Statistic: the share of members that are hostile to the publisher in it,
    above the average over all windows, less that of accounts in no cohort that posted as much before and post then.
    Null: membership tells nothing; labels are permuted within strata. A reaction of the public fails it. The event is
    no choice of ours, so nothing is selected; that the window is one of the tenth in which the cohort differs most
    decides about the verdict.
    """
    crowd, section, found = make_crowd(frames, study), study.shifts.counter_campaign, []
    scored, names = crowd.scored(frames["stances"]), {target.id: target for target in study.targets}
    window = max(section.window.days, 1)
    for event in study.events:
        moment = pd.Timestamp(study.event_time(event.name))
        at = int(crowd.days.searchsorted(moment, side="right")) - 1
        if event.publisher is None or not 0 <= at < len(crowd.days) or moment > crowd.posts["created_at"].max():
            continue
        hostile = scored[(scored["target_id"] == event.publisher) & (scored["score"] <= -section.hostile)]
        now = crowd.volume(crowd.posts[crowd.posts["day"].between(at, at + window - 1)])
        before = np.log1p(crowd.volume(crowd.posts[crowd.posts["day"] < at]))[:, None]
        attacks = partial(doing, hostile, days=max(len(crowd.days) - window, at) + 1, window=window)
        for cohort, members in crowd.cohorts.items():
            if np.count_nonzero(crowd.volume(hostile)[members]) < MIN_MEMBERS:
                continue
            rng = np.random.default_rng([study.seed, crc32(f"counter/{event.name}/{cohort}".encode())])
            draws, pool = (section.permutations, section.bootstrap), match_pool(crowd, members, before, now > 0)
            burst = find_burst(attacks, members, pool, draws=draws, rng=rng, at=at)
            mine = hostile[hostile["account"].isin(members) & (hostile["created_at"] >= moment)]
            mine = mine[mine["day"] < at + window]
            tested = _Tested(names[event.publisher], event.name, cohort, moment, burst, mine, study.shifts.alpha)
            found.append(_finding(tested, crowd))
    return found


@dataclass(frozen=True)
class _Tested:
    """`posts` are the members' hostile ones from the event to the end of the window."""

    target: Target
    event: str
    cohort: str
    moment: pd.Timestamp
    burst: Burst
    posts: pd.DataFrame
    alpha: float

    @property
    def attackers(self) -> int:
        """Members that attack in the window."""
        return int(self.posts["account"].nunique())


def _finding(tested: _Tested, crowd: Crowd) -> Finding:
    first = tested.posts.drop_duplicates("account")
    times = first["time"].to_numpy() if len(first) else np.array([float(tested.burst.start)])
    low, middle, high = np.percentile(times, [2.5, 50, 97.5])
    effect, effect_low, effect_high = tested.burst.rise.effect
    hours = (crowd.moment(middle) - tested.moment) / pd.Timedelta(hours=1)
    return Finding(
        kind="counter-campaign", targets=[tested.target.id], cohort=tested.cohort, event=tested.event,
        date=crowd.moment(middle), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="members that attack", statistic=float(tested.attackers),
        effect_name="share of members that attack, above average and beyond matched others",
        effect=effect, effect_low=effect_low, effect_high=effect_high,
        p=tested.burst.p, any_p=tested.burst.p, large=tested.attackers >= MIN_MEMBERS,
        rank=tested.burst.rank or None, dates=tested.burst.dates or None, judge=partial(_judge, tested, hours),
        details={"attackers": tested.attackers, "hours_after_the_event": hours} | tested.burst.details(),
        evidence=[str(post) for post in first["post_id"].head(EVIDENCE)],
    )  # fmt: skip


def _judge(tested: _Tested, hours: float, q: float) -> Judgement:
    """Return *coordinated counter-campaign* if q ≤ alpha and the window is one of the tenth with the largest contrast.

    *News shock*, where accounts of no cohort rose at least half as far; *standing hostility*, where the cohort differs
    as much in other windows.
    """
    if tested.burst.common:
        verdict = "news shock"
    elif q > tested.alpha:
        verdict = "inconclusive"
    else:
        verdict = "coordinated counter-campaign" if tested.burst.alone else "standing hostility"
    reasons = [
        f"{tested.attackers} members of cohort {tested.cohort} were hostile to {tested.target.name} after "
        f"{tested.event}, half of them within {hours:.1f} hours.",
        tested.burst.reason("attacks"),
        f"q = {q:.3g}, {'at most' if q <= tested.alpha else 'above'} {tested.alpha:g}.",
    ]
    caveats = [
        "Those whom a publication is about have reason to be angry at once; that they are many proves no campaign.",
        "The event is the one that the study names: another thing may have happened in the same days.",
    ]
    return Judgement(verdict, reasons, caveats)
