"""Support that is mostly volume: few accounts of one cohort make most of a target's favourable posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.config.shifts import Amplification
from narratives.shifts.crowd import Crowd, Pool, make_crowd, match_pool
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Floats, Ints
from narratives.shifts.statistics import bootstrap_weights, gini, groups, interval, permutation_p

MIN_MEMBERS = 4
EVIDENCE = 20
LOUDEST = 0.5  # share of a cohort's volume that makes it one account's
TOP = 0.1  # share of a target's supporters


def find_amplifications(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every target and cohort of which at least four members support it.

    Of `frames` it reads `posts`, `stances` and `cohorts`.

    A supporter has at least one favourable post on the target. Statistic: the members' mean log number of such posts,
    so that one loud account counts little. Null: membership tells nothing about it among supporters that post as much
    on other matters; labels are permuted within strata. So a cohort that is loud on everything is no amplifier. The
    effect is the cohort's share of the target's favourable posts, less what its supporters would make at the ordinary
    number of posts, that of supporters in no cohort; its interval is a bootstrap over all supporters.
    """
    crowd, section, found = make_crowd(frames, study), study.shifts.amplification, []
    scored = crowd.scored(frames["stances"])
    favorable = scored[scored["score"] >= section.favor]
    volume = {target.id: crowd.volume(favorable[favorable["target_id"] == target.id]) for target in study.targets}
    activity = crowd.volume(crowd.posts)
    for target in study.targets:
        elsewhere = activity - crowd.volume(scored[scored["target_id"] == target.id])
        for cohort, members in crowd.cohorts.items():
            if np.count_nonzero(volume[target.id][members]) < MIN_MEMBERS:
                continue
            pool = match_pool(crowd, members, np.log1p(elsewhere)[:, None], volume[target.id] > 0)
            rng = np.random.default_rng([study.seed, crc32(f"amplification/{target.id}/{cohort}".encode())])
            support = _Support(crowd, target.id, target.name, cohort, members, volume)
            figures = _figures(support, pool, study, rng)
            posts = favorable[(favorable["target_id"] == target.id) & crowd.flags(members)[favorable["account"]]]
            found.append(_finding(support, figures, posts))
    return found


@dataclass(frozen=True)
class _Support:
    """Favourable posts of every account on every target, and whose of them are asked about."""

    crowd: Crowd
    target: str
    name: str
    cohort: str
    members: Ints
    volume: dict[str, Floats]

    @property
    def own(self) -> Floats:
        """Favourable posts of each account on the target."""
        return self.volume[self.target]

    def share(self, target: str) -> float:
        """Return the cohort's share of a target's favourable posts."""
        volume = self.volume[target]
        return float(volume[self.members].sum() / max(volume.sum(), 1.0))

    def others(self) -> tuple[float, float]:
        """Return the favourable posts on all other targets, and the cohort's share of them."""
        rest = np.sum([v for target, v in self.volume.items() if target != self.target], axis=0, initial=0.0)
        total = float(np.sum(rest))
        return total, float(np.sum(rest[self.members])) / total if total else 0.0


@dataclass(frozen=True)
class _Figures:
    target: str
    cohort: str
    alpha: float
    majority: float
    p: float
    share: tuple[float, float, float]
    ordinary: float
    excess: tuple[float, float, float]
    supporters: tuple[int, int]
    posts_each: tuple[float, float]
    controls: int
    loudest: float
    elsewhere: tuple[float, float]
    concentration: dict[str, dict[str, float]]


def _figures(support: _Support, pool: Pool | None, study: Study, rng: np.random.Generator) -> _Figures:
    section, own = study.shifts.amplification, support.own
    inside, outside = support.crowd.flags(support.members), support.crowd.outside
    mine = own[inside]
    supporters = (own > 0) & inside, (own > 0) & outside
    value, drawn = _shares(support, section, rng)
    return _Figures(
        target=support.name, cohort=support.cohort, alpha=study.shifts.alpha, majority=section.majority,
        p=1.0 if pool is None else _excess_p(pool, own, section, rng),
        share=(value[0], *interval(drawn[0])), ordinary=value[1],
        excess=(value[0] - value[1], *interval(drawn[0] - drawn[1])),
        supporters=(int(supporters[0].sum()), int(supporters[1].sum())),
        posts_each=(_mean(own[supporters[0]]), _mean(own[supporters[1]])),
        controls=0 if pool is None else int((~pool.labels).sum()),
        loudest=float(mine.max() / mine.sum()), elsewhere=support.others(),
        concentration={target: _concentration(support, target) for target in support.volume},
    )  # fmt: skip


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _excess_p(pool: Pool, own: Floats, section: Amplification, rng: np.random.Generator) -> float:
    volume = np.log(own[pool.accounts])
    observed, null = pool.permuted(lambda rows: rows @ volume, section.permutations, rng)
    return permutation_p(observed, null)


