from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from narratives.shifts.panel import make_panel
from narratives.shifts.switching import Timing, timing
from tests.shifts import planted


def time_cohort(truth: planted.Latent, seed: int, *, members: int = 24, **more: float) -> Timing:
    tables = planted.corpus(truth, seed, accounts=60, **more)
    panel = make_panel(tables.posts, tables.stances, "x", planted.study())
    posts = panel.posts[panel.posts["account"] < members]
    section = planted.study(permutations=199).shifts.reversal
    return timing(posts, panel, step=-0.6, section=section, rng=np.random.default_rng(seed))


def test_switching_times_are_those_planted():
    found = time_cohort(planted.reversal, 1, error=0.0, rate=1.0)
    assert found.accounts.tolist() == list(range(24))
    assert found.times == pytest.approx(planted.TURN, abs=4)
    assert found.p == 1 / 200


def test_accounts_that_turn_the_other_way_are_not_counted():
    assert len(time_cohort(lambda a, d, n: np.where(d < planted.TURN, -1.0, 1.0), 1, error=0.0).times) == 0


def test_too_few_have_no_spread():
    found = time_cohort(planted.reversal, 1, members=3)
    assert found.p == 1.0
    assert np.isnan(found.spread)


def test_p_holds_its_level_and_is_not_wasted_if_everyone_turns_on_a_day_of_their_own():
    p = np.array([time_cohort(planted.scattered, seed).p for seed in range(40)])
    assert kstest(p, "uniform", alternative="greater").pvalue > 0.01
    assert np.mean(p <= 0.05) <= 0.1
    assert 0.3 < np.median(p) < 0.75
