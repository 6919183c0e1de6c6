"""A population's step on one target: when it is, and all figures that a verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from narratives.config import Reversal, Study
from narratives.shifts.change_points import account_terms
from narratives.shifts.controls import compare
from narratives.shifts.decomposition import mean_change, sides_at, stance_parts, volume_parts
from narratives.shifts.panel import Floats, Ints, Panel
from narratives.shifts.statistics import bootstrap_weights, groups, interval, permutation_p, sign_flips
from narratives.shifts.switching import timing
from narratives.shifts.turning import turning
from narratives.shifts.verdict import Figures


@dataclass(frozen=True)
class Population:
    """Accounts of a panel that are tested together; see `compare` for `stratum`.

    `target` is the panel's target by name; `cohort` is None for everybody else.
    """

    panel: Panel
    members: Ints
    target: str
    cohort: str | None
    stratum: Ints

    def rng(self, seed: int) -> np.random.Generator:
        """Return randomness of its own, so that a further target or cohort leaves this one's draws as they were."""
        return np.random.default_rng([seed, crc32(f"{self.panel.target}/{self.cohort or ''}".encode())])


@dataclass(frozen=True)
class Dated:
    """The boundary of a population's largest step, its 95 % interval, the step's size, and how sure all of it is.

    `gains` has the gain of a step at every boundary, NaN where it is not admissible.
    """

    at: int
    low: int
    high: int
    gains: Floats
    step: float
    change_p: float
    effect_interval: tuple[float, float]


def find_date(population: Population, section: Reversal, rng: np.random.Generator) -> Dated | None:
    """Return when a population's largest step is, or None where no date has enough accounts on both sides."""
    panel, members = population.panel, population.members
    group = groups(len(members), rng)
    terms = account_terms(panel, members, group)
    n = len(terms.sizes)
    observed = terms.scan(np.ones((1, n)))
    if not observed.admissible.any():
        return None
    at = int(observed.best()[0])
    gains = terms.sign_gains(sign_flips(n, section.permutations, rng))
    draws = bootstrap_weights(n, section.bootstrap, rng)
    low, high = np.percentile(terms.dates(draws), [2.5, 97.5], method="closest_observation").astype(int)
    return Dated(
        at, min(int(low), at), max(int(high), at), np.where(observed.admissible[0], observed.gain[0], np.nan),
        float(observed.change[0, at]),
        permutation_p(observed.gain.max(), gains), interval(mean_change(sides_at(panel, members, at), draws, group)),
    )  # fmt: skip


def make_figures(
    population: Population, dated: Dated, study: Study, section: Reversal, rng: np.random.Generator
) -> Figures:
    """Return all figures of a population at its date."""
    panel, members, at = population.panel, population.members, dated.at
    sides, near = sides_at(panel, members, at), panel.near(at)
    near = near[near["account"].isin(members)]
    direction = 1 if dated.step > 0 else -1
    least = direction * max(section.theta, abs(dated.step) / 2)
    days = min(at, panel.span), min(len(panel.days) - at, panel.span)
    compared = population.cohort is not None
    return Figures(
        target=population.target, cohort=population.cohort, day=panel.days[at].tz_convert(study.time.zone),
        direction=direction, alpha=study.shifts.alpha, theta=section.theta,
        change_p=dated.change_p, effect_interval=dated.effect_interval,
        who=compare(panel, members, population.stratum, boundary=at, section=section, rng=rng) if compared else None,
        when=timing(near, panel, step=least, section=section, rng=rng) if compared else None,
        turned=turning(panel, members, at, sides, direction=direction, section=section),
        parts=stance_parts(sides), volume=volume_parts(sides, *days),
        texts=(near.loc[near["day"] < at, "text_key"].nunique(), near.loc[near["day"] >= at, "text_key"].nunique()),
    )  # fmt: skip
