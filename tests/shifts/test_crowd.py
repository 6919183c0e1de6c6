from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives import tables
from narratives.shifts import DETECTORS, detect_shifts
from narratives.shifts.crowd import make_crowd, match_pool, match_pools
from tests.shifts import lines, test_frame_reuse

NEW = [
    "revival",
    "deflection",
    "amplification",
    "convergence",
    "frame_reuse",
    "cross_platform",
    "silence",
    "swarm",
    "pile_on",
]
STUDY = lines.study("revival")


def crowd_of(n=120, members=12):
    posts = lines.daily_posts(np.random.default_rng(1), n, 20)
    return make_crowd(lines.frames(posts, {"C01": range(members), "C02": range(members, 2 * members)}), STUDY)


def test_posts_are_dated_by_local_midnights_and_cohorts_by_position():
    frames = lines.frames(pd.DataFrame({"account": [1, 0, 1], "day": [0.9, 1.1, 0.2]}), {"C01": [1, 7]})
    study = STUDY.model_copy(update={"time": STUDY.time.model_copy(update={"zone": "Asia/Almaty"})})
    crowd = make_crowd(frames, study)
    assert crowd.posts["day"].tolist() == [0, 1, 1]
    assert crowd.posts["account"].tolist() == [1, 1, 0]
    assert crowd.days[0] == lines.START - pd.Timedelta("5h")
    assert crowd.moment(1.5) == lines.START + pd.Timedelta("31h")
    assert {name: who.tolist() for name, who in crowd.cohorts.items()} == {"C01": [1]}
    assert crowd.outside.tolist() == [True, False]


def test_controls_are_of_no_cohort_and_as_active():
    crowd = crowd_of()
    active = crowd.volume(crowd.posts)
    pool = match_pool(crowd, crowd.cohorts["C01"], np.log1p(active)[:, None], active > 0)
    assert set(pool.accounts[pool.labels]) <= set(range(12))
    assert not set(pool.accounts) & set(range(12, 24))
    for code in np.unique(pool.stratum):
        assert len(set(pool.labels[pool.stratum == code])) == 2
    weight = pool.weight[~pool.labels]
    assert weight.sum() == pytest.approx(pool.labels.sum())
    levels = np.log1p(active[pool.accounts])
    assert np.average(levels[~pool.labels], weights=weight) == pytest.approx(levels[pool.labels].mean(), abs=0.25)


def test_a_stratum_holds_accounts_of_one_kind():
    crowd = crowd_of()
    kind = np.arange(len(crowd.accounts)) % 2
    pool = match_pool(crowd, crowd.cohorts["C01"], kind[:, None] * 0.0, kind >= 0, kind=kind)
    assert all(len(set(kind[pool.accounts[pool.stratum == code]])) == 1 for code in np.unique(pool.stratum))


def test_too_few_controls_are_none():
    crowd = crowd_of(n=30)
    features = np.zeros((len(crowd.accounts), 1))
    everyone = np.ones(len(crowd.accounts), dtype=bool)
    assert match_pool(crowd, crowd.cohorts["C01"], features, everyone) is None
    assert match_pool(crowd, crowd.cohorts["C01"], features, ~everyone) is None


def test_a_second_pool_is_of_accounts_that_are_alike_where_there_are_enough():
    crowd = crowd_of()
    everyone, place = np.ones(len(crowd.accounts), dtype=bool), np.arange(len(crowd.accounts))
    features = np.zeros((len(place), 1))
    wide, narrow = match_pools(crowd, crowd.cohorts["C01"], features, everyone, alike=place < 60)
    assert wide.accounts.max() >= 60 > narrow.accounts.max()
    (only,) = match_pools(crowd, crowd.cohorts["C01"], features, everyone, alike=place < 30)
    assert only.accounts.tolist() == wide.accounts.tolist()


def test_permutations_and_differences_of_a_pool():
    crowd = crowd_of()
    place = np.arange(len(crowd.accounts))
    pool = match_pool(crowd, crowd.cohorts["C01"], (place % 2)[:, None] * 1.0, place >= 0)
    marks = (pool.accounts % 2 == 1).astype(float)
    observed, null = pool.permuted(lambda rows: rows @ marks, 300, np.random.default_rng(1))
    assert observed == marks[pool.labels].sum()
    assert null.shape == (300,)
    found = pool.difference(marks, 500, np.random.default_rng(1))
    assert found.inside == pytest.approx(marks[pool.labels].mean())
    assert found.outside == pytest.approx(marks[~pool.labels] @ pool.weight[~pool.labels] / pool.labels.sum())
    assert found.effect[1] < found.effect[0] < found.effect[2]


@pytest.mark.parametrize("detector", NEW)
@pytest.mark.parametrize(
    "table", ["posts", "mentions", "stances", "accounts", "cohorts", "matters", "languages", "text_groups"]
)
def test_an_empty_table_leaves_nothing_to_find_and_stops_no_detector(detector, table):
    frames = test_frame_reuse.corpus("cohort", 1, accounts=40)
    frames["posts"]["platform"] = np.where(frames["posts"].index % 2, "vk", "telegram")
    emptied = {"posts": list(frames)}.get(table, [table])
    found = DETECTORS[detector](frames | {name: tables.empty(name) for name in emptied}, lines.study(detector))
    assert all(finding.p <= 1 for finding in found)
    if table in {"posts", "cohorts"}:
        assert not any(finding.cohort for finding in found)


@pytest.mark.parametrize("detector", NEW)
def test_a_disabled_detector_finds_nothing(detector):
    frames = test_frame_reuse.corpus("cohort", 1, accounts=40)
    assert detect_shifts(frames, lines.study(detector, enabled=False)).empty
