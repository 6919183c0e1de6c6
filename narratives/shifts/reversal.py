"""The coordinated reversal: accounts of one cohort turn on a target together, and others do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.config.sections import Target
from narratives.shifts.change_points import account_terms, penalty_path, volume_date
from narratives.shifts.controls import compare
from narratives.shifts.decomposition import mean_change, sides_at, stance_parts, volume_parts
from narratives.shifts.finding import Finding
from narratives.shifts.panel import Floats, Ints, Panel, make_panel
from narratives.shifts.statistics import bootstrap_weights, interval, permutation_p, sign_flips
from narratives.shifts.switching import timing
from narratives.shifts.turning import evidence, turning
from narratives.shifts.verdict import Figures, judge

MIN_MEMBERS = 4


def find_reversals(posts: pd.DataFrame, stances: pd.DataFrame, cohorts: pd.DataFrame, study: Study) -> list[Finding]:
    """Return one test for every target and cohort, and one for everybody else on each target.

    The date is estimated from the cohort's own stance, without looking at any event (`account_terms`), at midnights of
    the study's zone. The claim "coordinated" has two parts, and its p is the larger of theirs (intersection-union test,
    Berger 1982), so that it is valid wherever either part is false: **who** (`compare`: the cohort against matched
    controls, the date selected anew in every permutation) and **when** (`timing`: switching times against the accounts'
    own posts). A part that cannot be tested has p = 1. Everybody else has no controls: its p is that of any common
    change, by signs of whole accounts, the date selected anew in every draw. For the existence of a row, the cohort's p
    is twice the smaller of that p and of **who**'s (Bonferroni).

    Accounts of cohorts whose claim has p ≤ alpha are left out of everybody: their turn is told in their own row.
    """
    found = []
    for target in study.targets:
        panel = make_panel(posts, stances, target.id, study)
        if panel is None:
            continue
        rest = np.ones(len(panel.accounts), dtype=bool)
        for cohort, group in cohorts.groupby("cohort_id"):
            members = panel.codes(group["author_id"])
            finding = _test(_Population(panel, members, target, str(cohort)), study)
            if finding is not None:
                found.append(finding)
                rest[members] &= finding.p > study.shifts.alpha
        everybody = _test(_Population(panel, np.flatnonzero(rest), target, None), study)
        found += [] if everybody is None else [everybody]
    return found


@dataclass(frozen=True)
class _Population:
    panel: Panel
    members: Ints
    target: Target
    cohort: str | None

    def rng(self, seed: int) -> np.random.Generator:
        """Return randomness of its own, so that a further target or cohort leaves this one's draws as they were."""
        return np.random.default_rng([seed, crc32(f"{self.target.id}/{self.cohort or ''}".encode())])


def _test(population: _Population, study: Study) -> Finding | None:
    """Return the test of one population, or None where no date has enough accounts on both sides."""
    panel, members, section = population.panel, population.members, study.shifts.reversal
    if len(members) < MIN_MEMBERS:
        return None
    terms = account_terms(panel, members)
    observed = terms.scan(np.ones((1, len(members))))
    if not observed.admissible.any():
        return None
    at, rng = int(observed.best()[0]), population.rng(study.seed)
    change_p = permutation_p(observed.gain.max(), terms.sign_gains(sign_flips(len(members), section.permutations, rng)))
    draws = bootstrap_weights(len(members), section.bootstrap, rng)
    low, high = np.percentile(terms.dates(draws), [2.5, 97.5], method="closest_observation").astype(int)
    figures = _figures(population, at, float(observed.change[0, at]), draws, study, rng)
    who, (effect_low, effect_high) = figures.who, figures.effect_interval
    details = figures.details() | {
        "change_p": change_p,
        "penalty_path": penalty_path(panel, members),
        "volume_date": panel.days[volume_date(panel, members)].isoformat(),
        "prior": {"centre": panel.centre, "strength": panel.strength},
    }
    return Finding(
        kind="common shift" if population.cohort is None else "coordinated reversal",
        targets=[panel.target], cohort=population.cohort,
        date=panel.days[at], date_low=panel.days[low], date_high=panel.days[high],
        statistic=0.0 if who is None else who.flip_share - who.control_flip_share,
        effect=figures.parts["total"], effect_low=effect_low, effect_high=effect_high,
        p=change_p if population.cohort is None else max(1.0 if who is None else who.p, figures.when.p),
        any_p=change_p if who is None else min(1.0, 2 * min(change_p, who.p)),
        rank=None if who is None else who.rank, dates=None if who is None else who.dates,
        judge=partial(judge, figures), details=details,
        evidence=evidence(panel.near(at), members, at, figures.turned, figures.direction),
    )  # fmt: skip


def _figures(
    population: _Population, at: int, step: float, draws: Floats, study: Study, rng: np.random.Generator
) -> Figures:
    panel, members, section = population.panel, population.members, study.shifts.reversal
    sides, near = sides_at(panel, members, at), panel.near(at)
    near = near[near["account"].isin(members)]
    direction = 1 if step > 0 else -1
    days = at - max(at - panel.span, 0), min(at + panel.span, len(panel.days)) - at
    least = direction * max(section.theta, abs(step) / 2)
    uniform = rng.random((section.permutations, len(members)))
    return Figures(
        target=population.target.name, cohort=population.cohort, day=panel.days[at].tz_convert(study.time.zone),
        direction=direction, accounts=len(members), section=section, alpha=study.shifts.alpha,
        effect_interval=interval(mean_change(sides, draws)),
        who=None if population.cohort is None else compare(panel, members, at, section, rng),
        when=timing(near, panel, step=least, min_posts=section.min_posts, draws=uniform),
        turned=turning(panel, members, at, sides, direction=direction, section=section),
        parts=stance_parts(sides), volume=volume_parts(sides, *days),
        texts=(near.loc[near["day"] < at, "text_key"].nunique(), near.loc[near["day"] >= at, "text_key"].nunique()),
    )  # fmt: skip
