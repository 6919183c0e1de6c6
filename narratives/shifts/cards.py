"""What a cohort is like: when it is active, what links it, and how it differs from accounts as active."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Study
from narratives.shifts.crowd import Crowd, Pool, make_crowd, match_pool
from narratives.shifts.panel import Flags, Floats, Ints
from narratives.shifts.swarm import beside_others, profiles_of

MIN_MEMBERS = 4
MIN_POSTS = 8  # of an account, for its hours to be looked at
HOURS = 24
SMOOTH = (0.25, 0.5, 0.25)  # weights of an hour and its neighbours
DRAWS = 999


def cohort_cards(frames: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Return the table `cohort_cards`, one row per cohort.

    The same hours, an empty face or a birthday in one week are shared by many pairs of accounts that have nothing to do
    with each other, so they link nobody; but a cohort in which they are far more frequent than among accounts that post
    as much is told so. Which posts made it a cohort is no part of the comparison: members that act at the same minutes
    are alike in their hours for that alone.

    Of `frames` it reads `posts`, `accounts`, `edges`, `edge_evidence` and `cohorts`.
    """
    crowd = make_crowd(frames, study)
    profiles = profiles_of(crowd, frames["accounts"], study.shifts.swarm)
    profile = _hours(crowd)
    cards = []
    for cohort, members in crowd.cohorts.items():
        rng = np.random.default_rng([study.seed, crc32(f"card/{cohort}".encode())])
        beside = beside_others(crowd, profiles, cohort, members, study.shifts.swarm)
        made = np.isfinite(beside.made)
        cards.append(
            _facts(frames, crowd, cohort, members)
            | _likeness(crowd, members, profile, rng)
            | _shares("empty", profiles.empty, profiles.judged, members, beside.faces.wide)
            | _shares("batch", beside.batch, made, members, beside.births.wide)
        )
    return tables.check("cohort_cards", pd.DataFrame(cards))


def _facts(frames: Mapping[str, pd.DataFrame], crowd: Crowd, cohort: str, members: Ints) -> dict[str, object]:
    names = crowd.accounts[members]
    within = {
        table: frames[table][frames[table]["source"].isin(names) & frames[table]["target"].isin(names)]
        for table in ("edges", "edge_evidence")
    }
    posts = crowd.posts.loc[crowd.flags(members)[crowd.posts["account"]], "created_at"]
    own = frames["cohorts"].query("cohort_id == @cohort")
    return {
        "cohort_id": cohort, "n_accounts": len(members), "n_posts": len(posts), "first": posts.min(),
        "last": posts.max(), "traces": within["edges"]["trace"].value_counts().index.tolist(),
        "tempo": within["edge_evidence"]["seconds"].median(),
        "cohesion": own["cohesion"].mean(), "strength": own["strength"].mean(),
    }  # fmt: skip


def _hours(crowd: Crowd) -> Floats:
    """Return accounts × hours of the day: how they spread their posts, smoothed around the clock, of length 1."""
    hour = (crowd.posts["time"].to_numpy() % 1 * HOURS).astype(int)
    counts = np.zeros((len(crowd.accounts), HOURS))
    np.add.at(counts, (crowd.posts["account"].to_numpy(), hour), 1)
    smooth = sum(weight * np.roll(counts, shift, axis=1) for weight, shift in zip(SMOOTH, (-1, 0, 1), strict=True))
    return np.asarray(smooth / np.linalg.norm(smooth, axis=1, keepdims=True))


def _likeness(crowd: Crowd, members: Ints, profile: Floats, rng: np.random.Generator) -> dict[str, object]:
    """Return the mean cosine of two members' hours, and what labels permuted within strata give."""
    volume = crowd.volume(crowd.posts)
    pool = match_pool(crowd, members, np.log1p(volume)[:, None], volume >= MIN_POSTS)
    if pool is None or (size := int(pool.labels.sum())) < MIN_MEMBERS:
        return dict.fromkeys(("hours_alike", "hours_alike_others", "hours_p"), np.nan)
    own = profile[pool.accounts]
    alike, null = pool.permuted(
        lambda labels: (((labels @ own) ** 2).sum(axis=1) - size) / (size * (size - 1)), DRAWS, rng
    )
    p = (1 + np.count_nonzero(null >= alike)) / (1 + DRAWS)
    return {"hours_alike": alike, "hours_alike_others": null.mean(), "hours_p": p}


def _shares(name: str, marks: Flags, known: Flags, members: Ints, pool: Pool | None) -> dict[str, object]:
    """Return the share of members, and of matched accounts, that have a mark, of those of which it is known."""
    others = np.nan
    if pool is not None:
        others = np.average(marks[pool.accounts][~pool.labels], weights=pool.weight[~pool.labels])
    return {name: marks[members][known[members]].mean() if known[members].any() else np.nan, f"{name}_others": others}
