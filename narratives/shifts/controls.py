"""A cohort against accounts that stood alike and are as active on the same target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import fisher_exact

from narratives.config import Reversal
from narratives.shifts.change_points import Scan, Terms, account_terms
from narratives.shifts.decomposition import mean_change, sides_at
from narratives.shifts.panel import Flags, Floats, Ints, Panel
from narratives.shifts.statistics import bootstrap_weights, interval, label_permutations, permutation_p, strata
from narratives.shifts.turning import turning

STRATUM = 10
CHUNK = 100
MIN_CONTROLS = 10
BATCH = 250
ELSEWHERE = -1
MERGED = 3


@dataclass(frozen=True)
class Comparison:
    """A cohort against its matched controls.

    Attributes
    ----------
    p
        Of the null that membership tells nothing about the change of stance.
    flip_p
        Fisher's exact p of the null that, of the accounts that held the opposite stance before, the cohort's flip no
        more often than all others.
    held, flipped, others_held, others_flipped
        Accounts of the cohort and outside all cohorts that held the opposite stance before the date, and flipped.
    members, controls, strata, merged
        Accounts compared, strata that hold both, and how often strata were merged in pairs to that end.
    change, change_low, change_high
        Controls' change of mean stance at the cohort's date, weighted like the cohort's strata, with its 95 % interval.
    rank, dates
        Rank of the date's contrast among all admissible dates, ties counted against it, and their number.
    """

    p: float
    flip_p: float
    held: int
    flipped: int
    others_held: int
    others_flipped: int
    members: int
    controls: int
    strata: int
    merged: int
    change: float
    change_low: float
    change_high: float
    rank: int
    dates: int

    @property
    def flip_excess(self) -> float:
        """Share of the cohort's holders of the opposite stance that flipped, less that of the others'."""
        return self.flipped / max(self.held, 1) - self.others_flipped / max(self.others_held, 1)


def match(panel: Panel) -> Ints:
    """Return the stratum of every account of the panel: alike in stance before, and in log posts before and after.

    Before and after are meant at the date of everybody's largest step, so that no cohort enters. The stance matters:
    news that turns everybody hostile moves those most who praised.
    """
    everybody = np.arange(len(panel.accounts))
    pooled = account_terms(panel, everybody, everybody // CHUNK)
    sides = sides_at(panel, everybody, int(pooled.scan(np.ones((1, len(pooled.sizes)))).best()[0]))
    k = panel.strength
    stance = (sides.cells_before * sides.before + k * panel.centre) / (sides.cells_before + k)
    return strata(np.stack([stance, np.log1p(sides.posts_before), np.log1p(sides.posts_after)], axis=1), STRATUM)


def compare(
    panel: Panel, members: Ints, stratum: Ints, *, boundary: int, section: Reversal, rng: np.random.Generator
) -> Comparison | None:
    """Return how `members` compare with the others of their strata (`match`), or None if these are too few.

    Accounts whose stratum is `ELSEWHERE` belong to other cohorts and are nobody's controls.

    A control counts by the members in its stratum. Where fewer than half of the members share a stratum, or the
    controls tell as little as fewer than `MIN_CONTROLS` that count alike, strata are merged in pairs, up to `MERGED`
    times: a cohort may be louder on its target than anybody else, and two or three that are as loud must not speak for
    all. Labels are permuted within strata, and every permutation selects its own date anew, as the cohort did: the
    boundary of the largest gain of the labelled accounts. Statistic: there, the step of the labelled accounts less that
    of their controls, in the direction of the former, over its standard error.
    """
    everybody, known = np.isin(np.arange(len(stratum)), members), np.flatnonzero(stratum != ELSEWHERE)
    outside = np.setdiff1d(known, members)
    for merged in range(MERGED + 1):
        code = stratum >> merged  # twin halves of `strata` are one again
        inside, size = np.bincount(code[known], everybody[known]), np.bincount(code[known])
        pool = known[((inside > 0) & (inside < size))[code[known]]]
        labels, own = everybody[pool], code[pool]
        weight = inside[own] / (size - inside)[own]
        outer = weight[~labels]
        telling = outer.sum() ** 2 >= MIN_CONTROLS * (outer**2).sum()  # effective number (Kish 1965)
        if telling and 2 * np.count_nonzero(labels) >= len(members):
            break
    else:
        return None
    rows = np.vstack([labels.astype(np.float64)[None], label_permutations(labels, own, section.permutations, rng)])
    terms = account_terms(panel, pool)
    contrast = np.concatenate([_draw(terms, rows[i : i + BATCH], weight) for i in range(0, len(rows), BATCH)])
    others, sides = (1 - rows[:1]) * weight, sides_at(panel, pool, boundary)
    rank, dates = _placebo(panel.count[pool], labels, terms.scan(rows[:1]), terms.scan(others), boundary)
    direction = 1 if terms.scan(rows[:1]).change[0, boundary] > 0 else -1
    flip_p, counts = _flips(panel, (members, outside), boundary, direction, section)
    low, high = interval(mean_change(sides, _control_draws(labels, weight, section, rng)))
    return Comparison(
        p=permutation_p(contrast[0], contrast[1:]), flip_p=flip_p, **counts,
        members=int(labels.sum()), controls=int((~labels).sum()), strata=len(np.unique(own)), merged=merged,
        change=float(mean_change(sides, others)[0]), change_low=low, change_high=high, rank=rank, dates=dates,
    )  # fmt: skip


def _control_draws(labels: Flags, weight: Floats, section: Reversal, rng: np.random.Generator) -> Floats:
    draws = np.zeros((section.bootstrap, len(labels)))
    draws[:, ~labels] = bootstrap_weights(int((~labels).sum()), section.bootstrap, rng)
    return draws * weight


def _placebo(count: Floats, labels: Flags, own: Scan, others: Scan, boundary: int) -> tuple[int, int]:
    """Return the rank of `boundary` by its contrast and the number of dates compared: admissible days with posts.

    Other dates that divide the labelled accounts' posts as `boundary` does are the same date.
    """
    contrast, admissible = _contrasts(own, others)
    mine = np.cumsum(count[labels].sum(axis=0)) - count[labels].sum(axis=0)
    other = (mine != mine[boundary]) | (np.arange(len(mine)) == boundary)
    curve = np.abs(contrast[0])[admissible[0] & (count.sum(axis=0) > 0) & other]
    return int(np.count_nonzero(curve >= abs(contrast[0, boundary]) * (1 - 1e-9))), len(curve)


def _draw(terms: Terms, rows: Floats, weight: Floats) -> Floats:
    """Return the contrast of each row of labels at the row's own date."""
    own = terms.scan(rows)
    return _contrasts(own, terms.scan((1 - rows) * weight))[0][np.arange(len(rows)), own.best()]


def _flips(
    panel: Panel, groups: tuple[Ints, Ints], boundary: int, direction: int, section: Reversal
) -> tuple[float, dict[str, int]]:
    """Return Fisher's exact p of the flips of a cohort against those outside cohorts, and the four counts."""
    inside, outside = (
        turning(panel, who, boundary, sides_at(panel, who, boundary), direction=direction, section=section).counts()
        for who in groups
    )
    table = [[side["flipped"], side["held"] - side["flipped"]] for side in (inside, outside)]
    p = float(fisher_exact(table, alternative="greater").pvalue)
    names = ("held", "flipped")
    return p, {name: inside[name] for name in names} | {f"others_{name}": outside[name] for name in names}


def _contrasts(own: Scan, others: Scan) -> tuple[Floats, Flags]:
    both = own.admissible & others.admissible
    error = np.sqrt(1 / np.where(both, own.information, 1.0) + 1 / np.where(both, others.information, 1.0))
    return np.where(both, np.sign(own.change) * (own.change - others.change) / error, 0.0), both
