from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import kstest

from narratives.shifts import detect_shifts
from narratives.shifts.convergence import find_convergences
from tests.shifts import lines

DAYS, HIT = 90, 40.4
STUDY = lines.study("convergence", permutations=399)
CAMPS = {"C01": range(15), "C02": range(15, 30)}


def corpus(kind, seed, accounts=240, strength=0.8):
    """Everybody posts on x now and then; C01 praises y and C02 accuses it; `kind` says who attacks x at the hit.

    `strength` is the share of accounts that do.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    account, n = posts["account"].to_numpy(), len(posts)
    draw = rng.random(n)
    posts["target"] = np.where(draw < 0.2, "x", np.where(draw < 0.5, "y", None))
    fond = np.where(rng.random(accounts) < 0.5, 1.0, -1.0)
    fond[:15], fond[15:30] = 1.0, 1.0 if kind == "allied" else -1.0
    mood = np.where(posts["target"] == "y", fond[account], np.where(rng.random(n) < 0.5, 1.0, -1.0))
    posts["score"] = np.where(rng.random(n) < 0.85, 0.7, -0.7) * mood
    first, second = {
        "both": (HIT, HIT + 0.1), "allied": (HIT, HIT + 0.1), "apart": (HIT, HIT + 25), "scandal": (HIT, HIT),
        "one": (HIT, None), "null": (rng.uniform(0, DAYS - 1), rng.uniform(0, DAYS - 1)), "loud": (HIT, HIT + 0.1),
        "silent": (HIT, HIT + 0.1),
    }[kind]  # fmt: skip
    who = {"scandal": (range(accounts // 2), range(accounts // 2, accounts)), "loud": ([2], [17])}
    groups = who.get(kind, (range(15), range(15, 30)))
    for moment, group in zip((first, second), groups, strict=True):
        if moment is not None:
            part = rng.choice(group, int(np.ceil(strength * len(group))), replace=False)
            part = np.repeat(part, 20 if kind == "loud" else 2)
            day = np.minimum(moment + rng.exponential(0.15, len(part)), DAYS - 1e-3)
            posts = pd.concat([posts, pd.DataFrame({"account": part, "day": day, "target": "x", "score": -0.8})])
    if kind == "silent":
        posts = posts[posts["target"] != "y"]
    return lines.frames(posts.reset_index(drop=True), CAMPS)


def detect(kind, seed):
    found = detect_shifts(corpus(kind, seed), STUDY)
    return found[found["targets"].map(tuple) == ("x",)]


def test_opposite_camps_that_attack_together_are_found():
    found = [detect("both", seed)["verdict"].tolist() for seed in range(10)]
    assert sum(v == ["coordinated convergence"] for v in found) >= 9


def test_the_finding_names_both_camps_and_shows_posts_of_either():
    frames = corpus("both", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details, author = json.loads(row["details"]), frames["posts"].set_index("post_id")["author_id"]
    assert {"C01", "C02"} <= set(details)
    assert details["cosine_on_other_targets"] == pytest.approx(-1)
    assert abs((row["date"] - lines.START) / pd.Timedelta(days=1) - HIT) < 0.3
    assert row["statistic"] < 6
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    assert row["effect_low"] > 0.2
    shown = author.loc[row["evidence"]].str[1:].astype(int)
    assert 0 < len(shown) <= 20
    assert (shown < 15).any()
    assert shown.between(15, 29).any()


@pytest.mark.parametrize("kind", ["apart", "one", "loud", "scandal"])
def test_attacks_apart_by_one_camp_by_two_loud_accounts_and_a_scandal_are_no_convergence(kind):
    found = pd.concat([detect(kind, seed) for seed in range(8)])
    assert not found["verdict"].str.startswith("coordinated").any()


def test_a_scandal_that_makes_everybody_attack_is_a_news_shock():
    found = pd.concat([detect("scandal", seed) for seed in range(8)])
    assert len(found) >= 4
    assert set(found["verdict"]) == {"news shock"}


def test_cohorts_that_stand_alike_elsewhere_are_allied():
    assert set(pd.concat([detect("allied", seed) for seed in range(4)])["verdict"]) == {"allied camps"}


def test_cohorts_that_speak_of_nothing_else_leave_it_inconclusive():
    assert set(pd.concat([detect("silent", seed) for seed in range(4)])["verdict"]) == {"inconclusive"}


def test_p_of_the_onsets_is_uniform_where_each_camp_has_its_own_time():
    found = [f for seed in range(80) for f in find_convergences(corpus("null", seed, accounts=120), STUDY)]
    mine = [f for f in found if f.targets == ["x"]]
    assert len(mine) == 80
    assert kstest([f.any_p for f in mine], "uniform").pvalue > 0.01
    assert np.mean([f.p <= 0.05 for f in mine]) <= 0.1


def test_row_order_never_matters():
    frames, rng = corpus("both", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
