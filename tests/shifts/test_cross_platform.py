from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives.shifts import cross_platform, detect_shifts
from narratives.shifts.cross_platform import find_cross_platform
from tests.shifts import lines

DAYS = 60
STUDY = lines.study("cross_platform")
COHORT = {"C01": range(16)}
TEXT = "Строка номер {} о том, что в городе снова отключили воду"


def corpus(kind, seed, accounts=200, strength=0.5):
    """Even accounts are on one platform, odd ones on another; `kind` says who posts the same twelve texts, and when.

    `strength` is the chance that a member posts a text.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    posts["day"] = np.floor(posts["day"]) + rng.beta(4, 3, len(posts))
    posts["group"] = [f"own {i}" for i in range(len(posts))]
    crowd = (
        range(60)
        if kind == "club"
        else range(accounts)
        if kind in {"agency", "null"}
        else range(2)
        if kind == "crosspost"
        else range(16)
    )
    share = 0.15 if kind in {"agency", "null"} else 1.0 if kind == "crosspost" else strength
    rows = []
    for text in range(12):
        day = rng.integers(0, DAYS - 1)
        start = {0: day + rng.beta(4, 3), 1: day + rng.beta(4, 3)}
        if kind in {"cohort", "agency", "club", "crosspost", "one platform"}:
            start[1] = start[0] + 0.02  # half an hour later
        rows += [
            (account, start[account % 2] + rng.exponential(0.005), f"text {text}")
            for account in crowd
            if rng.random() < share and not (kind == "one platform" and account % 2)
        ]
    more = pd.DataFrame(rows, columns=["account", "day", "group"])
    posts = pd.concat([posts, more], ignore_index=True)
    posts["platform"] = np.where(posts["account"] % 2, "vk", "telegram")
    posts["text"] = posts["group"].map(TEXT.format)
    return lines.frames(posts, COHORT)


def verdicts(kind, seeds):
    return [detect_shifts(corpus(kind, seed), STUDY)["verdict"].tolist() for seed in seeds]


def test_a_cohort_that_brings_its_texts_to_both_platforms_at_once_is_found():
    assert sum(v == ["coordinated spread"] for v in verdicts("cohort", range(10))) >= 9


def test_the_finding_says_who_leads_and_by_how_much():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details = json.loads(row["details"])
    assert (details["leader"], details["follower"]) == ("telegram", "vk")
    assert details["leader_ahead"]["p"] < 0.05
    assert details["leader_ahead"]["low"] > 0.5
    assert row["effect"] == pytest.approx(0.48, abs=0.1)
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    posts = frames["posts"].set_index("post_id").loc[row["evidence"]]
    assert 0 < len(posts) <= 20
    assert (posts["platform"] == "vk").mean() == 0.5
    assert (posts["text"].iloc[::2].to_numpy() == posts["text"].iloc[1::2].to_numpy()).all()


@pytest.mark.parametrize("kind", ["agency", "club", "crosspost", "slow", "one platform"])
def test_agency_texts_those_of_a_wider_circle_crossposts_slow_and_single_platform_texts_are_no_spread(kind):
    assert not any(v.startswith("coordinated") for found in verdicts(kind, range(8)) for v in found)


def test_lags_that_are_hardly_shorter_than_expected_are_no_spread_however_sure(monkeypatch):
    monkeypatch.setattr(cross_platform, "CLOSE", 0.01)
    row = detect_shifts(corpus("cohort", 1), STUDY).iloc[0]
    ratio = json.loads(row["details"])["lag_ratio"]
    assert (row["q"] <= 0.05, row["verdict"]) == (True, "inconclusive")
    assert any(f"lags are {ratio:.0%} of what is expected; a finding needs 1% at most" in r for r in row["reasons"])


def test_texts_that_all_accounts_copy_are_public():
    found = [f for seed in range(6) for f in find_cross_platform(corpus("agency", seed), STUDY)]
    assert {f.judge(f.p).verdict for f in found} == {"public texts"}


def test_own_texts_that_one_account_posts_on_both_platforms_add_nothing():
    frames = corpus("cohort", 1)
    posts = frames["posts"]
    own = posts[posts["text"].str.contains("own") & posts["author_id"].le("a0015")].head(200)
    other = own["platform"].map({"vk": "telegram", "telegram": "vk"})
    twice = own.assign(post_id="q" + own["post_id"], created_at=own["created_at"] + pd.Timedelta("1min"))
    more = frames | {"posts": pd.concat([posts, twice.assign(platform=other)])}
    (one,), (two,) = find_cross_platform(frames, STUDY), find_cross_platform(more, STUDY)
    assert two.statistic == one.statistic


def test_a_study_of_one_platform_has_no_test():
    frames = corpus("cohort", 1)
    assert find_cross_platform(frames | {"posts": frames["posts"].assign(platform="vk")}, STUDY) == []


def test_the_claim_holds_its_level_where_everybody_copies_at_random_times():
    found = [f for seed in range(60) for f in find_cross_platform(corpus("null", seed, accounts=100), STUDY)]
    assert len(found) == 60
    who = np.array([f.any_p for f in found])
    assert np.mean(who <= 0.05) <= 0.12
    assert np.mean(who <= 0.5) == pytest.approx(0.5, abs=0.2)
    assert np.mean([f.p <= 0.05 for f in found]) <= 0.05


def test_lags_hold_their_level_where_platforms_copy_at_times_of_their_own():
    found = [f for seed in range(60) for f in find_cross_platform(corpus("slow", seed, accounts=60), STUDY)]
    when = np.array([f.details["when_p"] for f in found])
    assert len(when) == 60
    assert np.mean(when <= 0.05) <= 0.12
    assert np.mean(when <= 0.5) == pytest.approx(0.5, abs=0.2)


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
