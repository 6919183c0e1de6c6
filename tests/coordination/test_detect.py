"""Planted cohorts are found, and honest company is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives import tables
from narratives.config import Coordination
from narratives.coordination import detect_coordination
from tests.coordination.planted import Corpus, detect, found, members, tabulate, words

OFF = {"enabled": False}


def corpus(seed: int, accounts: int = 240) -> Corpus:
    return Corpus(np.random.default_rng(seed), accounts)


def test_honest_corpora_have_no_edges() -> None:
    with_edges = [seed for seed in range(20) if len(detect(corpus(seed).habits(8).copied(40, 0.3)).edges)]
    assert len(with_edges) <= 1, with_edges


@pytest.mark.parametrize("seed", range(2))
def test_cohort_that_copies_is_found(seed: int) -> None:
    coordinated = detect(corpus(seed).habits().cohort(24, 10, copy=True), same_narrative=OFF)
    precision, recall = found(coordinated, 24)
    assert precision >= 0.9
    assert recall >= 0.9


@pytest.mark.parametrize("seed", range(2))
def test_cohort_that_paraphrases_at_the_same_minutes_is_found(seed: int) -> None:
    coordinated = detect(corpus(seed).habits().shocks(5).cohort(24, 20, copy=False))
    assert set(coordinated.edges["trace"]) == {"same_narrative"}
    precision, recall = found(coordinated, 24)
    assert precision >= 0.9
    assert recall >= 0.9


def test_cohort_is_found_among_honest_copiers() -> None:
    precision, recall = found(detect(corpus(3).habits().copied(60, 0.3).cohort(24, 15, copy=True)), 24)
    assert precision >= 0.9
    assert recall >= 0.9


def test_cohort_that_copies_at_once_is_found_where_everybody_copies() -> None:
    coordinated = detect(corpus(1).habits().copied(60, 0.3).cohort(24, 15, copy=True), same_narrative=OFF)
    precision, recall = found(coordinated, 24)
    assert set(coordinated.edges["trace"]) == {"quick_copy"}
    assert precision >= 0.9
    assert recall >= 0.9


def test_a_cohort_of_few_copies_is_not_hidden_by_texts_that_go_round_all_day() -> None:
    class Exact(Corpus):
        def _retouched(self, line: list[str]) -> list[str]:
            return line

    exact = Exact(np.random.default_rng(2)).habits().copied(60, 0.3).cohort(24, 5, copy=True)
    precision, recall = found(detect(exact, same_narrative=OFF), 24)
    assert precision >= 0.9
    assert recall >= 0.9


def test_two_texts_that_went_round_make_edges_and_no_cohort() -> None:
    coordinated = detect(corpus(3).habits().cohort(12, 2, copy=True, part=1), same_narrative=OFF)
    assert len(coordinated.edges) > 0
    assert coordinated.cohorts.empty
    assert len(detect(corpus(3).habits().cohort(12, 3, copy=True, part=1), same_narrative=OFF).cohorts) == 12


@pytest.mark.parametrize("apart", [1, 4])
def test_slogans_that_a_club_repeats_for_days_make_no_cohort(apart: int) -> None:
    """Twelve accounts post the same two texts on three days, at any hour; near days are one burst, far ones three."""
    club = corpus(5).habits()
    for slogan in (" ".join(words(club.rng, 8)) for _ in range(2)):
        for day in range(20, 20 + 3 * apart, apart):
            club.rows += [(a, (day + float(club.rng.random())) * 86_400, 0, slogan) for a in range(12)]
    assert detect(club, same_narrative=OFF).cohorts.empty


@pytest.mark.parametrize(("posts", "texts"), [(8, 40), (20, 10), (45, 40)])
def test_who_likes_to_copy_is_no_cohort_however_much_else_is_posted(posts: int, texts: int) -> None:
    found_in = [seed for seed in range(6) if len(detect(corpus(seed).habits(posts).copied(texts, 0.3)).cohorts)]
    assert len(found_in) <= 1, found_in


def test_news_that_everybody_quotes_makes_no_cohort() -> None:
    assert detect(corpus(5).habits().copied(80, 1.0)).cohorts.empty


def test_viral_text_makes_no_edge() -> None:
    coordinated = detect(corpus(6).habits().cohort(200, 4, copy=True), same_narrative=OFF, alpha=0.01)
    assert coordinated.edges.empty


def test_news_shocks_make_no_edge() -> None:
    assert detect(corpus(7).habits().shocks(40)).edges.empty


@pytest.mark.parametrize(("editors", "minutes"), [(5, 5), (12, 300)])
def test_a_newsroom_and_a_fan_club_make_no_cohort(editors: int, minutes: int) -> None:
    """Headlines with a link to the own site by whoever is first; and one account's lines, taken over by its fans."""
    company = corpus(4).habits()
    for number in range(40):
        line, start = " ".join(words(company.rng, 8)), float(company.rng.uniform(0, 69 * 86_400))
        news = editors == 5
        text = f"{line} https://qala.example/{number}" if news else line
        who = company.rng.permutation(editors) if news else range(editors)
        for place, account in enumerate(who):
            at = start + (0.0 if place == 0 else company.rng.uniform(1, 60 * minutes))
            company.rows.append((int(account), at, number % 8, text))
    assert detect(company).cohorts.empty


