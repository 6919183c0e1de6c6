"""Camps that stand against each other elsewhere attack one target at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study, Target
from narratives.config.shifts import Convergence
from narratives.shifts.burst import Burst, doing, find_burst
from narratives.shifts.crowd import Crowd, Pool, make_crowd, match_pool
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Floats, Ints
from narratives.shifts.statistics import interval, permutation_p

MIN_MEMBERS = 4
CAMPS = 8  # of many cohorts; pairs grow with their square
EVIDENCE = 20
TOO_SMALL = 0.1  # a mean stance nearer to 0 is none


def find_convergences(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every target and pair of the `CAMPS` largest cohorts of which four members each attack it.

    Of `frames` it reads `posts`, `stances` and `cohorts`.

    A camp's attack is the window in which the largest share of its members is hostile to the target, its onset the
    median of their first hostile posts there. The claim "coordinated" has three parts, and its p is the largest of
    theirs (intersection-union test, Berger 1982). **When**: the onsets lie closer together than after a shift of the
    second camp's by a random number of days, around the circle of the study's days, to a time of day at which that camp
    posts; so each keeps its own rhythm. **Who**, for either camp: its share in its window, above its own average, is
    beyond that of accounts in no cohort that post as much on the target and at all; labels are permuted within strata,
    the window selected anew. A scandal that makes everybody attack fails the latter.
    """
    crowd, found = make_crowd(frames, study), []
    scored = crowd.scored(frames["stances"])
    stand = _stands(scored, crowd)
    activity = crowd.volume(crowd.posts)
    for target in study.targets:
        on = scored[scored["target_id"] == target.id]
        hostile = on[on["score"] <= -study.shifts.convergence.hostile]
        volume, attacks = crowd.volume(on), crowd.volume(hostile)
        able = [name for name, who in crowd.cohorts.items() if np.count_nonzero(attacks[who]) >= MIN_MEMBERS][:CAMPS]
        features, camps = np.log1p(np.stack([volume, activity], axis=1)), {}
        for name in able:
            pool = match_pool(crowd, crowd.cohorts[name], features, volume > 0)
            rng = np.random.default_rng([study.seed, crc32(f"convergence/{target.id}/{name}".encode())])
            camps[name] = _camp(crowd, name, hostile, pool, study.shifts.convergence, rng)
        for pair in combinations(able, 2):
            tested = _Tested(crowd, target, (camps[pair[0]], camps[pair[1]]), _apart(stand, pair, target.id))
            found.append(_finding(tested, hostile, study))
    return found


@dataclass(frozen=True)
class _Camp:
    """A cohort's largest attack on a target.

    Attributes
    ----------
    onset
        Median of the members' first hostile posts in it, days since the first midnight.
    attackers
        Members that are hostile in it.
    burst
        Its window, and the share that attacks in it beside that of accounts in no cohort.
    clock
        Times of day at which members post, days.
    """

    name: str
    onset: float
    attackers: Ints
    burst: Burst
    clock: Floats


@dataclass(frozen=True)
class _Tested:
    crowd: Crowd
    target: Target
    camps: tuple[_Camp, _Camp]
    apart: float


def _stands(scored: pd.DataFrame, crowd: Crowd) -> pd.DataFrame:
    """Return the account-balanced mean stance of each cohort (rows) towards each target (columns), 0 where none."""
    cohort = pd.Series({code: name for name, members in crowd.cohorts.items() for code in members}, dtype=object)
    own = scored.groupby(["account", "target_id"])["score"].mean().reset_index()
    own = own.assign(cohort=own["account"].map(cohort)).dropna(subset="cohort")
    means = own.pivot_table(index="cohort", columns="target_id", values="score", aggfunc="mean").fillna(0.0)
    return means.where(means.abs() >= TOO_SMALL, 0.0)


def _apart(stand: pd.DataFrame, pair: tuple[str, str], target: str) -> float:
    """Return the cosine of two cohorts' stances on all other targets; NaN where either has none."""
    other = stand.drop(columns=target, errors="ignore").reindex([*pair], fill_value=0.0).to_numpy()
    lengths = np.linalg.norm(other, axis=1)
    return float(other[0] @ other[1] / lengths.prod()) if lengths.all() else np.nan


def _camp(
    crowd: Crowd, name: str, hostile: pd.DataFrame, pool: Pool | None, section: Convergence, rng: np.random.Generator
) -> _Camp:
    members, window = crowd.cohorts[name], max(section.window.days, 1)
    attacks = partial(doing, hostile, days=max(len(crowd.days) - window + 1, 1), window=window)
    burst = find_burst(attacks, members, pool, draws=(section.permutations, section.bootstrap), rng=rng)
    now = hostile["day"].between(burst.start, burst.start + window - 1)
    first = hostile[hostile["account"].isin(members) & now].drop_duplicates("account")
    posts = crowd.posts.loc[crowd.posts["account"].isin(members), "time"].to_numpy()
    return _Camp(name, float(first["time"].median()), first["account"].to_numpy(), burst, posts % 1)


