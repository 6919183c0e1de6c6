from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.shifts.change_points import account_terms, daily_series, penalty_path, segment, volume_date
from narratives.shifts.panel import Panel, make_panel
from tests.shifts import planted

TURN = int(planted.TURN)


def panel_of(tables: planted.Planted) -> Panel:
    panel = make_panel(tables.posts, tables.stances, "x", planted.study())
    assert panel is not None
    return panel


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.1, 20))
def test_segments_are_those_of_pelt_where_days_weigh_the_same(seed, penalty):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=40) + 2 * (np.arange(40) > rng.integers(5, 35))
    pelt = ruptures.Pelt("l2", min_size=1, jump=1).fit(values[:, None]).predict(pen=penalty)
    assert segment(values, np.ones(40), penalty) == pelt[:-1]


def test_a_day_with_one_post_makes_no_segment():
    values, weights = np.zeros(30), np.full(30, 50.0)
    values[12], weights[12] = 1.0, 1.0
    assert segment(values, np.ones(30), 0.4) == [12, 13]
    assert segment(values, weights, 0.4 * 50) == []


@pytest.mark.parametrize("truth", [planted.reversal, planted.flood, planted.replacement])
@pytest.mark.parametrize("seed", range(4))
def test_the_scan_finds_the_planted_day(truth, seed):
    panel = panel_of(planted.corpus(truth, seed, rate=0.5))
    members = np.arange(24)
    scan = account_terms(panel, members).scan(np.ones((1, 24)))
    assert scan.best()[0] == pytest.approx(TURN, abs=2)
    assert scan.change[0, scan.best()[0]] < -0.4


def test_one_loud_account_makes_no_date():
    account = np.concatenate([np.repeat(np.arange(20), 20), np.full(4_000, 20)])
    rng = np.random.default_rng(3)
    day = np.concatenate([rng.uniform(0, 70, 400), rng.uniform(0, 70, 4_000)])
    turned = np.where(account < 20, day >= 50, day >= 20)
    panel = panel_of(planted.tabulate(account, day, np.where(turned, -0.8, 0.8), 20))
    assert account_terms(panel, np.arange(21)).scan(np.ones((1, 21))).best()[0] == 50


def test_signs_of_ones_leave_the_scan_as_it_is():
    terms = account_terms(panel_of(planted.corpus(planted.reversal, 1)), np.arange(60))
    ones = np.ones((1, 60))
    assert terms.scan_signs(ones).gain == pytest.approx(terms.scan(ones).gain)
    assert terms.scan_signs(-ones).change == pytest.approx(-terms.scan(ones).change)


def test_no_boundary_with_fewer_than_three_accounts_on_a_side_is_admissible():
    account, day = np.array([0, 1, 2, 2, 0, 1, 3]), np.array([0.5, 2.5, 4.5, 5.5, 6.5, 7.5, 8.5])
    panel = panel_of(planted.tabulate(account, day, np.ones(7), 4))
    scan = account_terms(panel, np.arange(4)).scan(np.ones((1, 4)))
    assert np.flatnonzero(scan.admissible[0]).tolist() == [5, 6]


def test_the_penalty_path_names_the_planted_day_and_loses_dates_as_it_rises():
    path = penalty_path(panel_of(planted.corpus(planted.reversal, 5)), np.arange(24))
    lengths = [len(step["dates"]) for step in path]
    assert lengths == sorted(lengths, reverse=True)
    assert pd.Timestamp(path[3]["dates"][0]) == planted.START + pd.Timedelta(days=TURN)


def test_volume_has_a_date_of_its_own():
    panel = panel_of(planted.corpus(planted.loud, 2, rate=1.0))
    assert volume_date(panel, np.arange(24)) == pytest.approx(TURN, abs=1)


def test_the_daily_series_counts_accounts_not_posts():
    account, day = np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4, 1.5])
    panel = panel_of(planted.tabulate(account, day, np.array([1, 1, 1, -1, -1.0]), 2))
    mean, weight = daily_series(panel, np.arange(2))
    assert mean.tolist() == [0.0, -1.0]
    assert weight.tolist() == [2.0, 1.0]
