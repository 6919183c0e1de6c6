"""Blame that moves: accounts of one cohort stop accusing one target and accuse another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd

from narratives.config import Study, Target
from narratives.shifts.controls import ELSEWHERE, match
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Floats, Panel, make_panel
from narratives.shifts.population import Dated, Population, find_date, make_figures
from narratives.shifts.statistics import bootstrap_weights, interval
from narratives.shifts.turning import evidence
from narratives.shifts.verdict import Figures

MIN_MEMBERS = 4
EVIDENCE = 20


def find_deflections(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every pair of targets and cohort, and one for everybody else on each pair.

    Of `frames` it reads `posts`, `stances` and `cohorts`.

    Of a pair, only hostile posts on either target count: −1 on the first, +1 on the second, 0 on both. On that axis
    blame that moves is a step, so date, controls and nulls are those of the reversal (`find_reversals`): **who**
    compares the cohort with accounts that blamed alike and are as active on the pair, the date selected anew in every
    permutation; **when** compares the accounts' own turning times with their own posts; p is the larger of the two.
    Shares do not change where a cohort merely posts more.
    """
    found = []
    for pair in combinations(study.targets, 2):
        panel = _panel(frames, pair, study)
        if panel is None:
            continue
        cohorts, stratum = frames["cohorts"], match(panel)
        everyone = np.arange(len(panel.accounts))
        inside, rest = np.isin(everyone, panel.codes(cohorts["author_id"])), np.ones(len(everyone), dtype=bool)
        name = f"{pair[0].name} and {pair[1].name}"
        for cohort, group in cohorts.groupby("cohort_id"):
            members = panel.codes(group["author_id"])
            peers = np.where(inside & ~np.isin(everyone, members), ELSEWHERE, stratum)
            finding = _test(Population(panel, members, name, str(cohort), peers), pair, study)
            if finding is not None:
                found.append(finding)
                rest[members] &= finding.p > study.shifts.alpha
        everybody = _test(Population(panel, np.flatnonzero(rest), name, None, stratum), pair, study)
        found += [] if everybody is None else [everybody]
    return found


Pair = tuple[Target, Target]


@dataclass(frozen=True)
class _Move:
    """Hostile posts a day of a population on the target that it leaves and on the one it takes up.

    `log_ratio` is that of the former, after to before, with its 95 % interval.
    """

    source: Target
    sink: Target
    left: tuple[float, float]
    taken: tuple[float, float]
    log_ratio: tuple[float, float, float]

    @property
    def fell(self) -> bool:
        """Blame of the former target fell beyond chance."""
        return self.log_ratio[2] < 0

    def details(self) -> dict[str, object]:
        """Return the figures as JSON types."""
        names = ("before", "after")
        return {
            "from": self.source.id, "to": self.sink.id,
            "hostile_posts_a_day_on_the_former": dict(zip(names, self.left, strict=True)),
            "hostile_posts_a_day_on_the_latter": dict(zip(names, self.taken, strict=True)),
            "log_ratio_of_the_former": dict(zip(("value", "low", "high"), self.log_ratio, strict=True)),
        }  # fmt: skip


def _panel(frames: Mapping[str, pd.DataFrame], pair: Pair, study: Study) -> Panel | None:
    """Return the panel of hostile posts on a pair: one score per post."""
    axis = {pair[0].id: -1.0, pair[1].id: 1.0}
    stances = frames["stances"]
    hostile = stances[stances["target_id"].isin(axis) & (stances["score"] <= -study.shifts.deflection.hostile)]
    if hostile["target_id"].nunique() < 2:
        return None
    side = hostile["target_id"].map(axis).groupby(hostile["post_id"]).mean()
    made = pd.DataFrame({"post_id": side.index, "target_id": "/".join(axis), "score": side.to_numpy()})
    return make_panel(frames["posts"], made, "/".join(axis), study)


def _test(population: Population, pair: Pair, study: Study) -> Finding | None:
    if len(population.members) < MIN_MEMBERS:
        return None
    section, rng = study.shifts.deflection, population.rng(study.seed)
    dated = find_date(population, section, rng)
    if dated is None:
        return None
    figures = make_figures(population, dated, study, section, rng)
    return _finding(population, dated, figures, _move(population, dated, pair, section.bootstrap, rng))


