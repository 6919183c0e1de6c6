from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives.shifts import detect_shifts
from narratives.shifts.deflection import find_deflections
from tests.shifts import lines

DAYS, TURN = 70, 35
STUDY = lines.study("deflection", permutations=99, bootstrap=99)
COHORT = {"C01": range(20)}


def corpus(kind, seed, accounts=200, strength=0.8):
    """Everybody blames x or y, each in a proportion of its own; `kind` says who moves from x to y at the turn.

    `strength` is the change of the share of y.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.4)
    account, day = posts["account"].to_numpy(), posts["day"].to_numpy()
    taste = rng.beta(1, 1, accounts)[account]
    mine, late = account < 20, day >= TURN
    moved = {
        "cohort": np.where(mine, 0.5 + np.where(late, 0.5, -0.5) * strength, taste),
        "news": np.where(late, 0.9, np.where(mine, 0.1, taste)),
        "own time": np.where(mine, np.where(day >= rng.uniform(0, DAYS, accounts)[account], 0.9, 0.1), taste),
        "louder": np.where(mine, 0.5, taste),
        "added": np.where(mine, 0.05, taste),
        "replacement": np.where(mine, np.where(late, 0.95, 0.05), taste),
        "null": taste,
    }[kind]
    target = np.where(rng.random(len(posts)) < moved, "y", "x")
    keep = np.ones(len(posts), dtype=bool)
    if kind == "louder":
        keep = ~mine | late | (rng.random(len(posts)) < 0.25)
    elif kind == "replacement":
        keep = ~mine | np.where(late, account % 2 == 1, account % 2 == 0)
    posts = posts.assign(target=target, score=np.where(rng.random(len(posts)) < 0.85, -0.8, 0.5))[keep]
    if kind == "added":
        n = 300
        more = pd.DataFrame({"account": rng.integers(0, 20, n), "day": rng.uniform(TURN, DAYS, n)})
        posts = pd.concat([posts, more.assign(target="y", score=-0.8)], ignore_index=True)
    return lines.frames(posts.assign(matter="C01.M01"), COHORT)


def detect(kind, seed):
    return detect_shifts(corpus(kind, seed), STUDY)


def test_blame_that_a_cohort_moves_is_found_dated_and_shown():
    for seed in range(6):
        frames = corpus("cohort", seed)
        row = detect_shifts(frames, STUDY).iloc[0]
        assert (row["verdict"], row["cohort"], row["targets"]) == ("coordinated deflection", "C01", ["x", "y"])
        assert abs((row["date"] - lines.START) / pd.Timedelta(days=1) - TURN) <= 2
        assert row["effect_low"] <= row["effect"] <= row["effect_high"]
        assert row["effect_low"] > 0.5
        details = json.loads(row["details"])
        assert (details["from"], details["to"]) == ("x", "y")
        shown = frames["stances"].merge(frames["posts"], on="post_id").set_index("post_id").loc[row["evidence"]]
        assert 0 < len(shown) <= 20
        assert (shown["score"] < -0.3).all()
        assert (shown["target_id"] == np.where(shown["created_at"] < row["date"], "x", "y")).all()


def test_news_that_turns_everybody_on_y_is_a_news_shock():
    found = pd.concat([detect("news", seed) for seed in range(4)])
    assert set(found["verdict"]) == {"news shock"}


@pytest.mark.parametrize("kind", ["own time", "louder", "null"])
def test_own_times_and_mere_volume_are_no_deflection(kind):
    found = pd.concat([detect(kind, seed) for seed in range(6)])
    assert not found["verdict"].str.startswith("coordinated").any()


def test_a_target_that_is_added_is_no_deflection():
    found = pd.concat([detect("added", seed) for seed in range(4)])
    assert "added target" in set(found["verdict"])
    assert not found["verdict"].str.startswith("coordinated").any()


def test_accounts_that_take_turns_are_replacement():
    found = pd.concat([detect("replacement", seed) for seed in range(3)])
    assert set(found["verdict"]) == {"replacement"}


def test_the_claim_holds_its_level_where_nobody_moves():
    found = [f for seed in range(40) for f in find_deflections(corpus("null", seed, accounts=80), STUDY) if f.cohort]
    assert len(found) == 40
    assert np.mean([f.p <= 0.05 for f in found]) <= 0.05
    assert np.mean([f.any_p <= 0.05 for f in found]) <= 0.13


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2, accounts=80), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
