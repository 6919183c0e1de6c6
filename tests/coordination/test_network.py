"""The null against corpora drawn from it, and the correction over all pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, eye_array
from scipy.stats import false_discovery_control

from narratives.config import Coordination
from narratives.coordination.network import _q_values, validated_edges
from narratives.coordination.trace import Rhythm, Trace

ACCOUNTS, ACTIONS = 40, 120
EVERYTHING = Coordination(min_shared=1).model_copy(update={"alpha": 1.0})  # keeps every pair, to look at its p


def drawn(rng: np.random.Generator) -> np.ndarray:
    """Return accounts × actions, drawn with uneven rates of accounts and uneven appeal of actions."""
    busy, appeal = rng.pareto(2, ACCOUNTS) + 0.5, rng.pareto(2, ACTIONS) + 0.5
    return rng.random((ACCOUNTS, ACTIONS)) < np.clip(0.06 * np.outer(busy, appeal), 0, 0.9)


def trace(took: np.ndarray, most: float = 1.0) -> Trace:
    """Return a trace in which all posts of an action are simultaneous and all accounts post at all times."""
    author, action = np.nonzero(took)
    names = [f"p{i}" for i in range(len(author))]
    posts = pd.DataFrame({"author": author, "key": action, "action": action, "time": 0, "post_id": names})
    visits = posts[["author", "action"]].assign(stratum=0, slot=0)
    rhythm = Rhythm(csr_array(np.full((len(took), 1), 30.0)), np.zeros(1, dtype=int))
    touching = eye_array(took.shape[1], format="csr")
    return Trace("near_copy", 1, len(took), posts, visits, (rhythm,), touching, np.full(len(took), most))


def rewired(took: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a matrix of the same row and column sums (curveball trades; Strona et al. 2014)."""
    took = took.copy()
    for _ in range(5 * len(took)):
        a, b = rng.choice(len(took), 2, replace=False)
        swap = np.flatnonzero(took[a] != took[b])
        values = took[a, swap]
        took[a, swap] = rng.permutation(values)
        took[b, swap] = ~took[a, swap]
    return took


def test_expected_is_what_rewiring_gives() -> None:
    rng = np.random.default_rng(0)
    took = drawn(rng)
    edges = validated_edges([trace(took)], EVERYTHING).drop_duplicates(["source", "target"])
    draws = [rewired(took, rng).astype(int) for _ in range(60)]
    shared = np.mean([draw @ draw.T for draw in draws], axis=0)[edges["source"], edges["target"]]
    assert len(edges) > 100
    assert np.corrcoef(edges["expected"], shared)[0, 1] > 0.98
    # Where hubs are in nearly every action, as here, Chung & Lu give quiet pairs too little, and hubs too much.
    assert edges["expected"].sum() == pytest.approx(shared.sum(), rel=0.1)
    assert ((edges["expected"] / shared).between(0.65, 1.5)).mean() > 0.95


def test_p_is_not_too_small_under_the_null() -> None:
    rng = np.random.default_rng(1)
    took, below = drawn(rng), []
    for _ in range(20):
        p = validated_edges([trace(rewired(took, rng))], EVERYTHING).drop_duplicates(["source", "target"])["p"]
        below.append([(p <= level).sum() for level in (0.05, 0.01, 0.001)])
    pairs = ACCOUNTS * (ACCOUNTS - 1) / 2
    assert (np.mean(below, axis=0) / pairs <= [0.05, 0.01, 0.001]).all()


def test_of_several_traces_one_may_lack_a_pair_altogether() -> None:
    took, elsewhere = np.zeros((60, 40), dtype=bool), np.zeros((60, 40), dtype=bool)
    took[:4, :6] = True
    elsewhere[30:, 0] = True
    found = validated_edges([trace(took), trace(elsewhere)], Coordination(min_shared=2))
    assert found.empty  # who meets in one trace only is that trace's affair


@pytest.mark.parametrize(("accounts", "low", "high"), [(2, 0.0, 1e-3), (58, 0.5, 1.0)])
def test_actions_of_two_tell_and_actions_of_all_do_not(accounts: int, low: float, high: float) -> None:
    took = np.zeros((60, 604), dtype=bool)
    took[np.repeat(np.arange(60), 10), np.arange(600)] = True
    took[:accounts, 600:] = True
    edges = validated_edges([trace(took)], EVERYTHING)
    assert (edges["shared"] == 4).all()
    assert edges["p"].between(low, high).all()


def test_a_cohort_is_not_its_own_baseline_where_eagerness_has_a_limit() -> None:
    took = np.zeros((400, 8), dtype=bool)
    took[:8] = True
    alone, limited = (validated_edges([trace(took, most)], EVERYTHING)["p"].min() for most in (1.0, 0.25))
    assert alone > 0.5
    assert limited < 1e-6


def test_every_action_is_met_once() -> None:
    took = drawn(np.random.default_rng(2))
    found = validated_edges([trace(took)], EVERYTHING)
    count = took.astype(int) @ took.T.astype(int)
    edges = found.drop_duplicates(["source", "target"])
    assert (edges["shared"].to_numpy() == count[edges["source"], edges["target"]]).all()
    assert (
        found.groupby(["source", "target"]).size().to_numpy() == edges.sort_values(["source", "target"])["shared"]
    ).all()
    likely = [pair for pair in combinations(range(ACCOUNTS), 2) if count[pair]]
    assert set(zip(edges["source"], edges["target"], strict=True)) <= set(likely)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_q_is_corrected_over_pairs_that_share_nothing_too(n: int) -> None:
    p = np.random.default_rng(n).random(n) ** 6 / 100
    expected = false_discovery_control(np.concatenate([p, np.ones(1_000 - n)]))[:n]
    assert np.allclose(_q_values(p, 1_000), expected)
