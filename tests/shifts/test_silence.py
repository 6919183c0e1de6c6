from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives.shifts import detect_shifts
from narratives.shifts.silence import find_silences
from tests.shifts import lines

DAYS, START, END = 90, 50, 59
STUDY = lines.study("silence")
COHORT = {"C01": range(20)}


def corpus(kind, seed, accounts=240, strength=1.0):
    """Accounts post about twice in three days; `kind` says who falls silent.

    Of the cohort's accounts a share `strength` obeys.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.7)
    if kind == "loud":
        posts = pd.concat([posts, pd.DataFrame({"account": 3, "day": rng.uniform(0, DAYS, 1_500)})])
    account, day = posts["account"].to_numpy(), posts["day"].to_numpy()
    one, nature = rng.random(len(posts)), rng.random(accounts)[account]
    member, still, alike = account < 20, (day >= START) & (day < END), (account < 20) | (account % 3 == 0)
    posts["platform"] = np.where(alike | (kind != "outage"), "vk", "telegram")
    posts["lang"] = np.where(alike & (kind == "feast"), "kk", "ru")
    posts["matter"] = np.where((one < 0.7) & alike if kind == "season" else one < 0.1, "M1", None)
    lost = {
        "null": False & member,
        "cohort": member & still & (account < 20 * strength),
        "gone": member & (day >= START),
        "holiday": still & (one < 0.97),
        "outage": alike & still,
        "feast": alike & still & (nature < 0.9),
        "season": alike & (day >= START) & ((one < 0.7) | (nature < 0.8)),
        "vacations": member & (np.abs(day - 5 - 80 * nature) < 4.5),
        "loud": (account == 3) & still,
        "burst": member & ~((day >= 30) & (day < 40)) & (one < 0.85),
        "pauses": member & (day % 18 < 7),
        "newcomers": member & ((day < 25) | (day > 27 + 60 * nature)),
    }[kind]
    return lines.frames(posts[~lost], COHORT)


def verdicts(kind, seeds, **more):
    return [detect_shifts(corpus(kind, seed, **more), STUDY)["verdict"].tolist() for seed in seeds]


def test_a_cohort_that_falls_silent_and_comes_back_is_found():
    assert sum(found == ["coordinated silence"] for found in verdicts("cohort", range(10))) >= 9


def test_the_finding_has_start_and_end_and_shows_posts_around_it():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details, posts = json.loads(row["details"]), frames["posts"].set_index("post_id")
    start, end = (lines.START + pd.Timedelta(days=day) for day in (START, END))
    assert row["date_low"] <= start <= row["date_high"]
    assert row["date_high"] - row["date_low"] < pd.Timedelta("2D")
    assert pd.Timestamp(details["end_at_the_earliest"]) <= end <= pd.Timestamp(details["first_post_after"])
    expected = details["expected_by_their_own_gaps"]
    assert row["statistic"] + expected == pytest.approx(details["silent_members"], rel=1e-4)
    assert details["silent_members_that_came_back"] >= 15
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    shown = posts.loc[row["evidence"]]
    assert set(shown["author_id"]) <= {f"a{i:04d}" for i in range(20)}
    assert not shown["created_at"].between(start, end).any()
    assert shown["created_at"].lt(start).any()
    assert shown["created_at"].ge(end).any()


def test_a_cohort_that_stays_away_is_found_without_an_end():
    for seed in range(5):
        row = detect_shifts(corpus("gone", seed), STUDY).iloc[0]
        assert row["verdict"] == "coordinated silence"
    details = json.loads(row["details"])
    assert details["first_post_after"] is None
    assert details["silent_members_that_came_back"] == 0


@pytest.mark.parametrize("kind", ["holiday", "outage", "feast"])
def test_a_holiday_an_outage_and_the_feast_of_one_language_are_common(kind):
    found = [verdict for found in verdicts(kind, range(10)) for verdict in found]
    assert set(found) == {"platform outage or common dip"}
    assert len(found) >= 9


@pytest.mark.parametrize("kind", ["season", "vacations", "loud", "burst", "newcomers"])
def test_what_silences_others_or_each_alone_is_no_coordinated_silence(kind):
    assert not any(v.startswith("coordinated") for found in verdicts(kind, range(10)) for v in found)


def test_a_newsroom_that_pauses_again_and_again_is_a_recurring_pause():
    assert not any(v.startswith("coordinated") for found in verdicts("pauses", range(5)) for v in found)


def snapshot(frames, seed, share):
    """Return `frames` with a later snapshot that lacks a tenth of all posts, and a `share` of the cohort's earlier."""
    rng, posts = np.random.default_rng(seed), frames["posts"]
    member = posts["author_id"].isin([f"a{i:04d}" for i in range(20)])
    early = posts["created_at"] < lines.START + pd.Timedelta(days=START)
    gone = rng.random(len(posts)) < np.where(member & early, share, 0.1)
    later = lines.START + pd.Timedelta(days=DAYS)
    table = pd.DataFrame({"post_id": posts["post_id"], "seen_at": later, "gone_by": later})
    return frames | {"deletions": table.assign(gone_by=table["gone_by"].where(gone))}


def test_what_a_later_snapshot_lacks_is_told_beside_matched_others():
    row = detect_shifts(snapshot(corpus("cohort", 3), 3, share=0.6), STUDY).iloc[0]
    details = json.loads(row["details"])
    assert details["deleted_share"] == pytest.approx(0.6, abs=0.06)
    assert details["deleted_share_controls"] == pytest.approx(0.1, abs=0.04)
    assert details["deleted_p"] <= 0.01
    assert any("later snapshot of the data lacks 6" in reason or "lacks 5" in reason for reason in row["reasons"])
    assert not any("no later snapshot" in caveat for caveat in row["caveats"])
    without = detect_shifts(corpus("cohort", 3), STUDY).iloc[0]
    assert "deleted_share" not in json.loads(without["details"])
    assert any("no later snapshot" in caveat for caveat in without["caveats"])
    assert (row["p"], row["verdict"]) == (without["p"], without["verdict"])


def test_a_platform_that_loses_posts_of_all_alike_says_nothing_of_the_cohort():
    p = [find_silences(snapshot(corpus("cohort", s), s, 0.1), STUDY)[0].details["deleted_p"] for s in range(30)]
    assert np.mean(np.array(p) <= 0.05) <= 0.17
    assert np.mean(np.array(p) <= 0.5) <= 0.75


def test_p_holds_its_level_where_members_pause_like_others():
    tests = [f for seed in range(60) for f in find_silences(corpus("null", seed, accounts=120), STUDY)]
    assert len(tests) == 60
    for name in ("who_p", "when_p"):
        p = np.array([finding.details[name] for finding in tests])
        assert np.mean(p <= 0.05) <= 0.12
        assert np.mean(p <= 0.5) <= 0.65


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
