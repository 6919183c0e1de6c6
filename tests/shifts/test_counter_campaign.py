from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives import tables
from narratives.config.shifts import Event
from narratives.shifts import detect_shifts
from narratives.shifts.counter_campaign import find_counter_campaigns
from tests.shifts import lines

DAYS, AT, MEMBERS, CRITICS = 90, 50, 16, 80
EVENT = Event(name="exposé", date=(lines.START + pd.Timedelta(days=AT)).date(), publisher="x")
STUDY = lines.study("counter_campaign").model_copy(update={"events": (EVENT,)})
COHORT = {"C01": range(MEMBERS)}


def corpus(kind, seed, accounts=240, strength=0.8):
    """Everybody posts on x now and then, for and against; `kind` says who attacks it, and when.

    `strength` is the share of those accounts that do.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    n, critic = len(posts), posts["account"] < {"critics": CRITICS, "critical cohort": MEMBERS}.get(kind, 0)
    often = np.where(critic, 0.4, {"null": 0.4}.get(kind, 0.15))
    posts["target"] = np.where(rng.random(n) < often, "x", None)
    posts["score"] = np.where(rng.random(n) < np.where(critic, 0.9, 0.5), -0.7, 0.7)
    who = {"outrage": range(accounts), "critics": range(CRITICS), "loud": [3]}.get(kind, range(MEMBERS))
    starts = {"under way": [AT - 4, AT - 2, AT], "recurring": range(5, DAYS - 3, 9), "later": [AT + 20], "null": []}
    parts = [posts]
    for start in starts.get(kind, [AT]):
        part = rng.choice(who, int(np.ceil(strength * len(who))), replace=False)
        part = np.repeat(part, 60 if kind == "loud" else 3)
        day = start + rng.uniform(0.05, 2.5, len(part))
        target = np.where(rng.random(len(part)) < 0.15, "x", None) if kind == "spammers" else "x"
        parts.append(pd.DataFrame({"account": part, "day": day, "target": target, "score": -0.8}))
        if kind == "spammers":
            parts += [parts[-1].assign(target=None)] * 6
    return lines.frames(pd.concat(parts, ignore_index=True), COHORT)


def verdicts(kind, seeds):
    return [detect_shifts(corpus(kind, seed), STUDY)["verdict"].tolist() for seed in seeds]


def test_an_attack_on_the_publisher_right_after_its_publication_is_found():
    assert sum(v == ["coordinated counter-campaign"] for v in verdicts("cohort", range(10))) >= 9


def test_members_that_always_criticised_the_publisher_are_found_when_they_alone_attack():
    found = [f for seed in range(5) for f in find_counter_campaigns(corpus("critical cohort", seed), STUDY)]
    assert sum(f.judge(f.p).verdict == "coordinated counter-campaign" for f in found) >= 4
    assert not any(f.judge(f.p).verdict == "news shock" for f in found)


def test_the_finding_names_the_event_and_shows_first_attacks():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details = json.loads(row["details"])
    posts = frames["posts"].set_index("post_id").loc[row["evidence"]]
    assert (row["event"], row["targets"], row["cohort"]) == ("exposé", ["x"], "C01")
    assert row["statistic"] == posts["author_id"].nunique() == details["members_that_said_it"]
    assert posts["created_at"].between(lines.START + pd.Timedelta(days=AT), lines.START + pd.Timedelta(days=53)).all()
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    assert details["rise"] == pytest.approx(
        details["account_days_in_window"] - details["account_days_expected"], abs=0.05
    )
    assert row["placebo_rank"] == 1


@pytest.mark.parametrize("kind", ["outrage", "critics", "loud", "spammers", "under way", "recurring", "later"])
def test_lookalikes_are_no_counter_campaign(kind):
    found = [verdict for found in verdicts(kind, range(8)) for verdict in found]
    assert not any(verdict.startswith("coordinated") for verdict in found)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("outrage", "news shock"), ("critics", "news shock"), ("under way", "attack under way")],
)
def test_what_happened_instead_is_named(kind, verdict):
    found = verdicts(kind, range(5))
    assert sum(v == [verdict] for v in found) >= 4


def test_a_publication_too_near_to_the_end_is_no_test():
    late = EVENT.model_copy(update={"date": (lines.START + pd.Timedelta(days=DAYS - 2)).date()})
    assert find_counter_campaigns(corpus("cohort", 1), STUDY.model_copy(update={"events": (late,)})) == []


def test_both_parts_hold_their_level_where_nothing_happens():
    found = [f for seed in range(80) for f in find_counter_campaigns(corpus("null", seed, accounts=120), STUDY)]
    assert len(found) == 80
    for part in ("who_p", "when_p"):
        p = np.array([f.details[part] for f in found])
        assert np.mean(p <= 0.05) <= 0.11
        assert 0.3 < np.median(p) < 0.7


@pytest.mark.parametrize("emptied", ["posts", "stances", "replies", "cohorts"])
def test_an_empty_table_is_no_error(emptied):
    frames = corpus("cohort", 1, accounts=150)
    gone = list(frames) if emptied == "posts" else [emptied]
    found = find_counter_campaigns(frames | {table: tables.empty(table) for table in gone}, STUDY)
    assert bool(found) == (emptied == "replies")


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
