import numpy as np
import pandas as pd
import pytest

from narratives.config import Study, Tracking
from narratives.embed import Vectors
from narratives.track import track_narratives


def world(*rows):
    """One narrative per row: (window, direction in degrees, posts, keyword, accounts); texts lie on both sides."""
    clusters, membership, posts, vectors = [], [], [], {}
    for number, (window, degrees, size, word, who) in enumerate(rows):
        angle = np.deg2rad(degrees)
        name = f"{window}-{number}"
        clusters.append(
            {
                "cluster_id": name, "window_id": window, "n_posts": size, "n_texts": size, "n_accounts": len(who),
                "keywords_ru": [word], "keywords_kk": [], "kk_share": 0.0,
                "centroid": np.array([np.cos(angle), np.sin(angle)], dtype=np.float32),
            }
        )  # fmt: skip
        for n in range(size):
            membership.append({"post_id": f"{name}/{n}", "cluster_id": name})
            posts.append({"post_id": f"{name}/{n}", "author_id": who[n % len(who)], "text_key": f"{name}/{n}"})
            beside = angle + np.deg2rad(6 if n % 2 else -6)
            vectors[f"{name}/{n}"] = np.array([np.cos(beside), np.sin(beside)], dtype=np.float32)
    keys = sorted(vectors)
    values = np.array([vectors[key] for key in keys])
    return pd.DataFrame(clusters), pd.DataFrame(membership), pd.DataFrame(posts), Vectors(pd.Index(keys), values, "")


def weeks(number=10, partial=()):
    start = pd.date_range("2022-11-01", periods=number, freq="7D", tz="UTC")
    frame = pd.DataFrame({"window_id": range(number), "start": start, "end": start + pd.Timedelta(days=7)})
    return frame.assign(partial=frame["window_id"].isin(partial))


def track(*rows, windows=None, **section):
    *frames, vectors = world(*rows)
    return track_narratives(*frames, weeks() if windows is None else windows, vectors, study(**section))


def study(**section):
    source = {"format": "simulated", "scenario": "reversal"}
    return Study(name="s", sources=[source], tracking={"threshold": 0.5, **section})


def kinds(found):
    return found.transitions["kind"].tolist()


def test_a_life():
    found = track(*[(w, 10 + w, 10, "хлеб", "ab") for w in range(3)])
    assert kinds(found) == ["birth", "survival", "survival"]
    assert found.tracks["n_windows"].tolist() == [3]
    assert found.tracks["label"].tolist() == ["хлеб"]


def test_growth_shrinkage_and_death():
    found = track((0, 0, 10, "a", "ab"), (1, 0, 30, "a", "ab"), (2, 0, 8, "a", "ab"), (9, 90, 9, "b", "cd"))
    assert found.transitions[["kind", "window_id"]].values.tolist() == [
        ["birth", 0], ["growth", 1], ["shrinkage", 2], ["death", 3], ["birth", 9],
    ]  # fmt: skip


def test_a_change_that_chance_makes_is_neither_growth_nor_shrinkage():
    assert kinds(track((0, 0, 5, "a", "ab"), (1, 0, 8, "a", "ab"))) == ["birth", "survival"]
    assert kinds(track((0, 0, 50, "a", "ab"), (1, 0, 80, "a", "ab"))) == ["birth", "growth"]


def test_a_decline_is_one_beside_a_narrative_of_its_own_by_the_same_people():
    others = [(0, 100, 20, "b", "abcd"), (1, 54, 20, "b", "abcd"), *((w, 200, 20, "z", "efgh") for w in range(2))]
    found = track((0, 0, 40, "a", "abcd"), (1, 0, 10, "a", "abcd"), *others, threshold=0.6)
    assert found.transitions.set_index("target").loc["1-1", "kind"] == "shrinkage"


def test_a_half_covered_edge_is_no_decline():
    rows = (0, 0, 10, "a", "ab"), (1, 0, 30, "a", "ab"), (2, 0, 8, "a", "ab")
    assert kinds(track(*rows, windows=weeks(partial=[0, 2]))) == ["birth", "survival", "survival"]


def test_nothing_merges_or_dies_where_the_data_end():
    rows = (0, -8, 10, "a", "a"), (0, 8, 10, "a", "b"), (1, 0, 20, "a", "ab")
    assert "merge" not in kinds(track(*rows, windows=weeks(partial=[1])))
    rows = (0, 0, 10, "a", "a"), (3, 90, 10, "b", "b")
    assert "death" in kinds(track(*rows))
    assert "death" not in kinds(track(*rows, windows=weeks(partial=[3])))


