from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from narratives import tables
from narratives.shifts import detect_shifts
from narratives.shifts.bursts import Burst, displacement, find_bursts
from narratives.shifts.pile_on import find_pile_ons
from tests.shifts import lines

DAYS, HIT, MEMBERS, VICTIM = 80, 40.3, 16, 100
STUDY = lines.study("pile_on")
COHORT = {"C01": range(MEMBERS), "C02": range(MEMBERS, 2 * MEMBERS)}


def planted(kind, rng, accounts, strength):
    """Return who answers the victim, and how often each, and the share of hostile replies among these."""
    strangers = [account for account in range(accounts) if account != VICTIM]
    if kind in {"viral", "outrage", "null"}:
        return rng.choice(strangers, 60, replace=False), 1, 0.9 if kind == "outrage" else 0.2
    if kind == "club":
        return rng.choice(range(80), 50, replace=False), 2, 0.8
    if kind == "mob":
        return np.concatenate([np.arange(8), rng.choice(range(32, VICTIM), 40, replace=False)]), 2, 0.9
    if kind == "loud":
        return np.array([3]), 40, 1.0
    share = int(np.ceil(strength * MEMBERS))
    return rng.choice(MEMBERS, share, replace=False), 2, 0.05 if kind == "friendly" else 0.85


