from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives.config import Event, Study
from narratives.shifts import detect_shifts
from narratives.shifts.counter_campaign import find_counter_campaigns
from tests.shifts import lines

DAYS, AT = 60, 40
COHORT = {"C01": range(16)}


def study() -> Study:
    day = (lines.START + pd.Timedelta(days=AT)).date()
    events = (Event(name="article", date=day, publisher="x"), Event(name="storm", date=day))
    return lines.study("counter_campaign").model_copy(update={"events": events})


STUDY = study()


def corpus(kind, seed, accounts=240, strength=0.7):
    """Everybody speaks of the publisher x now and then; `kind` says who attacks it after its article.

    `strength` is the share of the cohort that does.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.8)
    posts["target"] = np.where(rng.random(len(posts)) < 0.08, "x", None)
    posts["score"] = rng.choice([0.7, 0.0, -0.7], len(posts), p=[0.4, 0.3, 0.3])
    everybody, cohort = np.arange(accounts), np.arange(16)
    who = {
        "null": everybody[:0],
        "cohort": np.repeat(cohort[rng.random(16) < strength], 3),
        "outrage": rng.choice(everybody, 300),
        "loud": np.full(90, 3),
        "standing": np.repeat(cohort, 60),
        "earlier": np.repeat(cohort, 3),
        "another": np.repeat(cohort, 3),
    }[kind]
    start, length = {"standing": (0, DAYS), "earlier": (15, 2)}.get(kind, (AT, 2))
    more = pd.DataFrame({"account": who, "day": start + rng.uniform(0, length, len(who)), "score": -0.8})
    more["target"] = "y" if kind == "another" else "x"
    return lines.frames(pd.concat([posts, more], ignore_index=True), COHORT)


def test_an_attack_on_the_publisher_right_after_its_article_is_found_once():
    rows = [detect_shifts(corpus("cohort", seed), STUDY) for seed in range(10)]
    assert sum(table["verdict"].tolist() == ["coordinated counter-campaign"] for table in rows) >= 9
    row = next(table.iloc[0] for table in rows if len(table))
    assert (row["event"], row["targets"], row["cohort"]) == ("article", ["x"], "C01")
    assert 0 <= (row["date"] - lines.START) / pd.Timedelta(days=1) - AT <= 2
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]


@pytest.mark.parametrize("kind", ["outrage", "loud", "standing", "earlier", "another", "null"])
def test_outrage_of_all_a_loud_account_old_hostility_and_other_targets_are_no_counter_campaign(kind):
    found = [v for seed in range(12) for v in detect_shifts(corpus(kind, seed), STUDY)["verdict"]]
    assert sum(verdict.startswith("coordinated") for verdict in found) <= 1  # of twelve corpora, at a level of 5 %


def test_p_holds_its_level_where_members_are_as_angry_as_others():
    found = [f for seed in range(60) for f in find_counter_campaigns(corpus("outrage", seed, accounts=120), STUDY)]
    assert len(found) >= 50
    assert np.mean([f.p <= 0.05 for f in found]) <= 0.1


def test_an_event_outside_the_data_is_left_out():
    late = Event(name="late", date=(lines.START + pd.Timedelta(days=400)).date(), publisher="x")
    assert find_counter_campaigns(corpus("cohort", 1), STUDY.model_copy(update={"events": (late,)})) == []
