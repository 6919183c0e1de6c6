from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives import tables
from narratives.config.shifts import Event
from narratives.shifts import detect_shifts
from narratives.shifts.mobilisation import find_mobilisations
from tests.shifts import lines

DAYS, VOTE, MEMBERS, ACTIVISTS = 100, 70, 16, 80
EVENT = Event(name="vote", date=(lines.START + pd.Timedelta(days=VOTE)).date(), act="x")
STUDY = lines.study("mobilisation").model_copy(update={"events": (EVENT,)})
COHORT = {"C01": range(MEMBERS)}


def corpus(kind, seed, accounts=240, strength=5):
    """Everybody posts on the act x now and then; `kind` says who pushes it in the two weeks before the vote, and how.

    `strength` is the mean number of posts that each of them adds.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    n, activist = len(posts), posts["account"] < (ACTIVISTS if kind == "activists" else 0)
    posts["target"] = np.where(rng.random(n) < np.where(activist, 0.4, 0.15), "x", None)
    posts["score"] = np.where(rng.random(n) < np.where(activist, 0.9, 0.6), 0.7, -0.7)
    who = {"mood": range(accounts), "activists": range(ACTIVISTS), "loud": [3]}.get(kind, range(MEMBERS))
    starts = {"null": [], "habit": range(0, VOTE, 14), "later": [VOTE + 2]}
    parts = [posts]
    for start in starts.get(kind, [VOTE - 14]):
        size = np.array([60]) if kind == "loud" else rng.poisson(strength * (6 if kind == "spammers" else 1), len(who))
        part = np.repeat(who, size)
        day = start + rng.uniform(0.1, 13.9 if kind != "habit" else 6.9, len(part))
        target = np.where(rng.random(len(part)) < 0.15, "x", None) if kind == "spammers" else "x"
        score = np.full(len(part), -0.8 if kind == "boycott" else 0.8)
        if kind == "spammers":
            score = np.where(rng.random(len(part)) < 0.6, 0.7, -0.7)
        if kind == "both ways":
            score = np.where(rng.random(len(part)) < 0.65, 0.8, -0.8)
        parts.append(pd.DataFrame({"account": part, "day": day, "target": target, "score": score}))
    return lines.frames(pd.concat(parts, ignore_index=True), COHORT)


def verdicts(kind, seeds, **more):
    return [detect_shifts(corpus(kind, seed, **more), STUDY)["verdict"].tolist() for seed in seeds]


@pytest.mark.parametrize(("kind", "way"), [("cohort", "for"), ("boycott", "against")])
def test_a_push_for_or_against_an_act_is_found_once(kind, way):
    found = [detect_shifts(corpus(kind, seed), STUDY) for seed in range(10)]
    assert sum(table["verdict"].tolist() == ["coordinated mobilisation"] for table in found) >= 9
    strongest = [json.loads(table["details"].iloc[0])["direction"] for table in found]
    assert set(strongest) == {way}


def test_the_finding_names_the_event_and_shows_posts_for_the_act():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    posts = frames["posts"].merge(frames["stances"], on="post_id").set_index("post_id").loc[row["evidence"]]
    assert (row["event"], row["targets"], row["cohort"]) == ("vote", ["x"], "C01")
    assert (posts["score"] > 0.3).all()
    window = lines.START + pd.Timedelta(days=VOTE - 14), lines.START + pd.Timedelta(days=VOTE)
    assert posts["created_at"].between(*window).all()
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    assert row["effect_low"] > 1


@pytest.mark.parametrize("kind", ["mood", "activists", "loud", "habit", "later"])
def test_lookalikes_are_no_mobilisation(kind):
    found = [verdict for found in verdicts(kind, range(8)) for verdict in found]
    assert not any(verdict.startswith("coordinated") for verdict in found)


def test_a_wave_of_spam_has_its_share_of_alarms_only():
    assert sum("coordinated mobilisation" in v for v in verdicts("spammers", range(16))) <= 3


@pytest.mark.parametrize("kind", ["mood", "activists"])
def test_what_everybody_or_all_activists_do_is_a_public_mood(kind):
    assert sum(v == ["public mood"] for v in verdicts(kind, range(5))) >= 4


def test_a_push_in_both_directions_counts_once_and_says_so():
    found = [detect_shifts(corpus("both ways", seed, strength=9), STUDY) for seed in range(6)]
    assert all(table["verdict"].eq("coordinated mobilisation").sum() <= 1 for table in found)
    both = [table for table in found if len(table) > 1]
    assert len(both) >= 4
    assert all("opposite push" in set(table["verdict"]) for table in both)


def test_of_several_votes_on_one_act_the_strongest_counts():
    other = Event(name="first round", date=(lines.START + pd.Timedelta(days=40)).date(), act="x")
    twice = STUDY.model_copy(update={"events": (other, EVENT)})
    (one,) = [f for f in find_mobilisations(corpus("cohort", 1), STUDY) if f.details["direction"] == "for"]
    (two,) = [f for f in find_mobilisations(corpus("cohort", 1), twice) if f.details["direction"] == "for"]
    assert (two.event, two.p) == ("vote", pytest.approx(2 * one.p))


def test_both_parts_hold_their_level_where_nothing_happens():
    found = [f for seed in range(80) for f in find_mobilisations(corpus("null", seed, accounts=120), STUDY)]
    assert len(found) == 160
    for part in ("who_p", "when_p"):
        p = np.array([f.details[part] for f in found])
        assert np.mean(p <= 0.05) <= 0.1
        assert 0.35 < np.median(p) < 0.65


@pytest.mark.parametrize("emptied", ["posts", "stances", "replies", "cohorts"])
def test_an_empty_table_is_no_error(emptied):
    frames = corpus("cohort", 1, accounts=150)
    gone = list(frames) if emptied == "posts" else [emptied]
    found = find_mobilisations(frames | {table: tables.empty(table) for table in gone}, STUDY)
    assert bool(found) == (emptied == "replies")


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