def corpus(kind, seed, accounts=240, strength=0.8):
    """Everybody answers somebody now and then, the victim too; `kind` says who answers the victim at the hit.

    `strength` is the share of members that do.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    n = len(posts)
    posts["to"] = np.where(rng.random(n) < 0.15, (posts["account"] + rng.integers(1, accounts, n)) % accounts, -1)
    posts["hostile"] = rng.random(n) < 0.2
    if kind == "popular":
        fans = rng.random(n) < 0.3
        posts["to"] = np.where(fans & (posts["account"] != VICTIM), VICTIM, posts["to"])
    if kind == "club":
        readers = (posts["account"] < 80) & (rng.random(n) < 0.25)
        posts["to"] = np.where(readers, VICTIM, posts["to"])
    victim = 5 if kind == "internal" else VICTIM
    who, times, bad = planted(kind, rng, accounts, strength)
    who = np.repeat(who[who != victim], times) if kind != "popular" else who[:0]
    more = pd.DataFrame({
        "account": who, "day": HIT + rng.exponential(0.3, len(who)), "to": victim, "hostile": rng.random(len(who)) < bad
    })  # fmt: skip
    topic = pd.DataFrame({"account": victim, "day": np.arange(20, 60, 0.5), "to": -1, "hostile": False, "target": "x"})
    topic = topic[~topic["day"].between(HIT, HIT + 2)].assign(text="о Саринове: Саринов молчит")
    return linked(pd.concat([posts, more, topic], ignore_index=True), victim, answered=len(more) > 0)


def linked(posts, victim, *, answered):
    """Return the frames of `posts`, each reply to the first post of its author `to`; the victim answers after a hit."""
    posts = posts.assign(text=posts["text"].fillna(pd.Series([f"p{i}" for i in posts.index])))
    made = lines.frames(posts, COHORT)
    table = made["posts"]
    first = table.assign(account=posts["account"]).groupby("account")["post_id"].first()
    table["reply_to"] = posts["to"].map(first)
    if answered:
        hit = posts.index[(posts["to"] == victim) & (posts["day"] >= HIT)][:20]
        answers = pd.DataFrame({"account": victim, "day": posts["day"][hit] + 0.05})
        extra = lines.frames(answers, {})["posts"]
        extra = extra.assign(post_id="v" + extra["post_id"], reply_to=table["post_id"][hit].to_numpy())
        table = pd.concat([table, extra], ignore_index=True)
    score = np.where(posts["hostile"], -0.8, 0.5)
    replies = table.iloc[: len(posts)].assign(score=score, to_author=posts["to"].map("a{:04d}".format))
    replies = replies[posts["to"] >= 0][list(tables.SCHEMAS["replies"].columns)].reset_index(drop=True)
    return made | {"posts": table, "replies": replies}


def verdicts(kind, seeds, **more):
    return [detect_shifts(corpus(kind, seed, **more), STUDY)["verdict"].tolist() for seed in seeds]


def test_a_burst_of_insults_by_a_cohort_is_found_once():
    assert sum(v == ["coordinated pile-on"] for v in verdicts("cohort", range(10))) >= 9


def test_the_finding_counts_accounts_and_says_what_the_victim_stopped_doing():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    details, posts = json.loads(row["details"]), frames["posts"].set_index("post_id")
    assert (details["victim"], row["cohort"], row["statistic"]) == ("a0100", "C01", details["accounts"])
    assert details["share_of_cohort"] > 0.8
    assert details["hostile"]["cohort"] > 2 * details["hostile"]["elsewhere"]
    shares = details["victim_posts"]
    assert shares["before"]["on_topic"] > 0.5 > shares["during"]["on_topic"]
    assert shares["during"]["answers"] > 0.5 > shares["after"]["answers"]
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    assert abs((row["date"] - lines.START) / pd.Timedelta(days=1) - HIT) < 1
    assert set(posts.loc[row["evidence"], "author_id"]) <= {f"a{i:04d}" for i in range(MEMBERS)}


@pytest.mark.parametrize("kind", ["viral", "outrage", "popular", "friendly", "club", "mob", "loud", "internal"])
def test_lookalikes_are_no_pile_on(kind):
    found = [verdict for found in verdicts(kind, range(8)) for verdict in found]
    assert not any(verdict.startswith("coordinated") for verdict in found)


@pytest.mark.parametrize(("kind", "verdict"), [("friendly", "friendly replies"), ("mob", "viral post")])
def test_what_happened_instead_is_named(kind, verdict):
    named = [f.judge(f.p).verdict for seed in range(4) for f in find_pile_ons(corpus(kind, seed), STUDY)]
    assert named.count(verdict) >= 3


def test_who_answers_a_viral_post_holds_its_level():
    found = [f for seed in range(80) for f in find_pile_ons(corpus("null", seed, accounts=120), STUDY)]
    p = np.array([f.details["who_p"] for f in found if f.details["victim"] == "a0100"])
    assert len(p) >= 75
    assert np.mean(p <= 0.05) <= 0.08
    assert np.mean([f.p <= 0.05 for f in found]) <= 0.05


def replies_at(times, accounts, victim="v"):
    return pd.DataFrame({"time": times, "author_id": accounts, "to_author": victim})


def test_a_burst_is_the_window_with_most_accounts_however_often_they_answer():
    found = find_bursts(replies_at([1.0, 1.1, 1.2, 5.0, 5.5, 5.9, 7.0], list("aaabcdb")), 1.0, 20)
    assert [(b.start, b.end, b.accounts) for b in found] == [(5.0, 6.0, 3)]
    assert found[0].usual == pytest.approx(2 / 19)


def test_a_burst_is_ranked_among_those_that_usually_get_as_many_replies():
    quiet = [replies_at([1.0, 8.0], ["a", "b"], f"v{i}") for i in range(9)]
    loud = replies_at([3.0, 3.1, 3.2, 9.0], list("abcd"), "w")
    found = {burst.victim: burst for burst in find_bursts(pd.concat([*quiet, loud]), 1.0, 10)}
    assert (found["w"].rank, found["w"].peers) == (1, 10)
    assert found["v0"].rank > 1


def test_without_posts_before_no_topic_can_be_left():
    own = pd.DataFrame({"time": [5.1], "topic": ["x"], "answers": [True]})
    found = displacement(own, Burst("v", 5.0, 6.0, 3, 0.1, 0.01), 4.0)
    assert found["before"]["posts"] == 0
    assert np.isnan(found["during"]["on_topic"])
    assert found["during"]["answers"] == 1


@pytest.mark.parametrize("emptied", ["posts", "stances", "replies", "cohorts"])
def test_an_empty_table_is_no_error(emptied):
    frames = corpus("cohort", 1, accounts=150)
    gone = list(frames) if emptied == "posts" else [emptied]
    found = find_pile_ons(frames | {table: tables.empty(table) for table in gone}, STUDY)
    assert bool(found) == (emptied == "stances")


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
