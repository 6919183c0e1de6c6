"""The coordinated reversal: accounts of one cohort turn on a target together, and others do not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.shifts.change_points import penalty_path, volume_date
from narratives.shifts.controls import ELSEWHERE, match
from narratives.shifts.finding import Finding
from narratives.shifts.panel import Floats, Panel, make_panel
from narratives.shifts.population import Dated, Population, find_date, make_figures
from narratives.shifts.turning import evidence
from narratives.shifts.verdict import Figures, judge

MIN_MEMBERS = 4


def find_reversals(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every target and cohort, and one for everybody else on each target.

    Of `frames` it reads `posts`, `stances` and `cohorts`.

    The date is estimated from the cohort's own stance, without looking at any event (`account_terms`), at midnights of
    the study's zone. The claim "coordinated" has two parts, and its p is the larger of theirs (intersection-union test,
    Berger 1982), so that it is valid wherever either part is false: **who** (`compare`: the cohort against matched
    controls, the date selected anew in every permutation) and **when** (`timing`: switching times against the accounts'
    own posts). A part that cannot be tested has p = 1. Everybody else has no controls: its p is that of any common
    change, by signs of whole accounts, the date selected anew in every draw. For the existence of a row, the cohort's p
    is twice the smaller of that p and of **who**'s (Bonferroni).

    Accounts of cohorts whose claim has p ≤ alpha are left out of everybody: their turn is told in their own row.
    """
    posts, stances, cohorts = (frames[name] for name in ("posts", "stances", "cohorts"))
    found = []
    for target in study.targets:
        panel = make_panel(posts, stances, target.id, study)
        if panel is None:
            continue
        rest, stratum = np.ones(len(panel.accounts), dtype=bool), match(panel)
        coordinated = np.isin(np.arange(len(stratum)), panel.codes(cohorts["author_id"]))
        for cohort, group in cohorts.groupby("cohort_id"):
            members = panel.codes(group["author_id"])
            foreign = coordinated & ~np.isin(np.arange(len(stratum)), members)
            peers = np.where(foreign, ELSEWHERE, stratum)
            finding = _test(Population(panel, members, target.name, str(cohort), peers), study)
            if finding is not None:
                found.append(finding)
                rest[members] &= finding.p > study.shifts.alpha
        everybody = _test(Population(panel, np.flatnonzero(rest), target.name, None, stratum), study)
        found += [] if everybody is None else [everybody]
    return found


def _test(population: Population, study: Study) -> Finding | None:
    """Return the test of one population, or None where no date has enough accounts on both sides."""
    if len(population.members) < MIN_MEMBERS:
        return None
    section, rng = study.shifts.reversal, population.rng(study.seed)
    dated = find_date(population, section, rng)
    if dated is None:
        return None
    return _finding(population, dated, make_figures(population, dated, study, section, rng), study)


def _event_ranks(panel: Panel, gains: Floats, study: Study) -> dict[str, int]:
    """Return the rank of each event's day, fixed before the data were seen, by gain; ties count against it."""
    ranks = {}
    for event in study.events:
        day = int(panel.days.searchsorted(pd.Timestamp(study.event_time(event.name)), side="right")) - 1
        if 0 <= day < len(gains) and not np.isnan(gains[day]):
            ranks[event.name] = int(np.count_nonzero(gains >= gains[day] * (1 - 1e-9)))
    return ranks


def _finding(population: Population, dated: Dated, figures: Figures, study: Study) -> Finding:
    panel, members, who = population.panel, population.members, figures.who
    section = study.shifts.reversal
    volume, ranks = volume_date(panel, members), _event_ranks(panel, dated.gains, study)
    dates = int(np.isfinite(dated.gains).sum())
    details = figures.details() | {
        "penalty_path": penalty_path(panel, members),
        "volume_date": None if volume is None else panel.days[volume].isoformat(),
        "event_ranks": ranks,
        "admissible_dates": dates,
        "prior": {"centre": panel.centre, "strength": panel.strength},
    }
    return Finding(
        kind="common shift" if population.cohort is None else "coordinated reversal",
        targets=[panel.target], cohort=population.cohort,
        date=panel.days[dated.at], date_low=panel.days[dated.low], date_high=panel.days[dated.high],
        statistic_name="flip share, cohort less others", statistic=0.0 if who is None else who.flip_excess,
        effect_name="change of mean stance",
        effect=figures.parts["total"], effect_low=dated.effect_interval[0], effect_high=dated.effect_interval[1],
        p=figures.p, any_p=figures.any_p,
        rank=min(ranks.values(), default=None) if who is None else who.rank, dates=dates if who is None else who.dates,
        judge=partial(judge, figures), details=details, large=abs(figures.parts["total"]) >= section.theta / 2,
        evidence=evidence(panel.near(dated.at), members, dated.at, figures.turned, figures.direction),
    )  # fmt: skip
