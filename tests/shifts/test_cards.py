"""What a cohort's card says of accounts that keep the same hours, have no face, or were made in one week."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives import tables
from narratives.config import Study
from narratives.shifts.cards import cohort_cards
from tests.coordination.planted import START, tabulate

MEMBERS, OTHERS, POSTS = 12, 120, 40
STUDY = Study.model_validate({"name": "cards", "sources": [{"path": "posts.csv"}]})


def frames(*, same_hours: bool = False, empty: bool = False, batch: bool = False, profiles: bool = True) -> dict:
    """Return tables in which members and others post as much, each around an hour of its own, for forty days."""
    rng = np.random.default_rng(0)
    names = [f"c{i:02d}" for i in range(MEMBERS)] + [f"a{i:03d}" for i in range(OTHERS)]
    inside = np.arange(len(names)) < MEMBERS
    hour = np.where(inside & same_hours, 9.0, rng.uniform(0, 24, len(names)))
    author, seconds = [], []
    for name, wakes in zip(names, hour, strict=True):
        author += [name] * POSTS
        seconds += [*(rng.permutation(40)[:POSTS] * 86_400 + (rng.normal(wakes, 1.5, POSTS) % 24) * 3_600)]
    posts = tabulate(author, seconds, [f"слово {i}" for i in range(len(author))])
    bare = np.where(inside & empty, True, rng.random(len(names)) < 0.2)
    made = np.where(inside & batch, 300.0, rng.uniform(0, 360, len(names)))
    accounts = pd.DataFrame({
        "author_id": names, "created_at": START - pd.to_timedelta(400 - made, unit="D"),
        "followers": np.where(bare, 0, 90), "following": np.where(bare, 0, 90),
        "posts_total": np.where(bare, 0, 900), "has_photo": ~bare, "has_bio": ~bare,
    })  # fmt: skip
    cohorts = pd.DataFrame(
        {"cohort_id": "C01", "author_id": names[:MEMBERS], "degree": 1, "cohesion": 0.5, "strength": 0.8}
    )
    edges = pd.DataFrame({
        "source": names[0], "target": names[1:4], "trace": ["same_url", "near_copy", "same_url"], "shared": 5,
        "expected": 0.1, "p": 1e-9, "q": 1e-6,
    })  # fmt: skip
    evidence = edges[["source", "target", "trace"]].assign(
        source_post="p00000", target_post="p00001", seconds=[10.0, 20.0, 90.0]
    )
    made_of = {"accounts": accounts if profiles else tables.empty("accounts"), "cohorts": cohorts, "edges": edges}
    made_of["edge_evidence"] = evidence
    return {"posts": posts} | {name: tables.check(name, table) for name, table in made_of.items()}


def card(**planted: bool) -> pd.Series:
    return cohort_cards(frames(**planted), STUDY).iloc[0]


def test_facts() -> None:
    one = card()
    assert one[["n_accounts", "n_posts", "tempo"]].tolist() == [12, 480, 20.0]
    assert one["traces"] == ["same_url", "near_copy"]
    assert one[["cohesion", "strength"]].tolist() == pytest.approx([0.5, 0.8])


def test_the_same_hours_stand_out_and_other_hours_do_not() -> None:
    shift, free = card(same_hours=True), card()
    assert shift["hours_alike"] > shift["hours_alike_others"] + 0.3
    assert shift["hours_p"] == 0.001
    assert free["hours_p"] > 0.05


@pytest.mark.parametrize("mark", ["empty", "batch"])
def test_a_mark_of_the_members_stands_out(mark: str) -> None:
    planted, free = card(**{mark: True}), card()
    assert planted[mark] == 1
    assert planted[f"{mark}_others"] < 0.4
    assert free[mark] < 0.5


def test_what_profiles_do_not_tell_is_missing() -> None:
    assert card(profiles=False)[["empty", "empty_others", "batch"]].isna().all()


def test_no_cohort_no_card() -> None:
    found = cohort_cards(frames() | {"cohorts": tables.empty("cohorts")}, STUDY)
    assert found.empty
