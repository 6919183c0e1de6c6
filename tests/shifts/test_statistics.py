from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, hypergeom

from narratives.shifts.statistics import (
    benjamini_hochberg,
    beyond_main,
    bootstrap_weights,
    gini,
    interval,
    label_permutations,
    permutation_p,
    sign_flips,
    strata,
    stratified_p,
)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_are_those_of_scipy(p):
    assert benjamini_hochberg(np.array(p)) == pytest.approx(false_discovery_control(p, method="bh"))


def test_p_counts_the_observation_and_ties():
    assert permutation_p(2.0, np.array([1.0, 2.0, 2.0 - 1e-15, 3.0])) == 4 / 5
    assert permutation_p(9.0, np.zeros(99)) == 0.01


def test_labels_keep_their_number_in_every_stratum():
    labels, stratum = np.array([1, 1, 0, 0, 0, 1, 0, 0], dtype=bool), np.array([0, 0, 0, 0, 1, 1, 1, 2])
    rows = label_permutations(labels, stratum, 500, np.random.default_rng(1))
    for code, members in ((0, 2), (1, 1), (2, 0)):
        assert (rows[:, stratum == code].sum(axis=1) == members).all()
    assert rows[:, :4].mean(axis=0) == pytest.approx(0.5, abs=0.08)


def test_signs_and_multiplicities():
    rng = np.random.default_rng(1)
    signs = sign_flips(6, 2_000, rng)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert signs.mean(axis=0) == pytest.approx(0, abs=0.1)
    assert (bootstrap_weights(6, 50, rng).sum(axis=1) == 6).all()


@given(st.integers(1, 300), st.integers(2, 20))
def test_strata_hold_at_least_their_size(n, size):
    features = np.random.default_rng(n).normal(size=(n, 3))
    assert np.bincount(strata(features, size))[np.unique(strata(features, size))].min() >= min(n, size)


def test_strata_are_alike_in_the_first_feature_first():
    stance = np.repeat([-1.0, 1.0], 20)
    code = strata(np.stack([stance, np.random.default_rng(0).normal(size=40)], axis=1), 10)
    assert len(set(code)) == 4
    assert all(len(set(stance[code == c])) == 1 for c in set(code))


def test_interval_leaves_missing_values_out():
    assert interval(np.array([np.nan, *np.arange(101.0)])) == (2.5, 97.5)


def test_stratified_p_is_fishers_in_one_stratum_and_that_of_permutations_in_more():
    rng = np.random.default_rng(1)
    labels, marks, stratum = rng.random(60) < 0.3, rng.random(60) < 0.4, np.repeat([0, 1, 2], 20)
    one = hypergeom.sf((labels & marks).sum() - 1, 60, marks.sum(), labels.sum())
    assert stratified_p(labels, marks, np.zeros(60, dtype=np.int64)) == pytest.approx(one)
    drawn = label_permutations(labels, stratum, 20_000, rng) @ marks
    assert stratified_p(labels, marks, stratum) == pytest.approx((drawn >= (labels & marks).sum()).mean(), abs=0.015)


def test_gini_of_equal_shares_of_one_owner_and_of_two_halves():
    assert gini(np.ones(10)) == pytest.approx(0)
    assert gini(np.r_[np.zeros(99), 1.0]) == pytest.approx(0.99)
    assert gini(np.array([1.0, 3.0])) == pytest.approx(0.25)
    assert gini(np.zeros(3)) == 0


def test_beyond_main_leaves_out_the_main_place_and_the_first_account_of_each():
    rows = np.array([[5.0, 3.0, 1.0, 4.0], [1.0, 1.0, 1.0, 9.0], [0.0, 2.0, 0.0, 0.0]])
    assert beyond_main(rows, np.array([0, 3])).tolist() == [2, 0, 0]
