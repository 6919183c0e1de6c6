from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from narratives.config import Study
from narratives.shifts import detect_shifts
from narratives.shifts.mobilisation import find_mobilisations
from tests.shifts import lines

DAYS, START = 60, 40
COHORT = {"C01": range(16)}


def study() -> Study:
    plain = lines.study("mobilisation")
    act, *others = plain.targets
    return plain.model_copy(update={"targets": (act.model_copy(update={"act": True}), *others)})


STUDY = study()


def corpus(kind, seed, accounts=240, strength=0.7):
    """Everybody speaks of the act x now and then; `kind` says who calls for it in one week, or against it.

    `strength` is the share of the cohort that calls.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    posts["target"] = np.where(rng.random(len(posts)) < 0.1, "x", None)
    posts["score"] = rng.choice([0.7, 0.0, -0.7], len(posts), p=[0.4, 0.4, 0.2])
    everybody, cohort = np.arange(accounts), np.arange(16)
    who = {
        "null": everybody[:0],
        "cohort": np.repeat(cohort[rng.random(16) < strength], 3),
        "against": np.repeat(cohort[rng.random(16) < strength], 3),
        "mood": rng.choice(everybody, 400),
        "loud": np.full(90, 3),
        "always": np.repeat(cohort, 60),
        "person": np.repeat(cohort, 3),
    }[kind]
    start, length = (0, DAYS) if kind == "always" else (START, 7)
    more = pd.DataFrame({"account": who, "day": start + rng.uniform(0, length, len(who)), "target": "x", "score": 0.8})
    if kind == "against":
        more["score"] = -0.8
    elif kind == "person":
        more["target"] = "y"
    return lines.frames(pd.concat([posts, more], ignore_index=True), COHORT)


@pytest.mark.parametrize(("kind", "direction"), [("cohort", "for"), ("against", "against")])
def test_a_push_of_one_cohort_is_found_once_with_its_direction(kind, direction):
    rows = [detect_shifts(corpus(kind, seed), STUDY) for seed in range(10)]
    assert sum(table["verdict"].tolist() == ["coordinated mobilisation"] for table in rows) >= 9
    row = next(table.iloc[0] for table in rows if len(table))
    assert (json.loads(row["details"])["direction"], row["targets"]) == (direction, ["x"])
    assert START <= (row["date"] - lines.START) / pd.Timedelta(days=1) <= START + 7
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]


@pytest.mark.parametrize("kind", ["mood", "loud", "always", "person", "null"])
def test_a_common_mood_a_loud_account_a_standing_call_and_praise_of_a_person_are_no_mobilisation(kind):
    found = [v for seed in range(12) for v in detect_shifts(corpus(kind, seed), STUDY)["verdict"]]
    assert sum(verdict.startswith("coordinated") for verdict in found) <= 1  # of twelve corpora, at a level of 5 %


def test_p_holds_its_level_where_members_call_like_others():
    found = [f for seed in range(60) for f in find_mobilisations(corpus("mood", seed, accounts=120), STUDY)]
    p = [f.p for f in found if f.kind == "mobilisation for"]
    assert len(p) >= 50
    assert np.mean(np.array(p) <= 0.05) <= 0.1
