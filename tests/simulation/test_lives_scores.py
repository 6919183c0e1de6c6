"""Scores on tables whose scores are known: perfect, empty, everything in one, and small ones worked out by hand."""

from itertools import pairwise

import pandas as pd
import pytest

from narratives.simulation import evaluate
from narratives.simulation.circles import BACKGROUND
from narratives.simulation.lives_scores import (
    KINDS,
    Change,
    found_changes,
    majority,
    planted_changes,
    score_changes,
    score_identity,
    score_posts,
)


def table(*posts):
    """Return membership and truth of posts written as `window cluster narrative`, with `-` for no cluster."""
    rows = [post.split() for post in posts]
    ids = [f"p{i}" for i in range(len(rows))]
    cluster = [None if row[1] == "-" else row[1] for row in rows]
    membership = pd.DataFrame({"post_id": ids, "window_id": [int(row[0]) for row in rows], "cluster_id": cluster})
    return membership, pd.DataFrame({"post_id": ids, "narrative": [row[2] for row in rows]})


def tracks(**clusters):
    return pd.DataFrame({"track_id": list(clusters), "clusters": [names.split() for names in clusters.values()]})


def transitions(*rows):
    """Return rows written as `kind window source target`, with `-` for none."""
    split = [row.split() for row in rows]
    return pd.DataFrame(
        {
            "kind": [row[0] for row in split],
            "window_id": [int(row[1]) for row in split],
            "source": [None if row[2] == "-" else row[2] for row in split],
            "target": [None if row[3] == "-" else row[3] for row in split],
        }
    )


def change(kind, window, sources, targets):
    return Change(kind, window, frozenset(sources.split()), frozenset(targets.split()))


def perfect(corpus):
    """Return the tables of a run that clusters and follows exactly what was planted."""
    truth = corpus.truth_posts
    start = pd.Timestamp(corpus.study["time"]["start"], tz="Asia/Almaty")
    week = (corpus.posts["created_at"] - start) // pd.Timedelta(days=7)
    name = (week.astype(str) + "-" + truth["narrative"]).where(truth["narrative"] != BACKGROUND, None)
    membership = pd.DataFrame({"post_id": truth["post_id"], "window_id": week, "cluster_id": name})
    alive = pd.crosstab(truth["narrative"], week).drop(index=BACKGROUND)
    weeks_of = {narrative: row.index[row > 0].tolist() for narrative, row in alive.iterrows()}
    lives = {name: " ".join(f"{week}-{name}" for week in weeks) for name, weeks in weeks_of.items()}
    rows = [
        f"survival {after} {before}-{narrative} {after}-{narrative}"
        for narrative, weeks in weeks_of.items()
        for before, after in pairwise(weeks)
    ]
    for _, event in corpus.truth_events.iterrows():
        kind, week = event["kind"], event["window_id"]
        sources, targets = event["sources"].split("|"), event["targets"].split("|")
        source = f"{week - 1}-{sources[-1]}" if event["sources"] else "-"
        target = f"{week}-{targets[-1]}" if event["targets"] else "-"
        if kind in ("growth", "shrinkage", "revival"):
            before = max(w for w in weeks_of[sources[0]] if w < week)
            source = f"{before}-{sources[0]}"
            rows.remove(f"survival {week} {source} {target}")
        rows.append(f"{kind} {week} {source} {target}")
    return {"membership": membership, "tracks": tracks(**lives), "transitions": transitions(*rows)}


def test_a_perfect_run_has_perfect_scores(lives):
    scores = evaluate(perfect(lives), lives)
    wrong = {
        name: value for name, value in scores.items() if name.endswith(("f1", "precision", "recall")) and value != 1
    }
    assert wrong == {}
    assert {f"{kind}_f1" for kind in KINDS} | {"event_macro_f1", "idf1"} <= set(scores)
    for name in ("ami", "ami_clustered", "coverage", "purity"):
        assert scores[name] == pytest.approx(1.0)
    assert scores["background_clustered"] == scores["identity_switches"] == 0


def test_a_run_that_finds_nothing(lives):
    run = perfect(lives)
    nothing = {
        "membership": run["membership"].assign(cluster_id=None),
        "tracks": run["tracks"].iloc[:0],
        "transitions": run["transitions"].iloc[:0],
    }
    scores = evaluate(nothing, lives)
    zero = (
        "ami_clustered",
        "coverage",
        "purity",
        "background_clustered",
        "event_macro_f1",
        "idf1",
        "identity_switches",
    )
    assert {scores[name] for name in zero} == {0.0}
    assert scores["ami"] == pytest.approx(0.0, abs=1e-9)


def test_everything_in_one_cluster(lives):
    run = perfect(lives)
    week = run["membership"]["window_id"].astype(str)
    run["membership"] = run["membership"].assign(cluster_id=week)
    run["tracks"] = tracks(T=" ".join(week.unique()))
    run["transitions"] = transitions(*(f"survival {i} {i - 1} {i}" for i in range(1, 12)))
    scores = evaluate(run, lives)
    assert scores["coverage"] == scores["background_clustered"] == 1
    assert scores["purity"] == pytest.approx(0.4, abs=0.01)  # the background is the largest class
    assert scores["ami"] == scores["ami_clustered"] == pytest.approx(0.0, abs=1e-9)
    assert scores["event_macro_f1"] == 0
    assert 0 < scores["idf1"] < 0.1