def test_same_waking_hours_make_no_edge() -> None:
    rng = np.random.default_rng(8)
    honest = Corpus(rng, 120)
    for account in range(120):
        hour = 20.0 if account < 30 else rng.uniform(0, 24)
        times = rng.integers(0, 70, 100) * 86_400 + (rng.normal(hour, 0.6, 100) % 24) * 3600
        honest.rows += [(account, t, int(rng.integers(8)), None) for t in times]
    assert detect(honest).edges.empty


def test_loud_account_gains_nothing_by_volume() -> None:
    noisy = corpus(9).habits().copied(60, 0.3)
    times = noisy.rng.uniform(0, 70 * 86_400, 1_500)
    noisy.rows += [(0, t, int(noisy.rng.integers(8)), None) for t in times]
    lines = [row for row in noisy.rows if row[3] is not None]
    noisy.rows += [(0, row[1] + 60, row[2], row[3]) for row in lines[::2]]
    assert detect(noisy).edges.empty


def test_who_repeats_a_text_daily_has_one_action() -> None:
    spam = corpus(10, 60).habits()
    for day in range(60):
        spam.rows += [
            (account, day * 86_400 + 3600.0 * account, account, f"{'реклама скидка звони ' * 3}")
            for account in range(4)
        ]
    assert detect(spam, same_narrative=OFF).edges.empty