def _shares(
    support: _Support, section: Amplification, rng: np.random.Generator
) -> tuple[tuple[float, float], tuple[Floats, Floats]]:
    """Return the cohort's share and its ordinary share, and both for every bootstrap sample of supporters."""
    backers = np.flatnonzero(support.own > 0)
    own = support.own[backers]
    inside, outside = (flags[backers] for flags in (support.crowd.flags(support.members), support.crowd.outside))
    group = groups(len(backers), rng)
    parts = [np.bincount(group, part) for part in (own * inside, own, inside, own * outside, outside)]
    n = len(parts[0])
    rows = np.vstack([np.ones((1, n)), bootstrap_weights(n, section.bootstrap, rng)])
    mine, every, members, theirs, others = (rows @ part for part in parts)
    each = np.divide(theirs, others, out=np.zeros(len(rows)), where=others > 0)
    share, ordinary = mine / np.maximum(every, 1), members * each / np.maximum(members * each + every - mine, 1)
    return (float(share[0]), float(ordinary[0])), (share[1:], ordinary[1:])


def _concentration(support: _Support, target: str) -> dict[str, float]:
    """Return how unequal the supporters of a target are, and the cohort's share of its favourable posts."""
    volume = support.volume[target]
    backers = np.sort(volume[volume > 0])[::-1]
    top = backers[: int(np.ceil(TOP * len(backers)))].sum() / max(backers.sum(), 1.0)
    return {"supporters": len(backers), "gini": gini(backers), "top_tenth": float(top), "cohort": support.share(target)}


def _finding(support: _Support, figures: _Figures, posts: pd.DataFrame) -> Finding:
    low, middle, high = np.percentile(posts["time"], [2.5, 50, 97.5])
    return Finding(
        kind="amplification", targets=[support.target], cohort=support.cohort,
        date=support.crowd.moment(middle), date_low=support.crowd.moment(low), date_high=support.crowd.moment(high),
        statistic_name="cohort's share of the favourable posts", statistic=figures.share[0],
        effect_name="cohort's share of the favourable posts, less its share at the ordinary number of posts",
        effect=figures.excess[0], effect_low=figures.excess[1], effect_high=figures.excess[2],
        p=figures.p, any_p=figures.p, large=2 * figures.share[0] >= figures.majority,
        judge=partial(_judge, figures), details=_details(figures), evidence=_evidence(posts),
    )  # fmt: skip


def _evidence(posts: pd.DataFrame) -> list[str]:
    """Return the clearest two favourable posts of each member, the loudest members first."""
    size = posts.groupby("account")["post_id"].transform("size")
    ranked = posts.assign(size=size).sort_values(
        ["size", "account", "score", "time", "post_id"], ascending=[False, True, False, True, True]
    )
    return [str(post) for post in ranked.groupby("account", sort=False).head(2)["post_id"].head(EVIDENCE)]


def _details(figures: _Figures) -> dict[str, object]:
    names = ("value", "low", "high")
    return {
        "share": dict(zip(names, figures.share, strict=True)), "ordinary_share": figures.ordinary,
        "supporters": dict(zip(("cohort", "no_cohort"), figures.supporters, strict=True)),
        "favourable_posts_each": dict(zip(("cohort", "no_cohort"), figures.posts_each, strict=True)),
        "controls": figures.controls, "loudest_members_share_of_the_cohort": figures.loudest,
        "cohorts_share_of_other_targets": figures.elsewhere[1], "concentration": figures.concentration,
    }  # fmt: skip


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated amplification* if q ≤ alpha and the cohort makes the majority of the favourable posts.

    *One loud account*, where one member makes half of the cohort's; *loud everywhere*, where the cohort's share of the
    favourable posts on other targets is at least half as large; *fan club*, where its share is no majority.
    """
    if figures.loudest >= LOUDEST:
        verdict = "one loud account"
    elif q > figures.alpha or figures.excess[1] <= 0:
        verdict = "inconclusive"
    elif figures.elsewhere[0] > 0 and 2 * figures.elsewhere[1] >= figures.share[0]:
        verdict = "loud everywhere"
    else:
        verdict = "coordinated amplification" if figures.share[0] >= figures.majority else "fan club"
    caveats = [
        "Loud support is no proof of a false one: members of a campaign staff or a fan club may post all day in plain "
        "view.",
        "Supporters that post nothing, or whose posts were not collected, are not seen.",
        "The date is the middle of the cohort's favourable posts, its interval the time in which 95 % of them lie.",
    ]
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    share, low, high = figures.share
    side = "at most" if q <= figures.alpha else "above"
    compared = (
        f"Against {figures.controls} supporters in no cohort that post as much on other matters: p = {figures.p:.3g}."
        if figures.controls
        else "Too few supporters in no cohort post as much on other matters: the cohort cannot be compared."
    )
    reasons = [
        f"Cohort {figures.cohort} makes {share:.0%} of the favourable posts on {figures.target} (95 % interval "
        f"{low:.0%} to {high:.0%}); at the ordinary number of posts its supporters would make {figures.ordinary:.0%}.",
        f"Its {figures.supporters[0]} supporters made {figures.posts_each[0]:.1f} such posts each, the "
        f"{figures.supporters[1]} in no cohort {figures.posts_each[1]:.1f}; its loudest member makes "
        f"{figures.loudest:.0%} of the cohort's.",
        f"{compared} q = {q:.3g}, {side} {figures.alpha:g}.",
    ]
    if figures.elsewhere[0] > 0:
        reasons.append(f"Of the favourable posts on other targets the cohort makes {figures.elsewhere[1]:.0%}.")
    return reasons
