"""Blame that moves: accounts of one cohort stop accusing one target and accuse another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import pandas as pd

from narratives.config import Study, Target
from narratives.shifts.controls import MIN_CONTROLS, match
from narratives.shifts.crowd import make_crowd
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.frames import framed_posts
from narratives.shifts.panel import Floats, Panel, make_panel
from narratives.shifts.population import Dated, Population, find_date, make_figures
from narratives.shifts.statistics import bootstrap_weights, interval
from narratives.shifts.turning import evidence
from narratives.shifts.verdict import Figures

MIN_MEMBERS = 4
Pair = tuple[Target, Target]
EVIDENCE = 20


def find_deflections(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every matter of a cohort in which a quarter of its members blames each of two targets.

    Of `frames` it reads `posts`, `mentions`, `stances`, `cohorts` and `matters`. Of more targets the two that members
    blame most are compared.

    Of the pair, only hostile posts on either target count: −1 on the first, +1 on the second, 0 on both; of the cohort,
    only those on the matter, so that one campaign after another is no deflection. On that axis blame that moves is a
    step, so date, controls and nulls are those of the reversal (`find_reversals`): **who** compares the cohort with
    accounts that blamed alike and are as active on the pair, the date selected anew in every permutation; **when**
    compares the accounts' own turning times with their own posts; p is the larger of the two. Shares do not change
    where a cohort merely posts more.
    """
    posts, stances, found = frames["posts"], frames["stances"], []
    hostile = stances.loc[stances["score"] <= -study.shifts.deflection.hostile, ["post_id", "target_id"]]
    hostile = hostile.merge(posts[["post_id", "author_id"]], on="post_id").sort_values(["post_id", "target_id"])
    outside = ~hostile["author_id"].isin(frames["cohorts"]["author_id"])
    framed = framed_posts(frames, make_crowd(frames, study), study.shifts.frame_reuse).set_index("post_id")["frame"]
    members_of = frames["cohorts"].groupby("cohort_id")["author_id"]
    for (cohort, matter), on in frames["matters"].groupby(["cohort_id", "matter_id"]):
        members = members_of.get_group(cohort)
        about = hostile["post_id"].isin(on["post_id"])
        mine = about & hostile["author_id"].isin(members)
        pair = _pair(hostile[mine], len(members), study.targets)
        panel = None if pair is None else _panel(posts, hostile[mine | outside], pair, study)
        if pair is not None and panel is not None:
            population = Population(panel, panel.codes(members), str(matter), str(cohort), match(panel))
            tested = _test(population, pair, study, hostile.loc[about & outside, "post_id"], framed)
            found += [] if tested is None else [tested]
    return found


def _pair(blame: pd.DataFrame, members: int, targets: Sequence[Target]) -> Pair | None:
    """Return the two targets that members blame most, or None if too few of them blame two."""
    found = blame.groupby("target_id")["author_id"].agg(["nunique", "size"])
    found = found[found["nunique"] >= max(MIN_MEMBERS, members / 4)].sort_values("size", ascending=False, kind="stable")
    pair = [target for target in targets if target.id in found.index[:2]]
    return (pair[0], pair[1]) if len(pair) == 2 else None


@dataclass(frozen=True)
class _Move:
    """Hostile posts a day of a population on the target that it leaves and on the one it takes up.

    `log_ratio` is that of the former, after to before, with its 95 % interval; `same_words` the share of the members'
    later posts on the latter that say what they said of the former, the name left out.
    """

    source: Target
    sink: Target
    left: tuple[float, float]
    taken: tuple[float, float]
    log_ratio: tuple[float, float, float]
    same_words: float

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
            "same_words": self.same_words,
            "log_ratio_of_the_former": dict(zip(("value", "low", "high"), self.log_ratio, strict=True)),
        }  # fmt: skip


def _panel(posts: pd.DataFrame, hostile: pd.DataFrame, pair: Pair, study: Study) -> Panel | None:
    """Return the panel of hostile posts on a pair: one score per post."""
    axis = {pair[0].id: -1.0, pair[1].id: 1.0}
    side = hostile["target_id"].map(axis).groupby(hostile["post_id"]).mean().dropna()
    made = pd.DataFrame({"post_id": side.index, "target_id": "/".join(axis), "score": side.to_numpy()})
    return make_panel(posts, made, "/".join(axis), study)


def _test(population: Population, pair: Pair, study: Study, others: pd.Series, framed: pd.Series) -> Finding | None:
    section, rng = study.shifts.deflection, population.rng(study.seed)
    dated = find_date(population, section, rng)
    if dated is None:
        return None
    figures = make_figures(population, dated, study, section, rng)
    move = _move(population, dated, pair, framed, section.bootstrap, rng)
    public = _public(population, dated, others, section.bootstrap, rng)
    return _finding(population, dated, figures, move, public, section.majority)


@dataclass(frozen=True)
class _Public:
    """Accounts of no cohort that blame either on the same matter: the change of the share on the one taken up."""

    accounts: int
    change: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def moved(self, effect: float) -> bool:
        """They moved too, beyond chance, and at least half as far."""
        return self.low > 0 and 2 * self.change >= effect


