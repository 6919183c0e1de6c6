from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import kstest

from narratives.shifts import detect_shifts
from narratives.shifts.amplification import find_amplifications
from tests.shifts import lines

DAYS = 60
STUDY = lines.study("amplification")
COHORT = {"C01": range(16)}


def corpus(kind, seed, accounts=240, strength=30):
    """Accounts post on many things; some support x, others y, a few times each; `kind` adds favourable posts on x.

    `strength` is the number of posts that each member adds.
    """
    rng = np.random.default_rng(seed)
    posts = lines.daily_posts(rng, accounts, DAYS, rate=0.5)
    account, n = posts["account"].to_numpy(), len(posts)
    base = {"popular": 0.9}.get(kind, 0.3)
    fan = np.where(rng.random(accounts) < base, "x", "y")
    fan[:16] = "x"
    posts["target"] = np.where(rng.random(n) < 0.12, fan[account], None)
    posts["score"] = np.where(rng.random(n) < 0.8, 0.7, -0.6)
    size = {"cohort": strength, "popular": 12, "loud": 500, "null": 0, "everywhere": 30}[kind]
    who = np.full(size, 3) if kind == "loud" else np.repeat(np.arange(16), rng.poisson(size, 16))
    more = pd.DataFrame({"account": who, "day": rng.uniform(20, 50, len(who)), "target": "x", "score": 0.8})
    parts = [posts, more]
    if kind == "everywhere":
        parts += [more.assign(target="y"), more.assign(target="z"), more.assign(target=None)]
    return lines.frames(pd.concat(parts, ignore_index=True), COHORT)


def verdicts(kind, seeds):
    return [detect_shifts(corpus(kind, seed), STUDY)["verdict"].tolist() for seed in seeds]


def test_a_candidate_whose_support_is_one_cohorts_volume_is_found():
    assert sum(v == ["coordinated amplification"] for v in verdicts("cohort", range(10))) >= 9


def test_the_finding_counts_posts_and_shows_those_of_the_loudest():
    frames = corpus("cohort", 1)
    row = detect_shifts(frames, STUDY).iloc[0]
    scored = frames["stances"].merge(frames["posts"], on="post_id")
    favorable = scored[(scored["target_id"] == "x") & (scored["score"] > 0.3)]
    mine = favorable["author_id"].isin(frames["cohorts"]["author_id"])
    details = json.loads(row["details"])
    assert row["statistic"] == pytest.approx(mine.mean())
    assert details["share"]["low"] <= row["statistic"] <= details["share"]["high"]
    assert row["effect_low"] <= row["effect"] <= row["effect_high"]
    others = favorable[~mine].groupby("author_id").size()
    ordinary = 16 * others.mean() / (16 * others.mean() + others.sum())
    assert details["ordinary_share"] == pytest.approx(ordinary, rel=1e-4)
    assert details["concentration"]["x"]["gini"] > details["concentration"]["y"]["gini"]
    assert set(row["evidence"]) <= set(favorable.loc[mine, "post_id"])
    assert len(row["evidence"]) == 20


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [("popular", {"fan club"}), ("loud", {"one loud account"}), ("everywhere", {"loud everywhere"})],
)
def test_a_fan_club_a_loud_fan_and_a_cohort_that_praises_all_are_no_amplification(kind, allowed):
    found = {verdict for found in verdicts(kind, range(10)) for verdict in found}
    assert found <= allowed | {"inconclusive"}


def test_a_fan_club_beside_a_large_honest_base_is_called_one():
    frames = corpus("popular", 1)
    (finding,) = [f for f in find_amplifications(frames, STUDY) if f.targets == ["x"]]
    assert finding.judge(finding.p).verdict == "fan club"


def test_p_is_uniform_where_members_support_like_others():
    found = [find_amplifications(corpus("null", seed, accounts=120), STUDY) for seed in range(80)]
    p = [f.p for made in found for f in made if f.targets == ["x"]]
    assert len(p) >= 70
    assert kstest(p, "uniform").pvalue > 0.01


def test_row_order_never_matters():
    frames, rng = corpus("cohort", 2), np.random.default_rng(5)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in frames.items()}
    assert_frame_equal(detect_shifts(mixed, STUDY), detect_shifts(frames, STUDY))
