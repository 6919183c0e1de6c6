"""A cohort against accounts that stood alike and are as active on the same target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from narratives.config.sections import Reversal
from narratives.shifts.change_points import Scan, Terms, account_terms
from narratives.shifts.decomposition import mean_change, sides_at
from narratives.shifts.panel import Flags, Floats, Ints, Panel
from narratives.shifts.statistics import bootstrap_weights, interval, label_permutations, permutation_p, strata

STRATUM = 10
CHUNK = 100
MIN_CONTROLS = 10
BATCH = 250


@dataclass(frozen=True)
class Comparison:
    """A cohort against its matched controls.

    Attributes
    ----------
    p
        Of the null that membership tells nothing about the change of stance.
    flip_p
        Of the same null, by flip shares.
    flip_share, control_flip_share
        Shares of accounts with enough posts on both sides that flipped, at the cohort's date.
    members, controls, strata
        Accounts compared and strata that hold both.
    change, change_low, change_high
        Controls' change of mean stance at the cohort's date, weighted like the cohort's strata, with its 95 % interval.
    rank, dates
        Rank of the date's contrast among all admissible dates, ties counted against it, and their number.
    """

    p: float
    flip_p: float
    flip_share: float
    control_flip_share: float
    members: int
    controls: int
    strata: int
    change: float
    change_low: float
    change_high: float
    rank: int
    dates: int


def flips(panel: Panel, members: Ints, section: Reversal) -> Floats:
    """Return 0/1 for each of `members` at every boundary, (n, 3, D): enough posts; flipped up; flipped down."""
    before, after = shrunken_means(panel, members)
    posts = panel.sides(panel.count[members])
    enough = (posts[0] >= section.min_posts) & (posts[1] >= section.min_posts)
    up = enough & (before <= -section.theta) & (after >= section.theta)
    down = enough & (before >= section.theta) & (after <= -section.theta)
    return np.stack([enough, up, down], axis=1).astype(np.float64)


def shrunken_means(panel: Panel, members: Ints) -> tuple[Floats, Floats]:
    """Return each account's empirical-Bayes mean score before and from every boundary on; each (n, D).

    Both sides are drawn towards the one mean of the target: no account is said to have changed because others did.
    """
    cells = panel.sides((panel.count[members] > 0).astype(np.float64))
    sums = panel.sides(panel.score[members])
    k, centre = panel.strength, panel.centre
    before, after = ((s + k * centre) / (n + k) for s, n in zip(sums, cells, strict=True))
    return before, after


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

    Labels are permuted within strata, and every permutation selects its own date anew, as the cohort did: the boundary
    of the largest gain of the labelled accounts. Statistic: there, the step of the labelled accounts less that of their
    controls, in the direction of the former, over its standard error. A control counts by the members in its stratum.
    """
    labels = np.isin(np.arange(len(stratum)), members)
    inside, size = np.bincount(stratum, labels), np.bincount(stratum)
    pool = np.flatnonzero(((inside > 0) & (inside < size))[stratum])
    labels, stratum = labels[pool], stratum[pool]
    if np.count_nonzero(~labels) < MIN_CONTROLS or 2 * np.count_nonzero(labels) < len(members):
        return None
    weight = (inside[stratum] / (size - inside)[stratum]).astype(np.float64)
    rows = np.vstack([labels.astype(np.float64)[None], label_permutations(labels, stratum, section.permutations, rng)])
    terms, turned = account_terms(panel, pool), flips(panel, pool, section)
    parts = [_draw(terms, turned, rows[i : i + BATCH], weight) for i in range(0, len(rows), BATCH)]
    contrast, flip = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    others, sides = (1 - rows[:1]) * weight, sides_at(panel, pool, boundary)
    rank, dates = _placebo(panel.count[pool].sum(axis=0) > 0, terms.scan(rows[:1]), terms.scan(others), boundary)
    way = 1 if terms.scan(rows[:1]).change[0, boundary] > 0 else 2
    share, other_share = (float(_shares(turned, row, np.array([boundary]))[0, way]) for row in (rows[:1], others))
    low, high = interval(mean_change(sides, _control_draws(labels, weight, section, rng)))
    return Comparison(
        p=permutation_p(contrast[0], contrast[1:]), flip_p=permutation_p(flip[0], flip[1:]),
        flip_share=share, control_flip_share=other_share,
        members=int(labels.sum()), controls=int((~labels).sum()), strata=len(np.unique(stratum)),
        change=float(mean_change(sides, others)[0]), change_low=low, change_high=high, rank=rank, dates=dates,
    )  # fmt: skip


def _control_draws(labels: Flags, weight: Floats, section: Reversal, rng: np.random.Generator) -> Floats:
    draws = np.zeros((section.bootstrap, len(labels)))
    draws[:, ~labels] = bootstrap_weights(int((~labels).sum()), section.bootstrap, rng)
    return draws * weight


def _placebo(busy: Flags, own: Scan, others: Scan, boundary: int) -> tuple[int, int]:
    """Return the rank of `boundary` by its contrast and the number of dates compared: admissible days with posts."""
    contrast, admissible = _contrasts(own, others)
    curve = np.abs(contrast[0])[admissible[0] & busy]
    return int(np.count_nonzero(curve >= abs(contrast[0, boundary]) * (1 - 1e-9))), len(curve)


def _draw(terms: Terms, turned: Floats, rows: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the contrast and the difference of flip shares of each row of labels, each at the row's own date."""
    others = (1 - rows) * weight
    own = terms.scan(rows)
    at, each = own.best(), np.arange(len(rows))
    contrast = _contrasts(own, terms.scan(others))[0][each, at]
    way = np.where(own.change[each, at] > 0, 1, 2)
    share, other_share = _shares(turned, rows, at), _shares(turned, others, at)
    return contrast, share[each, way] - other_share[each, way]


def _contrasts(own: Scan, others: Scan) -> tuple[Floats, Flags]:
    both = own.admissible & others.admissible
    error = np.sqrt(1 / np.where(both, own.information, 1.0) + 1 / np.where(both, others.information, 1.0))
    return np.where(both, np.sign(own.change) * (own.change - others.change) / error, 0.0), both


def _shares(turned: Floats, rows: Floats, at: Ints) -> Floats:
    """Return each row's weight of accounts with enough posts and their shares that flipped up and down, (rows, 3)."""
    n, kinds, days = turned.shape
    sums = (rows @ turned.reshape(n, kinds * days)).reshape(len(rows), kinds, days)[np.arange(len(rows)), :, at]
    shares = np.divide(sums, sums[:, :1], out=np.zeros_like(sums), where=sums[:, :1] > 0)
    shares[:, 0] = sums[:, 0]
    return shares
