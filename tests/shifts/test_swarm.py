from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives import tables
from narratives.shifts import detect_shifts
from narratives.shifts.swarm import find_swarms
from tests.shifts import lines

DAYS, NEWS = 60, 30
STUDY = lines.study("swarm")
COHORT = {"C01": range(16)}


def corpus(kind, seed, accounts=240, strength=1.0):
    """Accounts of all ages, with a profile by their age; `kind` says what the cohort is.

    Of the cohort's profiles a share `strength` is empty. `trickle` adds accounts that are made day by day.
    """
    rng = np.random.default_rng(seed)
    member, place = np.arange(accounts) < 16, np.arange(accounts)
    made = -rng.lognormal(6.9, 0.8, accounts)
    if kind in ("trickle", "wave beside trickle"):
        made = np.where(place % 3 == 0, rng.uniform(-40, 40, accounts), made)
    empty = rng.random(accounts) < np.where(made > -60, 0.4, 0.05)
    wave = NEWS + rng.uniform(0, 1.5, accounts)
    chosen = {
        "cohort": (member, NEWS - 12, strength), "trickle": (member, NEWS - 12, strength),
        "wave": (member | (place % 4 == 0), None, 0.4), "own wave": (member, None, 0.7),
        "wave beside trickle": (member, None, 0.4), "class": (member, -300, 0.05),
        "private": (member, np.nan, 0.9), "null": (member & False, 0, 0),
        "young platform": (place >= 0, np.nan, 0.6),
    }[kind]  # fmt: skip
    among, moment, share = chosen
    batch = wave if moment is None else moment + rng.uniform(0, 1.2, accounts)
    if kind == "young platform":
        batch = np.minimum(rng.exponential(4, accounts), 20)
    made = np.where(among & np.isfinite(batch), batch, made)
    empty = np.where(among, rng.random(accounts) < share, empty)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    own = posts["account"].to_numpy()
    late = np.where(among & (kind in ("cohort", "trickle")), NEWS - 4, made)
    posts = posts[posts["day"].to_numpy() >= late[own]]
    spoke = np.flatnonzero((late > 0) & (late < DAYS))
    first = pd.DataFrame({"account": spoke, "day": late[spoke] + rng.exponential(0.2, len(spoke))})
    posts = pd.concat([posts, first[first["day"] < DAYS]], ignore_index=True)
    return lines.frames(posts, COHORT) | {"accounts": profiles(made, empty, rng)}


def profiles(made, empty, rng):
    """Empty profiles have no photo, no description and hardly any friends; others lack one of them now and then."""
    n = len(made)
    return tables.check("accounts", pd.DataFrame({
        "author_id": [f"a{i:04d}" for i in range(n)], "created_at": lines.START + pd.to_timedelta(made, unit="D"),
        "followers": np.where(empty, rng.integers(0, 4, n), rng.integers(5, 500, n)),
        "following": np.where(empty, rng.integers(0, 4, n), rng.integers(8, 500, n)),
        "posts_total": np.where(made > 0, 1, 2_000), "has_photo": ~empty & (rng.random(n) < 0.9),
        "has_bio": ~empty & (rng.random(n) < 0.7),
    }))  # fmt: skip


def verdicts(kind, seeds, **more):
    return [detect_shifts(corpus(kind, seed, **more), STUDY)["verdict"].tolist() for seed in seeds]


@pytest.mark.parametrize("kind", ["cohort", "trickle"])
def test_a_batch_of_empty_profiles_is_found_among_old_and_among_young_accounts(kind):
    found = verdicts(kind, range(10))
    assert sum(v == ["coordinated swarm of empty profiles"] for v in found) >= 9


def test_the_finding_counts_profiles_and_times_and_shows_a_post_of_each():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details, posts = json.loads(row["details"]), frames["posts"].set_index("post_id")
    assert (row["statistic"], details["profiles_known"], details["made_in_one_batch"]) == (16, 16, 16)
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    assert row["effect_low"] > 0.5
    batch = pd.Timestamp(details["batch_from"])
    assert batch == frames["accounts"]["created_at"].head(16).min().floor("s")
    assert details["days_from_made_to_first_post"] > 5
    shown = posts.loc[row["evidence"], "author_id"]
    assert shown.is_unique
    assert set(shown) <= {f"a{i:04d}" for i in range(16)}


@pytest.mark.parametrize("kind", ["wave", "own wave", "wave beside trickle"])
def test_a_wave_of_newcomers_after_news_is_newcomers(kind):
    found = {v for verdict in verdicts(kind, range(10)) for v in verdict}
    assert found <= {"newcomers"}
    assert kind == "wave beside trickle" or found


@pytest.mark.parametrize("kind", ["young platform", "private", "class"])
def test_a_young_platform_people_who_hide_and_a_class_are_no_swarm(kind):
    assert not any(v.startswith("coordinated") for found in verdicts(kind, range(10)) for v in found)


@pytest.mark.parametrize("lost", [["has_bio", "followers", "following"], ["posts_total", "has_photo"]])
def test_fields_that_nobody_shows_are_named_and_the_others_do(lost):
    frames = corpus("cohort", 1)
    row = detect_shifts(frames | {"accounts": frames["accounts"].assign(**dict.fromkeys(lost, pd.NA))}, STUDY).iloc[0]
    assert row["verdict"] == "coordinated swarm of empty profiles"
    (caveat,) = [caveat for caveat in row["caveats"] if caveat.startswith("Known of some")]
    assert "(0%)" in caveat


def test_accounts_are_compared_with_those_of_which_the_same_is_known():
    frames = corpus("null", 3)
    accounts, some = frames["accounts"].copy(), np.arange(240) < 120
    accounts.loc[some, ["followers", "following", "posts_total"]] = pd.NA
    (finding,) = find_swarms(frames | {"accounts": accounts}, STUDY)
    assert finding.details["controls"] < 110
    assert finding.details["share_known_of_each_field"] == {"photo": 1, "bio": 1, "friends": 0, "before": 0}


def test_without_creation_times_first_posts_stand_for_them_and_a_wave_is_not_ruled_out():
    frames = corpus("cohort", 1)
    table = detect_shifts(frames | {"accounts": frames["accounts"].assign(created_at=pd.NaT)}, STUDY)
    assert table["verdict"].tolist() == ["newcomers"]
    assert any("first posts" in caveat for caveat in table.loc[0, "caveats"])


def test_without_profiles_nothing_is_tested():
    frames = corpus("cohort", 1)
    assert not find_swarms(frames | {"accounts": frames["accounts"].head(3)}, STUDY)


def test_p_holds_its_level_where_members_are_like_others():
    tests = [f for seed in range(60) for f in find_swarms(corpus("null", seed, accounts=120), STUDY)]
    assert len(tests) == 60
    empty = np.array([finding.details["empty_p"] for finding in tests])
    assert np.mean(empty <= 0.05) <= 0.1
    assert {finding.details["batch_p"] for finding in tests} == {1.0}
    assert np.mean([finding.p <= 0.05 for finding in tests]) <= 0.05


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