def test_growth_is_of_posts_per_day_where_windows_differ_in_length():
    windows = weeks(3)
    windows.loc[1, "end"] = windows.loc[1, "start"] + pd.Timedelta(days=1)
    windows.loc[2, "start"] = windows.loc[1, "end"]
    rows = (0, 0, 10, "a", "ab"), (1, 0, 10, "a", "ab"), (2, 0, 20, "a", "ab")
    assert kinds(track(*rows, windows=windows)) == ["birth", "growth", "shrinkage"]


def test_a_post_of_several_windows_counts_once():
    clusters, membership, posts, vectors = world((0, 0, 10, "a", "ab"), (1, 0, 10, "a", "ab"))
    membership.loc[10:15, "post_id"] = membership["post_id"].iloc[:6].tolist()
    posts = posts[~posts["post_id"].isin([f"1-1/{n}" for n in range(6)])]
    found = track_narratives(clusters, membership, posts, weeks(), vectors, study())
    assert found.tracks[["n_posts", "n_accounts", "n_windows"]].values.tolist() == [[14, 2, 2]]


def test_revival_over_a_gap_within_reach():
    found = track((0, 0, 10, "a", "ab"), (3, 0, 10, "a", "ab"))
    assert kinds(found) == ["birth", "revival"]
    apart = track((0, 0, 10, "a", "ab"), (5, 0, 10, "a", "ab"))
    assert len(apart.tracks) == 2


def test_split_and_merge():
    found = track((0, 0, 20, "a", "ab"), (1, -8, 10, "a", "a"), (1, 8, 10, "a", "b"))
    assert kinds(found) == ["birth", "split", "survival"]
    split = found.transitions.set_index("kind").loc["split"]
    assert split[["source_share", "target_share"]].tolist() == [0.5, 1.0]
    found = track((0, -8, 10, "a", "a"), (0, 8, 10, "a", "b"), (1, 0, 20, "a", "ab"))
    assert kinds(found) == ["birth", "birth", "merge", "survival"]
    assert len(found.tracks) == 2


def test_a_new_narrative_far_from_all_is_no_split():
    found = track((0, 0, 20, "a", "ab"), (1, 0, 20, "a", "ab"), (1, 80, 20, "b", "ab"))
    assert kinds(found) == ["birth", "birth", "survival"]


@pytest.mark.parametrize(("who", "kind"), [("abcd", "split"), ("ijkl", "birth")])
def test_a_new_narrative_of_the_same_people_split_off(who, kind):
    others = [(w, 180, 20, "z", "efgh") for w in range(2)]
    found = track((0, 0, 20, "a", "abcd"), (1, 0, 20, "a", "abcd"), (1, 62, 16, "b", who), *others, threshold=0.6)
    assert found.transitions.set_index("target").loc["1-2", "kind"] == kind


def test_people_that_weigh_nothing_tell_no_split():
    others = [(w, 180, 20, "z", "efgh") for w in range(2)]
    rows = (0, 0, 20, "a", "abcd"), (1, 0, 20, "a", "abcd"), (1, 62, 16, "b", "abcd"), *others
    assert "split" not in kinds(track(*rows, threshold=0.6, account_weight=0))


@pytest.mark.parametrize(("who", "kind"), [("abcd", "survival"), ("ijkl", "merge")])
def test_a_part_that_is_told_by_the_same_people_survives_in_the_whole(who, kind):
    others = [(w, 180, 20, "z", "efgh") for w in range(2)]
    found = track((0, -8, 20, "a", "abcd"), (0, 8, 16, "a", who), (1, 0, 36, "a", "abcd" + who), *others)
    assert found.transitions.set_index("source").loc["0-1", ["kind", "target"]].tolist() == [kind, "1-2"]


def test_what_lay_in_another_meanwhile_is_not_revived():
    halves = [(w, degrees, 20, "a", who) for w in (0, 2) for degrees, who in ((-8, "a"), (8, "b"))]
    found = track(*halves, (1, 0, 40, "a", "ab"))
    assert "revival" not in kinds(found)
    assert found.tracks["clusters"].map(list).tolist() == [["0-0", "1-4", "2-2"], ["0-1", "2-3"]]