def _onset_p(first: _Camp, second: _Camp, days: int, draws: int, rng: np.random.Generator) -> float:
    """Return the chance of onsets as close after the second camp's is moved; see `find_convergences`."""
    moved = rng.integers(0, days, draws) + rng.choice(np.sort(second.clock), draws)

    def gap(times: Floats) -> Floats:
        around = np.abs(times - first.onset) % days
        return np.asarray(np.minimum(around, days - around))

    return permutation_p(-float(gap(np.array([second.onset]))[0]), -gap(moved))


@dataclass(frozen=True)
class _Figures:
    target: str
    camps: tuple[_Camp, _Camp]
    apart: float
    alpha: float
    when_p: float
    first_day: pd.Timestamp

    @property
    def p(self) -> float:
        """Of the claim."""
        return max(self.when_p, *(camp.burst.p for camp in self.camps))

    @property
    def hours(self) -> float:
        """Time between the onsets."""
        return 24 * abs(self.camps[0].onset - self.camps[1].onset)

    @property
    def everybody(self) -> bool:
        """Controls rose at least half as far as either camp, average to average."""
        return any(2 * camp.burst.rise.outside >= camp.burst.rise.inside for camp in self.camps)


def _finding(tested: _Tested, hostile: pd.DataFrame, study: Study) -> Finding:
    crowd, (first, second) = tested.crowd, tested.camps
    section, names = study.shifts.convergence, f"{first.name}/{second.name}"
    rng = np.random.default_rng([study.seed, crc32(f"convergence/{tested.target.id}/{names}".encode())])
    when_p = _onset_p(first, second, len(crowd.days), section.permutations, rng)
    figures = _Figures(tested.target.name, tested.camps, tested.apart, study.shifts.alpha, when_p, crowd.days[0])
    low, high = interval(np.minimum(first.burst.rise.draws, second.burst.rise.draws))
    onsets = sorted(camp.onset for camp in tested.camps)
    return Finding(
        kind="convergence", targets=[tested.target.id], cohort=first.name,
        date=crowd.moment(onsets[0]), date_low=crowd.moment(onsets[0]), date_high=crowd.moment(onsets[1]),
        statistic_name="hours between the onsets", statistic=figures.hours,
        effect_name="share of members that attack, above average and beyond matched others (smaller of the camps)",
        effect=min(first.burst.rise.effect[0], second.burst.rise.effect[0]), effect_low=low, effect_high=high,
        p=figures.p, any_p=when_p,
        large=min(len(camp.attackers) for camp in tested.camps) >= MIN_MEMBERS,
        judge=partial(_judge, figures), details=_details(figures),
        evidence=_evidence(hostile, tested.camps, max(section.window.days, 1)),
    )  # fmt: skip


def _evidence(hostile: pd.DataFrame, camps: tuple[_Camp, _Camp], window: int) -> list[str]:
    """Return the first hostile posts of the attackers, the camps in turns."""
    parts = [
        hostile[
            hostile["account"].isin(camp.attackers)
            & hostile["day"].between(camp.burst.start, camp.burst.start + window - 1)
        ]
        .drop_duplicates("account")["post_id"]
        .head(EVIDENCE // 2)
        for camp in camps
    ]
    return list(dict.fromkeys(str(post) for pair in zip(*parts, strict=False) for post in pair))


def _details(figures: _Figures) -> dict[str, object]:
    camps: dict[str, object] = {
        camp.name: {
            "onset": (figures.first_day + pd.Timedelta(days=camp.onset)).floor("s").isoformat(),
            "attackers": len(camp.attackers),
        }
        | camp.burst.details()
        for camp in figures.camps
    }  # fmt: skip
    together = {"hours_between": figures.hours, "when_p": figures.when_p, "cosine_on_other_targets": figures.apart}
    return camps | together


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated convergence* if q ≤ alpha and the cohorts do not stand alike on other targets.

    *News shock*, where controls rose at least half as far as either camp; *allied camps*, where the cohorts stand
    alike on other targets.
    """
    if figures.everybody:
        verdict = "news shock"
    elif q > figures.alpha or np.isnan(figures.apart):
        verdict = "inconclusive"
    else:
        verdict = "coordinated convergence" if figures.apart <= 0 else "allied camps"
    caveats = [
        "Two camps may hear of the same thing at the same time, from a source that others do not follow.",
        "One coincidence is weak evidence: it is the likelier, the shorter the study and the more pairs are compared.",
    ]
    if np.isnan(figures.apart):
        caveats.append("Too little is known of the cohorts' stances on other targets to call them different camps.")
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    side = "at most" if q <= figures.alpha else "above"
    reasons = [
        f"The largest attacks of cohorts {figures.camps[0].name} and {figures.camps[1].name} on {figures.target} began "
        f"{figures.hours:.1f} hours apart; at random days and their own times of day: p = {figures.when_p:.3g}.",
    ]
    for camp in figures.camps:
        took = f"{len(camp.attackers)} members of {camp.name} took part."
        reasons.append(f"{took} {camp.burst.reason('attacks')}")
    if not np.isnan(figures.apart):
        reasons.append(f"On other targets the cosine of the cohorts' mean stances is {figures.apart:+.2f}.")
    return [*reasons, f"All parts together: q = {q:.3g}, {side} {figures.alpha:g}."]