def _move(population: Population, dated: Dated, pair: Pair, draws: int, rng: np.random.Generator) -> _Move:
    panel, members, at = population.panel, population.members, dated.at
    near, days = panel.near(at), (min(at, panel.span), min(len(panel.days) - at, panel.span))
    late, direction = near["day"] >= at, np.sign(dated.step)
    source, sink = pair if direction > 0 else pair[::-1]

    def rates(sign: float) -> tuple[Floats, Floats]:
        """Return each member's posts a day before and after on one of the two targets."""
        on = near["score"] * sign >= 0
        counts = [np.bincount(near.loc[on & part, "account"], minlength=len(panel.accounts)) for part in (~late, late)]
        before, after = (count[members] / length for count, length in zip(counts, days, strict=True))
        return before, after

    left, taken = rates(-direction), rates(direction)
    rows = np.vstack([np.ones(len(members)), bootstrap_weights(len(members), draws, rng)])
    least = 0.5 / max(days)
    ratio = np.log((rows @ left[1] + least) / (rows @ left[0] + least))
    sums = [(float(before.sum()), float(after.sum())) for before, after in (left, taken)]
    return _Move(source, sink, sums[0], sums[1], (float(ratio[0]), *interval(ratio[1:])))


def _finding(population: Population, dated: Dated, figures: Figures, move: _Move) -> Finding:
    panel, who = population.panel, figures.who
    shares = sorted(figures.direction * bound / 2 for bound in dated.effect_interval)
    return Finding(
        kind="deflection", targets=[move.source.id, move.sink.id], cohort=population.cohort,
        date=panel.days[dated.at], date_low=panel.days[dated.low], date_high=panel.days[dated.high],
        statistic_name="share that went over, cohort less others", statistic=0.0 if who is None else who.flip_excess,
        effect_name="change of the share of blame that is on the latter target",
        effect=abs(figures.parts["total"]) / 2, effect_low=shares[0], effect_high=shares[1],
        p=figures.p, any_p=figures.any_p, large=abs(figures.parts["total"]) >= figures.theta,
        rank=None if who is None else who.rank, dates=None if who is None else who.dates,
        judge=partial(_judge, figures, move), details=move.details() | figures.details(),
        evidence=evidence(panel.near(dated.at), population.members, dated.at, figures.turned, figures.direction)[
            :EVIDENCE
        ],
    )  # fmt: skip


def _judge(figures: Figures, move: _Move, q: float) -> Judgement:
    """Return *coordinated deflection* if the claim holds and blame of the former target fell beyond chance.

    *Replacement*, where accounts that came and went made most of it; *news shock*, for everybody, or if the cohort's
    controls moved at least half as far; *added target*, if the former target is blamed as before.
    """
    if figures.replaced:
        verdict = "replacement"
    elif figures.cohort is None or figures.controls_turned:
        verdict = "news shock"
    elif figures.holds(q):
        verdict = "coordinated deflection" if move.fell else "added target"
    else:
        verdict = "inconclusive"
    caveats = [
        "Blame also moves where matters move: the former target may have left office, the latter taken it.",
        "Acting together is not acting on orders: the test cannot tell a campaign from people who agree.",
    ]
    if figures.cohort is None:
        caveats.append("Nobody is left to compare with.")
    return Judgement(verdict, _reasons(figures, move, q), caveats)


def _reasons(figures: Figures, move: _Move, q: float) -> list[str]:
    total, parts = figures.direction * figures.parts["total"] / 2, figures.parts
    people = "accounts outside coordinated cohorts" if figures.cohort is None else f"cohort {figures.cohort}"
    reasons = [
        f"Of the posts of {people} that blame {move.source.name} or {move.sink.name}, the share on the latter changed "
        f"by {total:+.2f} on {figures.day:%Y-%m-%d}; accounts on both sides made "
        f"{figures.direction * parts['within'] / 2:+.2f} of it.",
        f"Hostile posts a day on {move.source.name} went from {move.left[0]:.3g} to {move.left[1]:.3g} (log ratio "
        f"{move.log_ratio[0]:+.2f}, 95 % interval {move.log_ratio[1]:+.2f} to {move.log_ratio[2]:+.2f}), on "
        f"{move.sink.name} from {move.taken[0]:.3g} to {move.taken[1]:.3g}.",
    ]
    if figures.cohort is None:
        return reasons
    who, when = figures.who, figures.when
    reasons.append(
        "Too few accounts outside the cohort blame the two as often: who moved cannot be compared."
        if who is None
        else f"The share of {who.controls} matched controls changed by {figures.direction * who.change / 2:+.2f}; "
        f"cohort against controls: p = {who.p:.3g}. The date ranks {who.rank} of {who.dates}."
    )
    reasons.append(
        "Too few accounts moved, by their own posts alone, for their times to be compared."
        if when is None or pd.isna(when.spread)
        else f"{len(when.times)} accounts moved within {when.spread:.1f} days of their median; at random moments "
        f"among their own posts it would be {when.expected:.1f} days (p = {when.p:.3g})."
    )
    side = "at most" if q <= figures.alpha else "above"
    return [*reasons, f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}."]