def pair(texts: int, gap: float, **more: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two accounts with `texts` lines in common, `gap` seconds apart, among twenty that share nothing."""
    rng = np.random.default_rng(0)
    rows = [(f"b{i:02d}", t, " ".join(words(rng, 9))) for i in range(20) for t in rng.uniform(0, 9e6, 20)]
    for number in range(texts):
        line, start = " ".join(words(rng, 9)), number * 400_000 + 599
        first, second = ("left", "right") if number % 2 else ("right", "left")
        rows += [(first, start, line), (second, start + gap, line)]
    authors, seconds, lines = zip(*rows, strict=True)
    return tabulate(list(authors), seconds, list(lines), **more), members(["0-0"] * len(rows))


@pytest.mark.parametrize(("gap", "edges"), [(86_400, 1), (86_401, 0)])
def test_near_copies_count_up_to_the_window(gap: float, edges: int) -> None:
    section = Coordination.model_validate({"same_narrative": OFF})
    assert len(detect_coordination(*pair(12, gap), section, seed=0).edges) == edges


@pytest.mark.parametrize(("gap", "edges"), [(2, 1), (600, 1), (601, 0)])
def test_a_bin_border_loses_no_pair(gap: float, edges: int) -> None:
    section = Coordination.model_validate({"near_copy": OFF})
    assert len(detect_coordination(*pair(20, gap), section, seed=0).edges) == edges


def test_reposts_are_no_copies() -> None:
    section = Coordination.model_validate({"same_repost": OFF})
    assert detect_coordination(*pair(20, 2, repost=True), section, seed=0).edges.empty


def test_public_actions_are_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    coordinated = detect(corpus(1).habits().cohort(24, 10, copy=True), same_narrative=OFF, max_group=5)
    assert coordinated.edges.empty
    assert "near_copy: 10 actions of more than 5 accounts are public and left out" in caplog.text


def test_evidence_is_behind_every_edge() -> None:
    posts, membership = corpus(2).habits().cohort(24, 12, copy=True).tables()
    coordinated = detect_coordination(posts, membership, Coordination(), seed=0)
    evidence, post = coordinated.edge_evidence, posts.set_index("post_id")
    source, target = post.loc[evidence["source_post"]], post.loc[evidence["target_post"]]
    assert source["author_id"].tolist() == evidence["source"].tolist()
    assert target["author_id"].tolist() == evidence["target"].tolist()
    gap = pd.Series(source["created_at"].array - target["created_at"].array).abs().dt.total_seconds()
    assert np.allclose(gap, evidence["seconds"])
    assert (
        evidence["seconds"] <= evidence["trace"].map({"near_copy": 86_400, "quick_copy": 900, "same_narrative": 600})
    ).all()
    per_edge = evidence.groupby(["trace", "source", "target"]).size()
    shared = coordinated.edges.set_index(["trace", "source", "target"])["shared"]
    assert (per_edge == shared.clip(upper=10)).all()


def test_row_order_does_not_matter() -> None:
    posts, membership = corpus(4).habits().copied(20, 0.3).cohort(24, 12, copy=True).tables()
    straight = detect_coordination(posts, membership, Coordination(), seed=0)
    mixed = detect_coordination(posts.sample(frac=1, random_state=1), membership[::-1], Coordination(), seed=0)
    for name in ("edges", "edge_evidence", "cohorts"):
        assert len(getattr(straight, name)) > 0
        pd.testing.assert_frame_equal(getattr(straight, name), getattr(mixed, name))


def test_a_stricter_rate_keeps_a_subset() -> None:
    made = corpus(11).habits().cohort(24, 12, copy=True, part=0.7).tables()
    kept = [
        set(
            detect_coordination(*made, Coordination(alpha=alpha), seed=0)
            .edges[["trace", "source", "target"]]
            .itertuples(index=False)
        )
        for alpha in (1e-6, 1e-3, 0.05)
    ]
    assert kept[0] < kept[1] < kept[2]


@pytest.mark.parametrize("section", [{}, {"near_copy": OFF}, {"near_copy": OFF, "same_narrative": OFF}])
def test_nothing_in_nothing_out(section: dict[str, object]) -> None:
    few = tabulate(["a", "b"], [0, 5], ["🙂", "да"])
    settings = Coordination.model_validate(section)
    for posts in (few, tables.empty("posts")):
        coordinated = detect_coordination(posts, tables.empty("membership"), settings, seed=0)
        assert coordinated.edges.empty
        assert coordinated.edge_evidence.empty
        assert coordinated.cohorts.empty


def test_windows_that_overlap_make_no_meeting_twice() -> None:
    posts, membership = corpus(0).habits().cohort(24, 20, copy=False).tables()
    later = membership.assign(window_id=membership["window_id"] + 1, cluster_id="again-" + membership["cluster_id"])
    both = tables.check("membership", pd.concat([later, membership], ignore_index=True))
    once, twice = (detect_coordination(posts, found, Coordination(), seed=0) for found in (membership, both))
    assert len(once.edges)
    pd.testing.assert_frame_equal(once.edges, twice.edges)
    pd.testing.assert_frame_equal(once.edge_evidence, twice.edge_evidence)