def _public(population: Population, dated: Dated, posts: pd.Series, draws: int, rng: np.random.Generator) -> _Public:
    near = population.panel.near(dated.at)
    near = near[near["post_id"].isin(posts)]
    late = near["day"] >= dated.at
    if not len(near) or late.all() or not late.any():
        return _Public(near["account"].nunique())
    account, n = pd.factorize(near["account"])[0], near["account"].nunique()
    share = (1 + np.sign(dated.step) * near["score"].to_numpy()) / 2
    parts = [np.bincount(account, weight, n) for side in (late, ~late) for weight in (side * share, side.astype(float))]
    rows = np.vstack([np.ones(n), bootstrap_weights(n, draws, rng)])
    after, n_after, before, n_before = (rows @ part for part in parts)
    known = (n_after > 0) & (n_before > 0)
    change = after[known] / n_after[known] - before[known] / n_before[known]
    return _Public(n, float(change[0]), *interval(change[1:]))


def _move(
    population: Population, dated: Dated, pair: Pair, framed: pd.Series, draws: int, rng: np.random.Generator
) -> _Move:
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
    mine = near[near["account"].isin(members)]
    frame, on_sink = mine["post_id"].map(framed), mine["score"] * direction > 0
    moved = frame[on_sink & late[mine.index]].isin(frame[~on_sink & ~late[mine.index]].dropna())
    return _Move(
        source,
        sink,
        sums[0],
        sums[1],
        (float(ratio[0]), *interval(ratio[1:])),
        float(moved.mean()) if len(moved) else 0.0,
    )


def _finding(
    population: Population, dated: Dated, figures: Figures, move: _Move, public: _Public, majority: float
) -> Finding:
    panel, who = population.panel, figures.who
    shares = sorted(figures.direction * bound / 2 for bound in dated.effect_interval)
    return Finding(
        kind="deflection", targets=[move.source.id, move.sink.id], cohort=population.cohort,
        date=panel.days[dated.at], date_low=panel.days[dated.low], date_high=panel.days[dated.high],
        statistic_name="share that went over, cohort less others", statistic=0.0 if who is None else who.flip_excess,
        effect_name="change of the share of blame that is on the latter target",
        effect=abs(figures.parts["total"]) / 2, effect_low=shares[0], effect_high=shares[1],
        p=figures.p, any_p=figures.any_p, large=abs(figures.parts["total"]) / 2 >= majority,
        rank=None if who is None else who.rank, dates=None if who is None else who.dates,
        judge=partial(_judge, figures, move, public),
        details={"matter": population.target, "others_on_the_matter": asdict(public)}
        | move.details() | figures.details(),
        evidence=evidence(panel.near(dated.at), population.members, dated.at, figures.turned, figures.direction)[
            :EVIDENCE
        ],
    )  # fmt: skip


def _judge(figures: Figures, move: _Move, public: _Public, q: float) -> Judgement:
    """Return *coordinated deflection* if the claim holds and blame of the former target fell beyond chance.

    *Replacement*, where accounts that came and went made most of it; *news shock*, if the cohort's controls, or all
    accounts of no cohort that blame the two on the same matter, moved at least half as far; *added target*, if the
    former target is blamed as before; *same frame*, if most posts on the latter are those on the former with another
    name, which the detector of frame reuse tells of.
    """
    if figures.replaced:
        verdict = "replacement"
    elif figures.controls_turned or public.moved(abs(figures.parts["total"]) / 2):
        verdict = "news shock"
    elif 2 * move.same_words >= 1:
        verdict = "same frame"
    elif figures.holds(q):
        verdict = "coordinated deflection" if move.fell else "added target"
    else:
        verdict = "inconclusive"
    caveats = [
        "Blame also moves where matters move: the former target may have left office, the latter taken it.",
        "Acting together is not acting on orders: the test cannot tell a campaign from people who agree.",
    ]
    if public.accounts < MIN_CONTROLS:
        caveats.append(f"Only {public.accounts} accounts of no cohort blame the two on this matter.")
    return Judgement(verdict, _reasons(figures, move, public, q), caveats)


def _reasons(figures: Figures, move: _Move, public: _Public, q: float) -> list[str]:
    total, parts = figures.direction * figures.parts["total"] / 2, figures.parts
    reasons = [
        f"Of the posts of cohort {figures.cohort} on matter {figures.target} that blame {move.source.name} or "
        f"{move.sink.name}, the share on the latter changed by {total:+.2f} on "
        f"{figures.day:%Y-%m-%d}; accounts on both sides made "
        f"{figures.direction * parts['within'] / 2:+.2f} of it.",
        f"Hostile posts a day on {move.source.name} went from {move.left[0]:.3g} to {move.left[1]:.3g} (log ratio "
        f"{move.log_ratio[0]:+.2f}, 95 % interval {move.log_ratio[1]:+.2f} to {move.log_ratio[2]:+.2f}), on "
        f"{move.sink.name} from {move.taken[0]:.3g} to {move.taken[1]:.3g}.",
    ]
    who, when = figures.who, figures.when
    reasons.append(
        f"Of {public.accounts} accounts of no cohort that blame the two on the same matter it changed by "
        f"{public.change:+.2f} (95 % interval {public.low:+.2f} to {public.high:+.2f})."
    )
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
