"""The traces of links, hashtags, reposts and replies: planted cohorts are found, honest company is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from narratives import tables
from narratives.config import Coordination
from narratives.coordination import detect_coordination
from narratives.coordination.bursts import parting
from tests.coordination.planted import Corpus
from tests.coordination.sharing import SOURCES, Sharing, detect

TRACES = ("same_url", "same_hashtags", "same_repost", "same_reply")
EVERY = list(range(SOURCES))
COHORT = {f"a{i:03d}" for i in range(20)}

HONEST: dict[str, Callable[[Sharing], Sharing]] = {
    "habits": lambda corpus: corpus,
    "a viral item": lambda corpus: corpus.together(range(240), [3], 4, 3_600, part=0.8),
    "an agency": lambda corpus: corpus.together(range(240), [3], 60, 600, part=0.4),
}
OF_SOURCES: dict[str, Callable[[Sharing], Sharing]] = {
    "a fan club": lambda corpus: corpus.together(range(30), [5], 40, 300),
    "subscribers": lambda corpus: corpus.together(range(40), [1, 2, 3], 90, 120, part=0.3),
    "a newsroom": lambda corpus: corpus.together(range(5), [5], 40, 30),
}


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("within", [30, 300])
def test_a_cohort_that_shares_at_once_is_found(trace: str, within: float) -> None:
    cohorts = detect(Sharing(1).habits().together(range(20), EVERY, 24, within), trace).cohorts
    assert set(cohorts["author_id"]) <= COHORT
    assert len(cohorts) >= 17


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("kind", HONEST)
def test_honest_company_is_no_cohort(trace: str, kind: str) -> None:
    assert detect(HONEST[kind](Sharing(2).habits()), trace).edges.empty


@pytest.mark.parametrize("trace", ["same_url", "same_repost", "same_reply"])
@pytest.mark.parametrize("kind", OF_SOURCES)
def test_company_about_sources_that_it_follows_is_no_cohort(trace: str, kind: str) -> None:
    assert detect(OF_SOURCES[kind](Sharing(3).habits()), trace).edges.empty


@pytest.mark.parametrize("trace", TRACES)
def test_loud_accounts_that_share_everything_are_no_cohort(trace: str) -> None:
    corpus = Sharing(2).habits().together(range(2), EVERY, 800, 60)
    edges = detect(corpus, trace).edges
    assert set(edges["source"]) | set(edges["target"]) <= {"a000", "a001"}


def test_a_habit_of_hashtags_is_one_action() -> None:
    corpus = Sharing(4).habits()
    corpus.rows += [(account, day * 86_400 + 60.0 * account, 0, 0) for day in range(60) for account in range(8)]
    assert detect(corpus, "same_hashtags").edges.empty


@pytest.mark.parametrize(("gap", "found"), [(60, True), (61, False)])
def test_a_window_that_is_given_holds(gap: float, found: bool) -> None:
    corpus = Sharing(5).habits(3)
    for item in range(30):
        start = corpus.published[item % SOURCES, item] - 100_000 - item * 7_000
        corpus.rows += [(0, start, item % SOURCES, item), (1, start + gap, item % SOURCES, item)]
    edges = detect(corpus, "same_url", same_url={"window": "60s"}).edges
    assert ({"a000", "a001"} <= set(edges["source"]) | set(edges["target"])) is found


@pytest.mark.parametrize("fast", [5, 60])
def test_the_window_parts_quick_repeats_from_slow_ones(fast: float) -> None:
    rng = np.random.default_rng(0)
    gaps = np.concatenate([rng.exponential(fast, 400), rng.lognormal(np.log(20_000), 1, 2_000)]) * 1e6
    own = pd.DataFrame({"key": 0, "author": np.arange(len(gaps)), "time": np.cumsum(rng.permutation(gaps)).astype(int)})
    window = parting(own, pd.Timedelta("1h"), "test") / pd.Timedelta("1s")
    assert 3 * fast < window < 5_000


def test_without_a_valley_the_window_is_the_usual_one() -> None:
    rng = np.random.default_rng(0)
    time = np.cumsum(rng.exponential(3_600, 3_000) * 1e6).astype(int)
    own = pd.DataFrame({"key": 0, "author": np.arange(3_000), "time": time})
    assert parting(own, pd.Timedelta("10min"), "test") == pd.Timedelta("10min")
    assert parting(own[:50], pd.Timedelta("10min"), "test") == pd.Timedelta("10min")


def test_a_little_in_each_trace_is_found_together() -> None:
    """Two copies, five links and five lists of hashtags: too few each, and enough in all."""
    corpus = Corpus(np.random.default_rng(6)).habits()
    sharing = Sharing(6).habits().together(range(10), EVERY, 5, 30, part=1)
    tagging = Sharing(7).habits().together(range(10), EVERY, 5, 30, part=1)
    corpus.cohort(10, 2, copy=True, part=1)
    parts = [corpus.tables()[0], sharing.posts("same_url"), tagging.posts("same_hashtags")]
    posts = pd.concat([part.assign(post_id=f"{i}-" + part["post_id"]) for i, part in enumerate(parts)])
    found = detect_coordination(posts, tables.empty("membership"), Coordination(), seed=0)
    edges = found.edges.set_index(["source", "target"])["trace"]
    several = set(edges[edges == "several"].index) - set(edges[edges != "several"].index)
    inside = {pair for pair in several if max(pair) < "a010"}
    assert len(inside) >= 10
    assert len(several - inside) <= 0.1 * len(several)
    evidence = found.edge_evidence.query("trace == 'several'")
    assert not evidence.duplicated(["source", "target", "source_post"]).any()


def test_original_authors_are_read_off_the_text() -> None:
    """Reposts without ids, as "RT @name": a club of one name is none, company over many names is."""

    def retweets(names: list[int]) -> pd.DataFrame:
        corpus = Sharing(8).habits()
        corpus.together(range(20), names, 30, 30)
        posts = corpus.posts("same_repost")
        of = posts["repost_of"].str.extract(r"item(\d+)x(\d+)")
        texts = "RT @name" + of[0] + ": " + of[1] + " " + "слова " * 3
        return posts.assign(text=texts.where(posts["is_repost"], posts["text"]), repost_of=None).assign(
            text_key=lambda table: table["text"]
        )

    section = Coordination.model_validate({"same_hashtags": {"enabled": False}})
    none, some = (
        detect_coordination(retweets(names), tables.empty("membership"), section, seed=0) for names in ([5], EVERY)
    )
    assert none.edges.empty
    assert set(some.cohorts["author_id"]) <= COHORT
    assert len(some.cohorts) >= 17
