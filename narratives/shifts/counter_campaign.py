"""A cohort attacks a publisher right after its publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study, Target
from narratives.config.shifts import Event
from narratives.shifts.crowd import Crowd, make_crowd
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.push import MIN_MEMBERS, Draws, Matter, Push, Window, measure

EVIDENCE = 20


def find_counter_campaigns(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every publication and cohort of which at least four members ever attack the publisher.

    Of `frames` it reads `posts`, `stances` and `cohorts`; a publication is an event that names its `publisher`, and
    needs `lag` of data after it and as much before it.

    Attacks are counted in account-days: whole days, from the publication on, with a hostile post on the publisher, so
    that one loud account counts little. The claim "coordinated" has two parts, and its p is the larger of theirs.
    **Who**: within `lag` members attack on more days than at their earlier rate, and more so than accounts in no cohort
    that attacked it on as many days before and are as active on other matters. **When**: a member's days of attack lie
    within `lag` more than its other posts do. Outrage of everybody fails the former, a wave of spam the latter.
    """
    crowd, section, found = make_crowd(frames, study), study.shifts.counter_campaign, []
    scored = crowd.scored(frames["stances"])
    targets = {target.id: target for target in study.targets}
    for event in study.events:
        if event.publisher is None or len(crowd.days) == 0:
            continue
        length = max(section.lag.days, 1)
        since = (pd.Timestamp(study.event_time(event.name)) - crowd.days[0]) / pd.Timedelta(days=1)
        window = Window(since + length, length)
        if not window.fits(len(crowd.days)):
            continue
        talk = scored[scored["target_id"] == event.publisher]
        matter = Matter(talk[talk["score"] <= -section.hostile], talk)
        now = matter.said[matter.said["time"].between(window.start, window.end, inclusive="left")]
        for cohort, members in crowd.cohorts.items():
            if np.count_nonzero(crowd.volume(matter.said)[members]) < MIN_MEMBERS:
                continue
            rng = np.random.default_rng([study.seed, crc32(f"counter_campaign/{event.name}/{cohort}".encode())])
            push = measure(crowd, members, matter, window, Draws(section.permutations, section.bootstrap, rng))
            figures = _Figures(targets[event.publisher], cohort, event, length, study.shifts.alpha, push)
            found.append(_finding(crowd, figures, now[now["account"].isin(members)], window))
    return found


@dataclass(frozen=True)
class _Figures:
    target: Target
    cohort: str
    event: Event
    days: int
    alpha: float
    push: Push

    @property
    def under_way(self) -> bool:
        """Before the publication the cohort attacked at least half as much."""
        return 2 * self.push.just_before >= self.push.after


def _finding(crowd: Crowd, figures: _Figures, mine: pd.DataFrame, window: Window) -> Finding:
    push, first = figures.push, mine.drop_duplicates("account")
    low, middle, high = np.percentile(first["time"] if len(first) else [window.start], [2.5, 50, 97.5])
    return Finding(
        kind="counter-campaign", targets=[figures.target.id], cohort=figures.cohort, event=figures.event.name,
        date=crowd.moment(middle), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="members that attack the publisher within the lag", statistic=float(push.speakers),
        effect_name="days of attack per account above the earlier rate, cohort less matched others",
        effect=push.rise.effect[0], effect_low=push.rise.effect[1], effect_high=push.rise.effect[2],
        p=push.p, any_p=push.any_p, large=push.large, rank=push.rank, dates=push.dates,
        judge=partial(_judge, figures), details=push.details() | {"days": figures.days},
        evidence=[str(post) for post in first["post_id"].head(EVIDENCE)],
    )  # fmt: skip


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated counter-campaign* if q ≤ alpha and none of what follows is so.

    *News shock*, where controls rose at least half as far; *one loud account*, where one member makes half of the rise;
    *attack under way*, where the cohort attacked at least half as much in the time as long before; *recurring attacks*,
    where the contrast is not in the first tenth of dates, or was half as large twice before.
    """
    push = figures.push
    if push.everybody:
        verdict = "news shock"
    elif push.loud:
        verdict = "one loud account"
    elif not push.holds(q, figures.alpha):
        verdict = "inconclusive"
    elif figures.under_way:
        verdict = "attack under way"
    else:
        verdict = "coordinated counter-campaign" if push.singular else "recurring attacks"
    caveats = [
        "Those whom a publication accuses may answer it together in plain view, which looks the same.",
        "Something else that happened within the lag, and that the cohort alone cares about, looks the same.",
    ]
    if not push.alike:
        caveats.append("Too few accounts spoke of the publisher before: a common interest is not ruled out.")
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    push, side = figures.push, "at most" if q <= figures.alpha else "above"
    name, rise = figures.target.name, push.rise
    compared = (
        f"Above the earlier rate it is {rise.inside:+.2f}, with {push.controls} accounts in no cohort that are as "
        f"active {rise.outside:+.2f} (p = {push.who_p:.3g})."
        if push.controls
        else "Too few accounts in no cohort are as active: the cohort cannot be compared."
    )
    return [
        f"In the {figures.days} days after {figures.event.name}, {push.speakers} of {push.members} members of cohort "
        f"{figures.cohort} attacked {name}, on {push.after:.2f} days each; at its earlier rate it would be "
        f"{push.before:.2f}, and in the {figures.days} days right before it was {push.just_before:.2f}.",
        compared,
        f"Their days of attack lie in this time more than their other posts (p = {push.when_p:.3g}).",
        f"The contrast to the others ranks {push.rank} of {push.dates} dates that do not overlap; at "
        f"{push.earlier} earlier times it was half as large.",
        f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}.",
    ]