def test_posts_by_hand():
    membership, truth = table("0 a X", "0 a X", "0 a Y", "0 - Y", "0 b background", "0 - background", "1 c X", "1 - X")
    scores = score_posts(membership, truth)
    assert scores["coverage"] == 4 / 6
    assert scores["purity"] == 4 / 5
    assert scores["background_clustered"] == 1 / 2
    assert majority(membership, truth) == {"a": "X", "b": "background", "c": "X"}


def test_a_tied_majority_is_the_first_by_name():
    assert majority(*table("0 a Y", "0 a X")) == {"a": "X"}


def test_a_window_off_is_found_and_two_are_not():
    planted = [change("growth", 5, "X", "X")]
    for window, f1 in ((4, 1), (5, 1), (6, 1), (3, 0), (7, 0)):
        assert score_changes([change("growth", window, "X", "X")], planted)["growth_f1"] == f1


def test_a_change_of_another_narrative_or_kind_is_not_found():
    planted = [change("death", 5, "X", "")]
    for other in (change("death", 5, "Y", ""), change("shrinkage", 5, "X", ""), change("death", 5, "", "X")):
        assert score_changes([other], planted)["death_f1"] == 0


def test_each_planted_change_is_found_once():
    scores = score_changes([change("growth", 5, "X", "X")] * 3, [change("growth", 5, "X", "X")])
    assert (scores["growth_precision"], scores["growth_recall"], scores["growth_f1"]) == (1 / 3, 1, 0.5)


def test_matching_finds_as_many_as_possible():
    planted = [change("growth", 4, "X", "X"), change("growth", 6, "X", "X")]
    found = [change("growth", 5, "X", "X"), change("growth", 3, "X", "X")]  # the first fits both, the second only one
    assert score_changes(found, planted)["growth_f1"] == 1


def test_macro_is_over_planted_kinds():
    planted = [change("birth", 2, "", "X"), change("death", 5, "X", "")]
    scores = score_changes([change("birth", 2, "", "X"), change("merge", 3, "X Y", "X")], planted)
    assert scores["event_macro_f1"] == 0.5
    assert score_changes([], []) == {}


def test_a_split_is_all_that_its_source_goes_on_as():
    of = {"1-x": "X", "2-x": "X", "2-y": "Y", "2-z": "Z"}
    planted = planted_changes(pd.DataFrame([{"kind": "split", "window_id": 2, "sources": "X", "targets": "X|Y"}]))
    whole = transitions("survival 2 1-x 2-x", "split 2 1-x 2-y")
    both = transitions("split 2 1-x 2-x", "split 2 1-x 2-y")
    other = transitions("survival 2 1-x 2-x", "split 2 1-x 2-z")
    half = transitions("split 2 1-x 2-y")
    for rows, f1 in ((whole, 1), (both, 1), (other, 0), (half, 0)):
        assert score_changes(found_changes(rows, of, 0), planted)["split_f1"] == f1


def test_a_merger_is_all_that_its_target_comes_from():
    of = {"1-x": "X", "1-y": "Y", "2-x": "X"}
    planted = planted_changes(pd.DataFrame([{"kind": "merge", "window_id": 2, "sources": "X|Y", "targets": "X"}]))
    for first in ("survival", "merge"):
        found = found_changes(transitions(f"{first} 2 1-x 2-x", "merge 2 1-y 2-x"), of, 0)
        assert found == [change("merge", 2, "X Y", "X")]
        assert score_changes(found, planted)["merge_f1"] == 1
    assert score_changes(found_changes(transitions("merge 2 1-y 2-x"), of, 0), planted)["merge_f1"] == 0


def test_births_of_the_first_window_and_survivals_are_no_changes():
    rows = transitions("birth 0 - 0-x", "survival 1 0-x 1-x", "birth 1 - 1-y")
    assert found_changes(rows, {"0-x": "X", "1-x": "X", "1-y": "Y"}, 0) == [change("birth", 1, "", "Y")]


def test_identity_by_hand():
    membership, truth = table(
        "0 0-a X", "0 0-a X", "1 1-a X", "1 1-b X", "1 1-b X", "0 0-c Y", "1 - Y", "1 1-b background", "2 - background"
    )
    scores = score_identity(membership, tracks(T1="0-a 1-a", T2="1-b", T3="0-c"), truth)
    # X–T1 shares 3 posts, Y–T3 shares 1; 7 posts of narratives, 7 in tracks. X goes from T1 to T2, Y only has T3.
    assert scores == {"idf1": pytest.approx(2 * 4 / 14), "identity_switches": 0.5}


def test_a_track_counts_for_one_narrative_only():
    membership, truth = table("0 a X", "0 a X", "1 b Y", "1 b Y")
    assert score_identity(membership, tracks(T="a b"), truth)["idf1"] == 0.5
    assert score_identity(membership, tracks(T="a", U="b"), truth)["idf1"] == 1.0


def test_a_gap_is_no_switch():
    membership, truth = table("0 a X", "1 - X", "2 b X")
    assert score_identity(membership, tracks(T="a b"), truth)["identity_switches"] == 0.0
    assert score_identity(membership, tracks(T="a", U="b"), truth)["identity_switches"] == 1.0
