"""A cohort pushes people to an act, or away from it, in the days before it takes place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study, Target
from narratives.config.shifts import Event
from narratives.shifts.crowd import Crowd, make_crowd
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.push import MIN_MEMBERS, Draws, Matter, Push, Window, measure

EVIDENCE = 20
DIRECTIONS = {1: "for", -1: "against"}


def find_mobilisations(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every act, direction and cohort of which at least four members ever post so.

    Of `frames` it reads `posts`, `stances` and `cohorts`; an act is a target that an event names as its `act`, and the
    event needs `window` of data before it and as much before that. Where several events name one act, the one with the
    smallest p counts, times their number (Bonferroni).

    Pushes are counted in account-days: whole days with a post for the act, or against it, so that one loud account
    counts little. The claim "coordinated" has two parts, and its p is the larger of theirs. **Who**: in the window
    members push on more days than at their earlier rate, and more so than accounts in no cohort that pushed on as many
    days before and are as active on other matters. **When**: a member's days of pushing lie in the window more than its
    other posts do. A mood of everybody to vote fails the former, a wave of spam the latter.
    """
    crowd, targets = make_crowd(frames, study), {target.id: target for target in study.targets}
    scored = crowd.scored(frames["stances"])
    found = []
    acts = sorted((event for event in study.events if event.act is not None), key=lambda event: str(event.act))
    for act, events in groupby(acts, key=lambda event: str(event.act)):
        talk, times = scored[scored["target_id"] == act], list(events)
        for cohort in crowd.cohorts:
            tested = _Tested(crowd, targets[act], cohort, talk, times)
            ways = {way: best for way in DIRECTIONS if (best := _strongest(tested, way, study)) is not None}
            for way, figures in ways.items():
                other = ways[-way].push.rise.effect[0] if -way in ways else 0.0
                found.append(_finding(tested, replace(figures, other=other), study))
    return found


@dataclass(frozen=True)
class _Tested:
    crowd: Crowd
    target: Target
    cohort: str
    talk: pd.DataFrame
    events: list[Event]

    def said(self, direction: int, clear: float) -> pd.DataFrame:
        """Return the posts for the act (1) or against it (−1)."""
        return self.talk[direction * self.talk["score"] >= clear]

    def window(self, event: Event, study: Study) -> Window:
        """Return the days before an event."""
        since = pd.Timestamp(study.event_time(event.name)) - self.crowd.days[0]
        return Window(since / pd.Timedelta(days=1), max(study.shifts.mobilisation.window.days, 1))

    def mine(self, said: pd.DataFrame, window: Window) -> pd.DataFrame:
        """Return those of the posts that the cohort makes in a window."""
        own = said["account"].isin(self.crowd.cohorts[self.cohort])
        return said[own & said["time"].between(window.start, window.end, inclusive="left")]


@dataclass(frozen=True)
class _Figures:
    """The push in one direction at the event where it is strongest of `tests`.

    `other` is the excess of the push in the other direction.
    """

    target: Target
    direction: int
    cohort: str
    event: Event
    days: int
    alpha: float
    push: Push
    tests: int = 1
    other: float = 0.0


def _strongest(tested: _Tested, direction: int, study: Study) -> _Figures | None:
    """Return the push with the smallest p of those at the events that fit into the data, or None if there is none."""
    crowd, section, found = tested.crowd, study.shifts.mobilisation, []
    said, members = tested.said(direction, section.clear), crowd.cohorts[tested.cohort]
    able = np.count_nonzero(crowd.volume(said)[members]) >= MIN_MEMBERS
    for event in tested.events if able else []:
        window = tested.window(event, study)
        if not window.fits(len(crowd.days)):
            continue
        key = f"mobilisation/{event.name}/{DIRECTIONS[direction]}/{tested.cohort}"
        rng = np.random.default_rng([study.seed, crc32(key.encode())])
        draws = Draws(section.permutations, section.bootstrap, rng)
        push = measure(crowd, members, Matter(said, tested.talk), window, draws)
        parts = tested.target, direction, tested.cohort, event, window.length, study.shifts.alpha
        found.append(_Figures(*parts, push))
    best = min(found, key=lambda figures: (figures.push.p, figures.push.any_p, figures.event.name), default=None)
    return None if best is None else replace(best, tests=len(found))


