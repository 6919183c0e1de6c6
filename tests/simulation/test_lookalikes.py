"""Honest company that looks coordinated is there, and no trace takes it for a cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives import tables
from narratives.config import Coordination
from narratives.coordination import Coordinated, detect_coordination
from narratives.errors import ConfigError
from narratives.simulation import Corpus, simulate
from narratives.simulation.lookalikes import FEAST, NEWS_DAYS, OUTAGE, OUTAGE_HOURS, ROLES
from narratives.text import text_key

ELECTION = pd.Timestamp("2025-09-14")


@pytest.fixture(scope="module")
def honest() -> Corpus:
    return simulate("honest", lookalikes=True, seed=5)


def written(corpus: Corpus) -> pd.DataFrame:
    """Return the posts with role, and day and hour since the election's midnight."""
    posts = corpus.posts.merge(corpus.truth_accounts[["author_id", "role"]], on="author_id")
    since = posts["created_at"].dt.tz_convert("Asia/Almaty").dt.tz_localize(None) - ELECTION
    return posts.assign(day=since // pd.Timedelta(days=1), hour=since.dt.components["hours"])


def coordinated(corpus: Corpus) -> Coordinated:
    posts = corpus.posts.assign(
        is_repost=corpus.posts["repost_of"].notna(), text_key=corpus.posts["text"].map(text_key)
    )
    return detect_coordination(tables.check("posts", posts), tables.empty("membership"), Coordination(), seed=0)


def test_who_is_there(honest: Corpus) -> None:
    roles = honest.truth_accounts["role"].value_counts()
    assert roles[list(ROLES)].to_dict() == ROLES
    assert honest.truth_findings.empty


def test_fans_take_over_what_their_idol_wrote_first(honest: Corpus) -> None:
    posts = written(honest)
    club = posts[posts["text"].isin(posts.loc[posts["role"] == "fan", "text"])]
    shared = club.groupby("text").filter(lambda part: part["author_id"].nunique() > 2)
    assert shared["text"].nunique() > 40
    assert shared.groupby("text")["author_id"].first().value_counts(normalize=True).iloc[0] > 0.9


def test_editors_post_their_headlines_within_minutes(honest: Corpus) -> None:
    news = written(honest).query("role == 'editor'")
    shared = news[news["text"].str.contains("qala|example", regex=True)].groupby("text")["created_at"]
    spans = shared.agg(lambda at: (at.max() - at.min()) / pd.Timedelta(minutes=1))[shared.size() > 1]
    assert len(spans) > 100
    assert spans.median() < 15


def test_feast_outage_and_scandal(honest: Corpus) -> None:
    posts = written(honest)
    daily = posts["day"].value_counts()
    assert daily[FEAST[0]] < 0.6 * daily.median()
    assert daily[list(range(NEWS_DAYS[0], NEWS_DAYS[1] + 1))].mean() > 1.2 * daily.median()
    out = posts[(posts["day"] == OUTAGE) & posts["hour"].between(OUTAGE_HOURS[0], OUTAGE_HOURS[1] - 1)]
    assert "vk" not in set(out["platform"])
    assert len(out) > 20


@pytest.mark.parametrize("seed", [5, 6])
def test_it_makes_no_cohort(seed: int) -> None:
    assert coordinated(simulate("honest", lookalikes=True, seed=seed)).cohorts.empty


def test_a_cohort_amid_it_is_found() -> None:
    corpus = simulate("reversal", lookalikes=True, seed=7)
    members = set(corpus.truth_accounts.dropna(subset="cohort_id")["author_id"])
    found = set(coordinated(corpus).cohorts["author_id"])
    assert found <= members
    assert len(found) >= 0.8 * len(members)


def test_lives_have_no_lookalikes() -> None:
    with pytest.raises(ConfigError, match="has none"):
        simulate("lives", lookalikes=True)


def test_the_same_seed_gives_the_same_corpus(honest: Corpus) -> None:
    again = simulate("honest", lookalikes=True, seed=5)
    pd.testing.assert_frame_equal(again.posts, honest.posts)
    assert np.array_equal(again.truth_accounts["role"], honest.truth_accounts["role"])
