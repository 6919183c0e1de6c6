from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from narratives.shifts.controls import Comparison, compare, match
from narratives.shifts.decomposition import sides_at
from narratives.shifts.panel import make_panel
from narratives.shifts.turning import turning
from tests.shifts import planted

SECTION = planted.study(permutations=99, bootstrap=99).shifts.reversal


def comparison(truth: planted.Latent, seed: int, *, accounts: int = 120, cohort: int = 24) -> Comparison | None:
    tables = planted.corpus(truth, seed, accounts=accounts, cohort=cohort)
    panel = make_panel(tables.posts, tables.stances, "x", planted.study())
    at, rng = int(planted.TURN), np.random.default_rng(seed)
    return compare(panel, np.arange(cohort), match(panel), boundary=at, section=SECTION, rng=rng)


def test_a_cohort_that_turns_alone_stands_out():
    found = comparison(planted.reversal, 1)
    assert found.p == 0.01
    assert found.flip_p < 0.001
    assert found.flipped / found.held > 0.7
    assert found.others_flipped / found.others_held < 0.1
    assert found.change == pytest.approx(0, abs=0.2)
    assert found.rank <= 2
    assert found.dates > 50


def test_controls_that_turn_too_are_seen():
    found = comparison(planted.news, 1)
    assert found.p > 0.05
    assert found.change_high < -0.2


@pytest.mark.parametrize("truth", [planted.steady, planted.shaken])
def test_p_is_uniform_if_the_cohort_is_like_the_others(truth):
    p = [comparison(truth, seed).p for seed in range(40)]
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.05) <= 0.1


def test_three_as_loud_as_the_cohort_do_not_speak_for_all():
    def turncoats(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
        return planted.reversal(np.where(account < 27, 0, account), day, nature)

    tables = planted.corpus(turncoats, 1, accounts=120)
    panel = make_panel(tables.posts, tables.stances, "x", planted.study())
    apart = np.ones(120, dtype=np.int64)
    apart[[*range(20), 24, 25, 26]] = 0
    rng = np.random.default_rng(1)
    found = compare(panel, np.arange(24), apart, boundary=int(planted.TURN), section=SECTION, rng=rng)
    assert (found.merged, found.controls) == (1, 96)
    assert found.change == pytest.approx(0, abs=0.2)
    assert found.p == 0.01


def test_too_few_controls_are_said_to_be_too_few():
    assert comparison(planted.reversal, 1, accounts=30) is None


def test_flips_need_posts_on_both_sides_and_both_stances():
    account, day = np.repeat([0, 1, 2], 8), np.tile(np.arange(8) + 0.5, 3)
    score = np.concatenate([np.repeat([0.9, -0.9], 4), np.repeat([-0.9, 0.9], 4), np.full(8, 0.9)])
    tables = planted.tabulate(account, day, score, 3)
    panel = make_panel(tables.posts, tables.stances, "x", planted.study())
    for boundary, tested in enumerate([0, 0, 3, 3, 3, 3, 3, 0]):
        sides = sides_at(panel, np.arange(3), boundary)
        up, down = (turning(panel, np.arange(3), boundary, sides, direction=d, section=SECTION) for d in (1, -1))
        assert up.tested.sum() == tested
        if boundary == 4:
            assert up.flipped.tolist() == [False, True, False]
            assert down.flipped.tolist() == [True, False, False]
            assert down.held.tolist() == [True, False, True]