def _finding(tested: _Tested, figures: _Figures, study: Study) -> Finding:
    crowd, push, way = tested.crowd, figures.push, DIRECTIONS[figures.direction]
    said = tested.said(figures.direction, study.shifts.mobilisation.clear)
    window = tested.window(figures.event, study)
    mine = tested.mine(said, window)
    low, middle, high = np.percentile(mine["time"] if len(mine) else [window.start], [2.5, 50, 97.5])
    shown = mine.groupby("account").head(2)["post_id"].head(EVIDENCE)
    return Finding(
        kind="mobilisation", targets=[figures.target.id], cohort=figures.cohort, event=figures.event.name,
        date=crowd.moment(middle), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name=f"members that post {way} the act in the window", statistic=float(push.speakers),
        effect_name=f"days of posting {way} the act per account above the earlier rate, cohort less matched others",
        effect=push.rise.effect[0], effect_low=push.rise.effect[1], effect_high=push.rise.effect[2],
        p=min(1.0, figures.tests * push.p), any_p=min(1.0, figures.tests * push.any_p),
        large=push.large, rank=push.rank, dates=push.dates,
        judge=partial(_judge, figures), details=_details(figures),
        evidence=[str(post) for post in shown],
    )  # fmt: skip


def _details(figures: _Figures) -> dict[str, object]:
    more = {
        "days": figures.days,
        "direction": DIRECTIONS[figures.direction],
        "excess_of_other_direction": figures.other,
    }
    return figures.push.details() | more


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated mobilisation* if q ≤ alpha and none of what follows is so.

    *Public mood*, where controls rose at least half as far; *one loud account*, where one member makes half of the
    rise; *opposite push*, where the cohort exceeds its controls even more in the other direction; *recurring push*,
    where the contrast is not in the first tenth of dates, or was half as large twice before.
    """
    push = figures.push
    if push.everybody:
        verdict = "public mood"
    elif push.loud:
        verdict = "one loud account"
    elif not push.holds(q, figures.alpha):
        verdict = "inconclusive"
    elif figures.other >= push.rise.effect[0]:
        verdict = "opposite push"
    else:
        verdict = "coordinated mobilisation" if push.singular else "recurring push"
    caveats = [
        "A party, a union or an association that calls its members to the act in plain view looks the same.",
        "A post that calls others to the act and one that only likes the act count alike.",
    ]
    if 2 * figures.other >= push.rise.effect[0]:
        caveats.append("The cohort pushed the other way as well: what its posts call for may have been misread.")
    if not push.alike:
        caveats.append("Too few accounts spoke of the act before: a common interest of the cohort is not ruled out.")
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    push, side = figures.push, "at most" if q <= figures.alpha else "above"
    rise, way = push.rise, DIRECTIONS[figures.direction]
    compared = (
        f"Above the earlier rate it is {rise.inside:+.2f}, with {push.controls} accounts in no cohort that are as "
        f"active {rise.outside:+.2f} (p = {push.who_p:.3g})."
        if push.controls
        else "Too few accounts in no cohort are as active: the cohort cannot be compared."
    )
    return [
        f"In the {figures.days} days before {figures.event.name}, {push.speakers} of {push.members} members of cohort "
        f"{figures.cohort} posted {way} {figures.target.name}, on {push.after:.2f} days each; at its earlier rate it "
        f"would be {push.before:.2f}.",
        compared,
        f"These days lie in this time more than their other posts (p = {push.when_p:.3g}).",
        f"The contrast to the others ranks {push.rank} of {push.dates} dates that do not overlap; at "
        f"{push.earlier} earlier times it was half as large.",
        f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}.",
    ]
