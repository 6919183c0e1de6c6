"""Stance over time: each account counts once, its interval is honest, few posts are drawn to the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives import tables
from narratives.stance.series import account_stances, interval, locate, prior_strength, stance_series

NO_COHORTS = tables.empty("cohorts")


def located(*rows: tuple[str, int, float], track: str | None = None) -> pd.DataFrame:
    """Return stances of (account, window, score) towards one target."""
    found = pd.DataFrame(rows, columns=["author_id", "window_id", "score"])
    posts = [f"p{n}" for n in range(len(found))]
    return found.assign(post_id=posts, target_id="zh", track_id=pd.Series([track] * len(found), dtype=object))


def whole(series: pd.DataFrame, kind: str = "all") -> pd.Series:
    return series[series["kind"].eq(kind) & series["window_id"].isna()].iloc[0]


def test_each_account_counts_once_however_loud() -> None:
    row = whole(stance_series(located(*[("loud", 0, 1.0)] * 98, ("a", 0, 0.0), ("b", 0, 0.0)), NO_COHORTS))
    assert row["mean"] == pytest.approx(1 / 3)
    assert (row["n_posts"], row["n_accounts"]) == (100, 3)


def test_groups_are_all_cohorts_others_and_tracks() -> None:
    cohorts = pd.DataFrame({"cohort_id": "C01", "author_id": ["a", "b"], "degree": 1, "cohesion": 1.0, "strength": 1.0})
    series = stance_series(located(("a", 0, 1.0), ("b", 1, 0.6), ("c", 1, -1.0), track="T001"), cohorts)
    means = series[series["window_id"].isna()].set_index("kind")["mean"].round(6).to_dict()
    assert means == {"all": 0.2, "cohort": 0.8, "others": -1.0, "track": 0.2}
    second = series[series["window_id"].eq(1)].set_index("kind")["mean"].round(6).to_dict()
    assert second == {"all": -0.2, "cohort": 0.6, "others": -1.0, "track": -0.2}
    assert set(series["unit"].dropna()) == {"C01", "T001"}


def test_a_post_of_two_windows_counts_once_in_the_whole() -> None:
    twice = pd.concat([located(("a", 0, 1.0), ("b", 0, 0.0)), located(("a", 1, 1.0))])
    assert whole(stance_series(twice, NO_COHORTS))["n_posts"] == 2


def test_one_account_has_no_interval() -> None:
    row = whole(stance_series(located(("a", 0, 1.0), ("a", 0, 0.0)), NO_COHORTS))
    assert row[["low", "high"]].isna().all()


@pytest.mark.parametrize("n", [4, 10, 40])
def test_the_interval_holds_the_mean_nineteen_times_in_twenty(n: int) -> None:
    rng = np.random.default_rng(n)
    samples = np.clip(rng.normal(0.2, 0.5, (400, n)), -1, 1)
    truth = np.clip(rng.normal(0.2, 0.5, 1_000_000), -1, 1).mean()
    hits = [low <= truth <= high for low, high in (interval(values, 0, i) for i, values in enumerate(samples))]
    assert 0.91 <= np.mean(hits) <= 0.985


def test_the_bootstrap_and_its_limit_agree() -> None:
    values = np.random.default_rng(1).uniform(-1, 1, 1_001)
    few, many = interval(values[:-1], 0, 0), interval(values, 0, 0)
    assert few == pytest.approx(many, abs=0.01)


def test_rows_do_not_depend_on_order_or_on_later_windows() -> None:
    rows = [(f"a{n % 7}", n % 3, np.sin(n)) for n in range(60)]
    made = stance_series(located(*rows), NO_COHORTS)
    pd.testing.assert_frame_equal(stance_series(located(*rows).sample(frac=1, random_state=1), NO_COHORTS), made)
    early = stance_series(located(*[row for row in rows if row[1] < 2]), NO_COHORTS)
    both = made.dropna(subset="window_id").query("window_id < 2").reset_index(drop=True)
    pd.testing.assert_frame_equal(early.dropna(subset="window_id").reset_index(drop=True), both)


def test_an_account_of_few_posts_is_drawn_to_the_others() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 0.4, 300)
    n = np.where(np.arange(300) < 150, 2, 20)
    rows = [(f"a{i:03}", 0, s) for i in range(300) for s in np.clip(rng.normal(truth[i], 0.5, n[i]), -1, 1)]
    found = account_stances(located(*rows)).set_index("author_id")
    error = pd.DataFrame({"mean": found["mean"] - truth, "shrunk": found["shrunk"] - truth}).pow(2)
    assert error["shrunk"].iloc[:150].mean() < 0.85 * error["mean"].iloc[:150].mean()
    drawn = (found["mean"] - found["shrunk"]).abs() / (found["mean"] - found["mean"].mean()).abs()
    assert drawn.iloc[:150].median() > 3 * drawn.iloc[150:].median()


def test_the_strength_is_the_ratio_of_the_variances() -> None:
    rng = np.random.default_rng(3)
    n = np.full(40_000, 5.0)
    truth = rng.normal(0, 0.5, 40_000)
    posts = truth[:, None] + rng.normal(0, 1.0, (40_000, 5))
    k = prior_strength(n, posts.mean(1), posts.var(1, ddof=1), np.zeros(40_000))
    assert k == pytest.approx(1.0 / 0.25, rel=0.05)
    assert prior_strength(np.ones(3), np.zeros(3), np.full(3, np.nan), np.zeros(3)) == 1.0


def test_nothing_gives_empty_tables() -> None:
    nothing = locate(*(tables.empty(name) for name in ("stances", "posts", "membership", "tracks")))
    assert account_stances(nothing).empty
    assert stance_series(nothing, NO_COHORTS).empty