def test_a_narrative_that_ends_beside_another_is_no_merge():
    found = track((0, 0, 20, "a", "ab"), (0, 80, 20, "b", "ab"), *((w, 0, 20, "a", "ab") for w in range(1, 6)))
    assert "merge" not in kinds(found)
    assert "death" in kinds(found)


def test_shared_accounts_count_beyond_chance():
    everybody = "abcdefgh"
    found = track((0, 0, 16, "a", everybody), (1, 0, 16, "a", everybody)).transitions
    assert found.loc[found["kind"] == "survival", "accounts"].tolist() == [0.0]
    apart = (
        (w, degrees, 16, word, who) for w in range(2) for degrees, word, who in ((0, "a", "abcd"), (80, "b", "efgh"))
    )
    found = track(*apart).transitions
    assert found.loc[found["kind"] == "survival", "accounts"].tolist() == [1.0, 1.0]


def test_the_larger_part_of_a_split_keeps_the_track():
    found = track((0, 0, 60, "a", "abcd"), (1, 8, 40, "a", "abc"), (1, -6, 14, "a", "bcd"))
    assert found.tracks["n_posts"].tolist() == [100, 14]


def test_assignment_is_global():
    """Greedy would give 1-b to its best partner 0-a and leave 0-b alone; together both can go on."""
    rows = (0, 0, 10, "a", "a"), (0, 30, 10, "a", "b"), (1, -25, 10, "a", "a"), (1, 8, 10, "a", "a")
    found = track(*rows, threshold=0.6, centroid_weight=1, account_weight=0, keyword_weight=0)
    assert found.tracks["n_windows"].tolist() == [2, 2]


def test_a_near_perfect_continuation_is_not_given_up_for_two_weak_ones():
    rows = (0, 0, 10, "a", "a"), (0, 79, 10, "a", "b"), (1, 18, 10, "a", "a"), (1, -61, 10, "a", "a")
    found = track(*rows, threshold=0.4, centroid_weight=1, account_weight=0, keyword_weight=0)
    assert found.tracks["clusters"].tolist() == [["0-0", "1-2"], ["0-1"], ["1-3"]]


def test_of_two_that_merge_the_larger_keeps_the_track_though_the_smaller_is_more_alike():
    rows = (0, 0, 30, "a", "a"), (0, 30, 20, "a", "b"), (1, 20, 40, "a", "a")
    found = track(*rows, threshold=0.4, centroid_weight=1, account_weight=0, keyword_weight=0)
    assert found.tracks["clusters"].tolist() == [["0-0", "1-2"], ["0-1"]]


def test_no_narratives_no_tracks():
    clusters, membership, posts, vectors = world((0, 0, 5, "a", "a"))
    found = track_narratives(clusters.iloc[:0], membership, posts, weeks(), vectors, study())
    assert found.tracks.empty
    assert found.transitions.empty


def random_rows(windows=8, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (w, float(rng.uniform(0, 90)), int(rng.integers(5, 30)), "abca"[n], "xyz")
        for w in range(windows)
        for n in range(4)
    ]


def test_row_order_does_not_matter():
    clusters, membership, posts, vectors = world(*random_rows())
    one = track_narratives(clusters, membership, posts, weeks(), vectors, study())
    mixed = [table.sample(frac=1, random_state=1) for table in (clusters, membership, posts)]
    two = track_narratives(*mixed, weeks(), vectors, study())
    pd.testing.assert_frame_equal(one.tracks, two.tracks)
    pd.testing.assert_frame_equal(one.transitions, two.transitions)


@pytest.mark.parametrize("seed", range(5))
def test_later_windows_change_no_track(seed):
    rows = random_rows(seed=seed)
    whole = track(*rows, max_gap=3).tracks.set_index("track_id")["clusters"]
    for seen in (3, 5, 7):
        part = track(*rows[: 4 * seen], max_gap=3).tracks.set_index("track_id")["clusters"]
        before = whole.map(lambda clusters, seen=seen: [name for name in clusters if int(name[0]) < seen])
        assert before[before.map(bool)].to_dict() == part.to_dict()


def test_weights_cannot_all_be_zero():
    with pytest.raises(ValueError, match="at least one of the three weights"):
        Tracking(centroid_weight=0, account_weight=0, keyword_weight=0)
