from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives.shifts import detect_shifts
from narratives.shifts.revival import find_revivals
from tests.shifts import lines

DAYS, BACK = 70, 50
STUDY = lines.study("revival")
COHORT = {"C01": range(20)}


def corpus(kind, seed, accounts=240, strength=0.8):
    """A narrative that a third of all posts are on for ten days, then none; `kind` says who returns.

    `strength` is the share of the posts of those that return which are on it.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS)
    day, account = posts["day"], posts["account"]
    on = (day < 10) & (rng.random(len(posts)) < 0.33)
    back = day.between(BACK, BACK + 3)
    one = rng.random(len(posts))
    if kind == "cohort":
        on |= (account < 20) & day.between(BACK, BACK + 1) & (one < strength)
    elif kind == "anniversary":
        on |= day.between(BACK, BACK + 1) & (one < 0.3)
    elif kind == "season":
        on |= (account < 20) & (day >= BACK + rng.uniform(0, 18, accounts)[account]) & (one < 0.8)
    elif kind == "loud":
        on |= (account == 3) & back
        loud = pd.DataFrame({"account": 3, "day": rng.uniform(BACK, BACK + 3, 60)})
        posts, on = pd.concat([posts, loud], ignore_index=True), pd.concat([on, pd.Series([True] * 60)])
    elif kind == "club":
        fans = (account < 20) | (account % 3 == 0)
        on = fans & ((day < 10) & (one < 0.5) | day.between(BACK, BACK + 1) & (one < 0.6))
    elif kind == "null":
        on |= back & (one < 0.08)
    elif kind == "strangers":
        on = on & ((account >= 20) | (account < 6)) | (account < 20) & day.between(BACK, BACK + 1) & (one < 0.8)
    elif kind == "weekly":
        on |= (day.between(30, 31) | day.between(47, 48)) & (one < 0.33)
        on |= (account < 20) & day.between(64, 65) & (one < 0.9)
    return lines.frames(posts.assign(matter=np.where(on, "C01.M01", None)), COHORT)


def verdicts(kind, seeds, **section):
    study = lines.study("revival", **section)
    return [detect_shifts(corpus(kind, seed), study)["verdict"].tolist() for seed in seeds]


def test_a_narrative_that_its_cohort_switches_on_again_is_found():
    found = verdicts("cohort", range(10))
    assert sum(v == ["coordinated revival"] for v in found) >= 9


def test_the_finding_says_when_and_shows_posts_of_both_lives():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details, posts = json.loads(row["details"]), frames["posts"].set_index("post_id")
    assert (row["cohort"], details["matter"], details["earlier_revivals"]) == ("C01", "C01.M01", 0)
    assert row["date"] == lines.START + pd.Timedelta(days=BACK)
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    assert row["effect_low"] > 0.2
    shown = posts.loc[row["evidence"]]
    assert len(shown) <= 20
    assert shown["created_at"].lt(row["date"]).any()
    assert shown["created_at"].ge(row["date"]).any()
    assert set(shown["author_id"]) <= {f"a{i:04d}" for i in range(20)}


@pytest.mark.parametrize(("on_it", "on_others"), [(4, 0), (8, 3), (4, 4), (3, 12)])
def test_members_that_return_each_at_their_own_time_do_not_return_together(on_it, on_others):
    """Their posts in the fortnight after the return are spread evenly, many or few of them on the matter."""
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        before = lines.daily_posts(rng, 240, BACK)
        before["matter"] = np.where((before["day"] < 10) & (rng.random(len(before)) < 0.33), "C01.M01", None)
        members = np.repeat(np.arange(20), on_it + on_others)
        said = np.tile([True] * on_it + [False] * on_others, 20)
        after = pd.DataFrame({"account": members, "day": rng.uniform(BACK, BACK + 14, len(members))})
        after["matter"] = np.where(said, "C01.M01", None)
        rest = lines.daily_posts(rng, 240, DAYS).query("account >= 20 and day >= @BACK")
        found += find_revivals(lines.frames(pd.concat([before, after, rest], ignore_index=True), COHORT), STUDY)
    assert len(found) >= 10
    assert sum(f.details["when_p"] <= 0.05 for f in found) <= 3


def test_an_anniversary_that_brings_back_everybody_is_organic():
    found = verdicts("anniversary", range(10))  # no row where fewer than four members return
    assert {v for verdict in found for v in verdict} == {"organic revival"}
    assert sum(map(len, found)) >= 5


@pytest.mark.parametrize("kind", ["season", "loud", "strangers"])
def test_a_season_a_loud_account_and_strangers_are_no_coordinated_revival(kind):
    assert not any(v.startswith("coordinated") for found in verdicts(kind, range(10)) for v in found)


def test_members_that_share_an_interest_with_others_are_compared_with_those():
    found = verdicts("club", range(20))
    assert sum(v == ["organic revival"] for v in found) >= 17
    assert sum("coordinated revival" in v for v in found) <= 2


def test_a_cohort_of_which_few_carried_it_before_is_new_carriers():
    assert sum("new carriers" in found for found in verdicts("strangers", range(5))) >= 4


def test_what_came_back_twice_before_is_a_recurring_topic():
    found = [v for verdict in verdicts("weekly", range(5), dormant="10d") for v in verdict]
    assert "coordinated revival" not in found
    assert "recurring topic" in found


def test_p_holds_its_level_where_everybody_returns_alike():
    found = [find_revivals(corpus("null", seed), STUDY) for seed in range(60)]
    tests = [f for made in found for f in made if f.cohort]
    assert len(tests) >= 50
    who = np.array([f.details["who_p"] for f in tests])
    assert np.mean(who <= 0.05) <= 0.12
    assert np.mean(who <= 0.5) == pytest.approx(0.4, abs=0.25)
    assert np.mean([f.p <= 0.05 for f in tests]) <= 0.05


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))


@pytest.mark.parametrize(("later", "verdict"), [("x", "coordinated revival"), ("y", "another target")])
def test_what_comes_back_on_another_target_is_no_revival(later, verdict):
    frames = corpus("cohort", 1)
    on = frames["posts"][frames["posts"]["post_id"].isin(frames["matters"]["post_id"])]
    late = on["created_at"] >= lines.START + pd.Timedelta(days=BACK)
    stances = pd.DataFrame({"post_id": on["post_id"], "target_id": np.where(late, later, "x"), "score": -0.8})
    row = detect_shifts(frames | {"stances": stances}, STUDY).iloc[0]
    assert (row["verdict"], row["targets"]) == (verdict, [later])
