from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.stats import kstest

from narratives import tables
from narratives.config import Study
from narratives.shifts import detect_shifts
from narratives.shifts.reversal import find_reversals
from tests.shifts import planted

TURN = planted.START + pd.Timedelta(days=planted.TURN)
FEW = {"permutations": 99, "bootstrap": 99}


def detect(truth: planted.Latent, seed: int, **more: float) -> pd.DataFrame:
    found = planted.corpus(truth, seed, **more)
    return detect_shifts(found.frames, planted.study(**FEW))


def days_off(row: pd.Series) -> float:
    return abs((row["date"] - TURN) / pd.Timedelta(days=1))


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_reversal_is_found_and_dated(seed):
    found = detect(planted.reversal, seed)
    assert found["verdict"].tolist() == ["coordinated reversal"]
    row = found.iloc[0]
    assert (row["cohort"], row["event"], row["targets"]) == ("C01", "election", ["x"])
    assert days_off(row) <= 1
    assert row["date_low"] <= TURN <= row["date_high"] + pd.Timedelta(days=1)
    assert row["statistic"] > 0.6
    assert row["effect_low"] <= row["effect"] <= row["effect_high"] < -0.8
    assert row["placebo_rank"] <= 3
    assert row["q"] <= 0.05


def test_evidence_shows_praise_before_and_accusation_after():
    found = planted.corpus(planted.reversal, 1)
    row = detect_shifts(found.frames, planted.study(**FEW)).iloc[0]
    posts = found.posts.merge(found.stances, on="post_id").set_index("post_id").loc[row["evidence"]]
    before, after = posts.iloc[::2], posts.iloc[1::2]
    assert (before["author_id"].to_numpy() == after["author_id"].to_numpy()).all()
    assert (before["score"] > 0.2).all()
    assert (after["score"] < -0.2).all()
    assert before["created_at"].max() < row["date"] <= after["created_at"].min()


def test_honest_changers_are_never_called_coordinated():
    verdicts = [set(detect(planted.scattered, seed)["verdict"]) for seed in range(20)]
    assert sum(any(v.startswith("coordinated") for v in found) for found in verdicts) <= 1


@pytest.mark.parametrize("truth", [planted.news, planted.headroom, planted.shaken])
def test_news_that_turns_everyone_is_an_organic_shift(truth):
    found = pd.concat([detect(truth, seed) for seed in range(4)])
    assert (found["verdict"] == "organic shift").mean() >= 0.95
    assert (found["cohort"].isna().sum(), found.apply(days_off, axis=1).median()) == (4, 0)


def test_a_shift_without_any_cohort_is_reported():
    found = planted.corpus(planted.news, 1)
    row = detect_shifts(found.frames | {"cohorts": tables.empty("cohorts")}, planted.study(**FEW)).iloc[0]
    assert (row["kind"], row["verdict"]) == ("common shift", "organic shift")
    assert pd.isna(row["cohort"])
    assert row["placebo_rank"] == 1  # of the configured event's day


@pytest.mark.parametrize("cohorts", [True, False])
def test_replacement_of_accounts_is_told_from_conversion(cohorts):
    found = planted.corpus(planted.replacement, 1, accounts=240 if cohorts else 24)
    members = found.cohorts if cohorts else tables.empty("cohorts")
    row = detect_shifts(found.frames | {"cohorts": members}, planted.study(**FEW)).iloc[0]
    details = json.loads(row["details"])
    assert row["verdict"] == "replacement"
    assert days_off(row) <= 1
    assert abs(details["stance_parts"]["within"]) < 0.2
    assert (details["accounts"]["appeared"], details["accounts"]["vanished"]) == (12, 12)


@pytest.mark.parametrize("seed", range(3))
def test_from_neutral_to_hostile_with_volume_is_dated_and_is_no_reversal(seed):
    row = detect(planted.flood, seed, rate=1.0).iloc[0]
    details = json.loads(row["details"])
    assert row["verdict"] in {"coordinated turn", "inconclusive"}
    assert days_off(row) <= 2
    assert details["accounts"]["joined"] > details["accounts"]["flipped"]
    assert details["volume"]["log_ratio"] > 1.5
    assert abs((pd.Timestamp(details["volume_date"]) - TURN).days) <= 2


@pytest.mark.parametrize("truth", [planted.steady, planted.loud])
def test_nothing_is_found_where_nobody_changes_stance(truth):
    assert sum(len(detect(truth, seed)) for seed in range(4)) <= 1


def test_p_of_a_common_change_is_uniform_and_the_claim_holds_its_level_if_there_is_none():
    parts = [planted.corpus(planted.steady, seed, accounts=80, cohort=12) for seed in range(30)]
    found = [find_reversals(p.frames, planted.study(**FEW)) for p in parts]
    assert kstest([everybody.p for _, everybody in found], "uniform").pvalue > 0.01
    assert np.mean([cohort.p <= 0.05 for cohort, _ in found]) <= 0.05


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 1_000))
def test_row_order_never_matters(seed):
    found, rng = planted.corpus(planted.reversal, 2, accounts=80), np.random.default_rng(seed)
    mixed = {name: part.iloc[rng.permutation(len(part))] for name, part in found.frames.items()}
    assert_frame_equal(detect_shifts(mixed, planted.study(**FEW)), detect_shifts(found.frames, planted.study(**FEW)))


def test_a_further_target_leaves_the_figures_of_the_first_as_they_are():
    found = planted.corpus(planted.reversal, 3)
    more = planted.study(**FEW).model_dump(mode="json")
    more["targets"].append({"id": "a", "name": "Другой"})
    both = pd.concat([found.stances, found.stances.assign(target_id="a")])
    one = detect_shifts(found.frames, planted.study(**FEW))
    two = detect_shifts(found.frames | {"stances": both}, Study.model_validate(more))
    same = two[two["targets"].map(tuple) == ("x",)].reset_index(drop=True)
    joint = ["finding_id", "q", "reasons"]
    assert_frame_equal(same.drop(columns=joint), one.drop(columns=joint))


def test_a_span_far_from_the_turn_does_not_hide_it():
    found = planted.corpus(planted.reversal, 1, rate=0.5)
    row = detect_shifts(found.frames, planted.study(span="14d", **FEW)).iloc[0]
    assert row["verdict"] == "coordinated reversal"
    assert days_off(row) <= 1


def test_too_few_controls_leave_it_inconclusive():
    found = detect(planted.reversal, 1, accounts=30)
    row = found[found["cohort"] == "C01"].iloc[0]
    assert (row["verdict"], row["p"]) == ("inconclusive", 1.0)
    assert any("Too few accounts outside the cohort" in reason for reason in row["reasons"])


def test_no_event_is_named_for_a_shift_before_it():
    found = planted.corpus(planted.reversal, 1)
    early = planted.study(**FEW).model_dump(mode="json") | {"events": [{"name": "later", "date": "2026-02-20"}]}
    row = detect_shifts(found.frames, Study.model_validate(early)).iloc[0]
    assert row["verdict"] == "coordinated reversal"
    assert pd.isna(row["event"])


def test_a_disabled_detector_finds_nothing():
    found = planted.corpus(planted.reversal, 1)
    assert detect_shifts(found.frames, planted.study(enabled=False)).empty


def test_no_text_says_bot():
    text = " ".join(str(detect(truth, 1).to_dict()) for truth in (planted.reversal, planted.news, planted.flood))
    assert not re.search(r"\bbots?\b", text, re.IGNORECASE)
