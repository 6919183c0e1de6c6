import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from narratives.cluster import cluster_windows
from narratives.cluster.hdbscan import _nearest, cluster_vectors, leave, nearest, settle, smooth
from narratives.cluster.keywords import keywords
from narratives.config import Clustering, Study
from narratives.embed import Vectors
from narratives.errors import ConfigError
from narratives.tables import TIME

SPACE = 80  # dimensions: `FAR` is 1.6 deviations of strangers' cosines there, and 1.9 among real posts
STORIES = {
    "ru": [
        "цены на хлеб снова выросли в магазине",
        "акимат обещал починить дорогу до посёлка",
        "сборная проиграла футбольный матч в Астане",
    ],
    "kk": [
        "дүкенде нан бағасы тағы қымбаттады",
        "әкімдік ауылға баратын жолды жөндеймін деді",
        "құрама Астанада футбол матчында жеңілді",
    ],
}


def planted(windows=2, per_story=30, seed=0):
    """Posts of three stories per window, half Russian half Kazakh, with the vectors of an encoder that knows both."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, 64))
    rows, vectors = [], []
    for window in range(windows):
        for story in range(3):
            for number in range(per_story):
                lang = "ru" if number % 2 else "kk"
                text = f"{STORIES[lang][story]} {window} {number} {'аб'[number % 2] * (number + 1)}"
                rows.append((f"{window}-{story}-{number}", f"a{number}", window, text, lang, story))
                vectors.append(centres[story] + rng.normal(scale=0.35, size=64))
    posts = pd.DataFrame(rows, columns=["post_id", "author_id", "window", "text", "lang", "story"])
    start = pd.Timestamp("2022-11-01", tz="UTC")
    posts["created_at"] = (start + pd.to_timedelta(posts["window"] * 7, unit="D")).astype(TIME)
    posts["text_key"] = posts["group_id"] = posts["post_id"]
    values = np.array(vectors, dtype=np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    order = np.argsort(posts["text_key"].to_numpy())
    made = Vectors(pd.Index(posts["text_key"].to_numpy()[order]), values[order], "planted 1")
    starts = [start + pd.Timedelta(weeks=n) for n in range(windows)]
    frame = pd.DataFrame(
        {"window_id": range(windows), "start": starts, "end": [s + pd.Timedelta(weeks=1) for s in starts]}
    )
    return posts, frame, made


def study_of(**sections):
    return Study.model_validate({"name": "x", "sources": [{"path": "a.csv"}], **sections})


def test_planted_stories_are_found_across_languages():
    posts, windows, vectors = planted()
    found = cluster_windows(posts, windows, vectors, study_of())
    merged = found.membership.merge(posts, on="post_id")
    inside = merged[merged["cluster_id"].notna()]
    assert len(inside) >= 0.9 * len(posts)
    for _, part in inside.groupby("window_id"):
        assert adjusted_mutual_info_score(part["story"], part["cluster_id"]) > 0.95
    assert found.clusters["kk_share"].between(0.4, 0.6).all()
    assert found.clusters["medoid_ru"].notna().all()
    assert found.clusters["medoid_kk"].notna().all()


def test_row_order_and_workers_do_not_matter():
    posts, windows, vectors = planted(per_story=20)
    one = cluster_windows(posts, windows, vectors, study_of())
    shuffled = posts.sample(frac=1, random_state=3)
    two = cluster_windows(shuffled, windows, vectors, study_of(engine={"workers": 2}))
    pd.testing.assert_frame_equal(one.membership, two.membership)
    pd.testing.assert_frame_equal(one.clusters.drop(columns="centroid"), two.clusters.drop(columns="centroid"))


def test_no_look_ahead():
    posts, windows, vectors = planted(windows=3, per_story=20)
    everything = cluster_windows(posts, windows, vectors, study_of()).membership
    prefix = cluster_windows(posts[posts["window"] < 2], windows.iloc[:2], vectors, study_of()).membership
    pd.testing.assert_frame_equal(everything[everything["window_id"] < 2].reset_index(drop=True), prefix)


def test_context_is_two_windows_back():
    posts, windows, vectors = planted(windows=4, per_story=20)
    found = cluster_windows(posts, windows, vectors, study_of()).membership
    later = cluster_windows(posts[posts["window"] > 0], windows, vectors, study_of()).membership
    last = found["window_id"] == 3
    pd.testing.assert_frame_equal(
        found[last].reset_index(drop=True), later[later["window_id"] == 3].reset_index(drop=True)
    )


def test_copies_of_a_windows_texts_are_no_context():
    posts, windows, vectors = planted(windows=2, per_story=20)
    posts["group_id"] = posts["post_id"].str[2:]
    found = cluster_windows(posts, windows, vectors, study_of()).membership
    alone = cluster_windows(posts, windows, vectors, study_of(clustering={"context": 0})).membership
    pd.testing.assert_frame_equal(found, alone)


def test_context_tells_apart_what_a_window_alone_does_not():
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(3, 64)), 60, axis=0)
    vectors = (centres + rng.normal(scale=2.5, size=centres.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    story, window = np.arange(180) // 60, np.arange(180) % 3 == 0
    section = Clustering(min_cluster_size=10)
    found, moved = cluster_vectors(vectors[window], section, vectors[~window])
    alone = cluster_vectors(vectors[window], section)[0]
    assert (len(found), len(moved)) == (window.sum(), len(window))
    assert adjusted_mutual_info_score(story[window], found) > adjusted_mutual_info_score(story[window], alone) + 0.1


def test_overlapping_windows_cluster_their_posts_each():
    posts, windows, vectors = planted(windows=2, per_story=20)
    both = pd.DataFrame({"window_id": [2], "start": windows["start"].iloc[:1], "end": windows["end"].iloc[1:].tolist()})
    windows = pd.concat([windows.iloc[:1], both.assign(window_id=1), windows.iloc[1:].assign(window_id=2)])
    found = cluster_windows(posts, windows, vectors, study_of())
    assert found.membership["window_id"].value_counts().to_dict() == {0: 60, 1: 120, 2: 60}
    assert not found.membership.duplicated(["post_id", "window_id"]).any()
    assert found.clusters.groupby("window_id")["n_posts"].sum().loc[1] > 110
    alone = cluster_windows(posts[posts["window"] == 0], windows.iloc[:1], vectors, study_of())
    first = found.membership[found.membership["window_id"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, alone.membership)


def copied(posts, vectors, text, number, edited=False):
    """Return posts and vectors with so many copies of the post at `text` a minute later; edited ones are new texts."""
    copies = pd.concat([posts.loc[posts["post_id"] == text]] * number, ignore_index=True)
    copies["post_id"] = [f"copy{n:04d}" for n in range(number)]
    copies["created_at"] += pd.Timedelta(minutes=1)
    if not edited:
        return pd.concat([posts, copies], ignore_index=True), vectors
    copies["text_key"] = copies["post_id"]
    rng = np.random.default_rng(1)
    near = vectors.of([text]) + rng.normal(scale=0.02, size=(number, vectors.values.shape[1]))
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    keys = [*vectors.keys, *copies["text_key"]]
    order = np.argsort(keys)
    values = np.vstack([vectors.values, near]).astype(np.float32)[order]
    return pd.concat([posts, copies], ignore_index=True), Vectors(pd.Index(np.array(keys)[order]), values, "planted 1")


@pytest.mark.parametrize("edited", [False, True])
def test_copies_make_no_narrative_and_return_to_theirs(edited):
    posts, windows, vectors = planted(windows=1)
    both, more = copied(posts, vectors, "0-0-0", 500, edited)
    found, alone = (cluster_windows(*given, study_of()) for given in ((both, windows, more), (posts, windows, vectors)))
    labels = found.membership.set_index("post_id")["cluster_id"]
    pd.testing.assert_series_equal(
        labels[posts["post_id"]], alone.membership.set_index("post_id")["cluster_id"][posts["post_id"]]
    )
    assert set(labels[labels.index.str.startswith("copy")]) == {labels["0-0-0"]}


def stranger(vectors, seed):
    """A unit row at right angles to what the three stories of `vectors` are about."""
    about = np.linalg.svd(vectors)[2][:3]
    row = np.random.default_rng(seed).normal(size=(1, vectors.shape[1]))
    row -= row @ about.T @ about
    return (row / np.linalg.norm(row)).astype(np.float32)


@pytest.mark.parametrize("edited", [False, True])
def test_copies_of_a_lonely_text_make_no_narrative(edited):
    posts, windows, vectors = planted(windows=1)
    lonely = posts.iloc[[0]].assign(post_id="lonely", text_key="lonely", group_id="lonely", text="совсем о другом")
    values = np.vstack([vectors.values, stranger(vectors.values, seed=9)])
    vectors = Vectors(pd.Index([*vectors.keys, "lonely"]), values, "planted 1")
    both, more = copied(pd.concat([posts, lonely], ignore_index=True), vectors, "lonely", 500, edited)
    found = cluster_windows(both, windows, more, study_of())
    labels = found.membership.set_index("post_id")["cluster_id"]
    assert labels[~labels.index.isin(posts["post_id"])].isna().all()
    alone = cluster_windows(posts, windows, vectors, study_of()).clusters
    assert len(found.clusters) == len(alone)


def test_a_narrative_of_twelve_texts_is_found_among_a_thousand_copies():
    posts, windows, vectors = planted(windows=1)
    posts = posts[(posts["story"] > 0) | posts["post_id"].isin([f"0-0-{n}" for n in range(12)])]
    both, vectors = copied(posts, vectors, "0-1-0", 1_000)
    found = cluster_windows(both, windows, vectors, study_of()).membership.set_index("post_id")["cluster_id"]
    small = found[[f"0-0-{n}" for n in range(12)]]
    assert small.notna().mean() > 0.8
    assert len(set(small.dropna())) == 1
    assert (found == small.mode()[0]).sum() == small.notna().sum()


def test_every_post_has_a_reason():
    posts, windows, vectors = planted(windows=1)
    posts.loc[0, "lang"] = "none"
    posts.loc[1, "lang"] = "tr"
    found = cluster_windows(posts, windows, vectors, study_of()).membership.set_index("post_id")
    assert found.loc[posts["post_id"][0], "reason"] == "no words"
    assert found.loc[posts["post_id"][1], "reason"] == "language"
    assert len(found) == len(posts)


def test_a_post_that_left_its_cluster_for_a_nearer_one_is_no_core(monkeypatch):
    posts, windows, vectors = planted(windows=1)
    astray = "0-0-0"

    def mistaken(rows, *args):
        labels, moved = cluster_vectors(rows, *args)
        assert labels.max() == 2
        place = posts["post_id"].sort_values().tolist().index(astray)
        labels[place] = (labels[place] + 1) % 3
        return labels, moved

    monkeypatch.setattr("narratives.cluster.cluster_vectors", mistaken)
    found = cluster_windows(posts, windows, vectors, study_of()).membership.set_index("post_id")
    assert found.loc[astray, "cluster_id"] == found.loc["0-0-1", "cluster_id"]
    assert found["reason"].value_counts().to_dict() == {"core": 89, "near": 1}
    assert found.loc[astray, "reason"] == "near"


@pytest.mark.parametrize("number", [1, 3, 8])
def test_a_handful_of_posts_is_no_narrative(number):
    posts, windows, vectors = planted(windows=1)
    found = cluster_windows(posts.head(number), windows, vectors, study_of())
    assert found.clusters.empty
    assert set(found.membership["reason"]) == {"too few posts"}


@pytest.mark.parametrize("dimensions", [64, 256])
def test_noise_stays_noise(dimensions):
    vectors = np.random.default_rng(0).normal(size=(400, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    section = Clustering()
    labels = settle(vectors, cluster_vectors(vectors, section)[0], section.min_similarity)
    assert (labels >= 0).mean() < 0.1


def test_strangers_that_smoothing_takes_into_a_narrative_leave_it():
    values = planted(windows=1)[2].values
    for seed in range(10):
        rows = np.vstack([values, stranger(values, seed)])
        labels = cluster_vectors(rows, Clustering())[0]
        assert labels[-1] >= 0
        assert settle(rows, labels, 1)[-1] == -1


def test_rows_settle_where_they_belong():
    vectors = np.array([*[[1, 0]] * 6, [0.9, 0.436], [0, 1], [0, -1]], dtype=np.float32)
    settled = settle(vectors, np.array([*[0] * 6, -1, -1, 0]), 0.7)
    assert settled.tolist() == [*[0] * 7, -1, -1]


def test_a_loose_cluster_is_noise():
    rng = np.random.default_rng(0)
    tight = np.repeat(rng.normal(size=(8, 64)), 10, axis=0) + rng.normal(scale=0.5, size=(80, 64))
    vectors = np.vstack([rng.normal(size=(30, 64)), tight]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.concatenate([np.zeros(30, np.int64), 1 + np.repeat(np.arange(8), 10)])
    settled = settle(vectors, labels, 1)
    assert settled.tolist() == [-1] * 30 + np.repeat(np.arange(8), 10).tolist()


@pytest.mark.parametrize("loud", [20, 400])
def test_a_narrative_is_not_loose_for_being_loud(loud):
    rng = np.random.default_rng(0)
    about = np.repeat(np.arange(6), [loud, *[20] * 5])
    vectors = np.eye(64)[about] + 0.17 * rng.normal(size=(len(about), 64))  # two of one narrative have a cosine of .35
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    settled = settle(vectors, about, 1)
    assert (settled >= 0).mean() > 0.95


def test_what_lies_nearest_to_a_loose_cluster_joins_nothing():
    axis = np.eye(64)
    loose = axis[10] + 0.5 * np.random.default_rng(0).normal(size=(40, 64))
    rows = np.vstack([axis[:5].repeat(20, axis=0), loose, axis[10] + 0.25 * axis[0]])
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    labels = np.repeat([0, 1, 2, 3, 4, 5, -1], [*[20] * 5, 40, 1])
    assert nearest(vectors[-1:], vectors, labels, 0.15).tolist() == [5]
    assert settle(vectors, labels, 0.15)[-1] == -1
    assert settle(vectors, np.where(labels == 5, -1, labels), 0.15)[-1] >= 0


@pytest.mark.parametrize("loud", [20, 600])
def test_a_loud_narrative_keeps_its_fringe_and_drives_no_others_together(loud):
    rng = np.random.default_rng(0)
    about = np.repeat([0, 1, 2, 0, 3, 4], [loud, 20, 20, loud, 5, 5])
    spread = np.repeat([0.045, 0.107], [loud + 40, loud + 10])  # the second half of the loud one is its fringe
    vectors = np.eye(SPACE)[about] + spread[:, None] * rng.normal(size=(len(about), SPACE))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    labels = np.where(np.arange(len(about)) < loud + 40, about, -1)
    settled = settle(vectors, labels, Clustering().min_similarity)
    assert (settled[about == 0] == 0).mean() > 0.95
    assert (settled[about > 2] == -1).all()


def test_what_all_texts_share_joins_nothing():
    rng = np.random.default_rng(0)
    topics = 0.3 * np.repeat(rng.normal(size=(20, 64)), 20, axis=0) + 0.1 * rng.normal(size=(400, 64))
    vectors = 0.5 + np.vstack([topics, 0.3 * rng.normal(size=(50, 64))])  # as of a model whose cosines are all high
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    settled = settle(vectors, np.repeat([*range(20), -1], [*[20] * 20, 50]), 0.4)
    assert (settled[:400] >= 0).all()
    assert (settled[400:] < 0).mean() > 0.9


def test_noise_joins_what_it_is_like_and_not_a_few_texts_of_it():
    axis = np.eye(64)
    fringe = np.repeat(0.8 * axis[0] + 0.6 * axis[10], 5, axis=0).reshape(64, 5).T
    stories = np.vstack([axis[:5].repeat(60, axis=0), fringe])
    within, beside = 0.6 * axis[0] + 0.8 * axis[11], 0.4 * axis[0] + 0.92 * axis[10]
    vectors = np.vstack([stories, within, beside]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.repeat([0, 1, 2, 3, 4, 0], [*[60] * 5, 5])
    assert (vectors[:305] @ vectors[-1]).max() > (vectors[:305] @ vectors[-2]).max()
    assert nearest(vectors[305:], vectors[:305], labels, 0.5).tolist() == [0, -1]
    assert settle(vectors, np.append(labels, [-1, -1]), 0.5)[305:].tolist() == [0, -1]


def topics(sizes, rng):
    """Texts of some topics, two of one with a cosine of .35, and after them 400 strangers."""
    rows = np.eye(SPACE)[np.repeat(np.arange(len(sizes)), sizes)] + 0.152 * rng.normal(size=(sum(sizes), SPACE))
    rows = np.vstack([rows, rng.normal(size=(400, SPACE))])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("loud", [80, 8_000])
def test_a_loud_narrative_takes_in_neither_strangers_nor_the_texts_of_others(loud):
    sizes = [loud, *[80] * 7]
    vectors, labels = topics(sizes, np.random.default_rng(0)), np.repeat(np.arange(8), sizes)
    found = nearest(vectors[loud:], vectors[: len(labels)], labels, Clustering().min_similarity)
    others, strangers = found[:-400], found[-400:]
    assert (others == labels[loud:]).mean() > 0.99
    assert (strangers == 0).mean() < 0.06


def test_what_leaves_a_narrative_does_not_come_back():
    values = planted(windows=1)[2].values
    for seed in range(10):
        rows = np.vstack([values, stranger(values, seed)])
        labels = cluster_vectors(rows, Clustering())[0]
        assert settle(rows, labels, Clustering().min_similarity)[-1] == -1


def test_texts_of_a_loose_cluster_join_the_narrative_that_they_are_of():
    axis = np.eye(64)
    scattered = np.random.default_rng(0).normal(size=(40, 64))
    rows = np.vstack([axis[:6].repeat(20, axis=0), scattered, 0.8 * axis[:1] + 0.6 * axis[20:28]])
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    labels = np.repeat([*range(6), 6], [*[20] * 6, 48])
    settled = settle(vectors, labels, 0.22)
    assert (settled[-8:] == settled[0]).all()
    assert (settled[120:160] == -1).mean() > 0.9


def test_nothing_joins_at_a_likeness_of_one():
    rows = np.eye(64, dtype=np.float32)[np.arange(360) // 60]
    labels = np.where(np.arange(360) % 10 == 0, -1, np.arange(360) // 60)
    assert np.flatnonzero(settle(rows, labels, 1.0) < 0).tolist() == list(range(0, 360, 10))


def test_a_cluster_that_all_have_left_takes_in_nothing():
    rows = np.vstack([np.eye(8)[[0, 0, 1, 1]], np.full((1, 8), -0.35)]).astype(np.float32)
    assert nearest(rows, rows[:4], np.array([0, 0, 2, 2]), 0.1).tolist() == [0, 0, 2, 2, -1]


def test_a_text_need_not_be_like_every_way_in_which_a_narrative_is_told():
    axis = np.eye(64)
    told = 0.7 * axis[0] + 0.7 * axis[10:16].repeat(50, axis=0)
    vectors = np.vstack([axis[1:5].repeat(60, axis=0), told, 0.3 * axis[:1] + 0.9 * axis[10:11]]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.repeat([1, 2, 3, 4, 0], [60, 60, 60, 60, 300])
    assert nearest(vectors[-1:], vectors[:-1], labels, 0.7).tolist() == [0]


def test_likeness_in_blocks_is_likeness(monkeypatch):
    vectors = planted(windows=1)[2].values
    labels = settle(vectors, cluster_vectors(vectors, Clustering())[0], 1)
    whole = nearest(vectors, vectors, labels, 0.2)
    assert len(set(whole)) > 2
    monkeypatch.setattr("narratives.cluster.hdbscan.BLOCK", 700)
    assert nearest(vectors, vectors, labels, 0.2).tolist() == whole.tolist()


def test_what_has_noise_around_it_leaves():
    axis = np.eye(64, dtype=np.float32)
    moved = axis[:3].repeat(30, axis=0)
    labels = np.repeat([0, 1, -1], 30)
    labels[[0, 59, 60, 61]] = -1, -1, 0, 1  # two of noise within narratives, two of narratives within noise
    expected = np.where(np.arange(90) < 60, labels, -1)
    assert leave(moved, labels, 21).tolist() == expected.tolist()


@pytest.mark.parametrize(("alone", "stays"), [(9, True), (10, False)])
def test_half_of_the_neighbours_is_enough_to_leave(alone, stays):
    moved = np.eye(64, dtype=np.float32)[[0] * 21 + [1] * 30]
    moved[:21] += 0.01 * np.eye(64, dtype=np.float32)[10:31]
    labels = np.array([*[0] * (21 - alone), *[-1] * alone, *[0] * 30])
    assert (leave(moved, labels, 21)[0] == 0) == stays


def test_the_least_narrative_stays_and_less_is_none():
    axis = np.eye(64, dtype=np.float32)
    rows = np.vstack([axis[:1].repeat(5, axis=0), 0.5 * axis[0] + 0.87 * axis[2:60]]).astype(np.float32)
    labels = np.repeat([0, -1], [5, 58])
    assert leave(rows, labels, 5)[:5].tolist() == [0] * 5
    assert leave(rows, labels, 6)[:5].tolist() == [-1] * 5
    assert leave(rows[3:], np.repeat([0, -1], [2, 58]), 2)[:2].tolist() == [0, 0]  # each has the other beside it


def test_lonely_texts_leave_the_narratives_of_a_run(monkeypatch):
    seen = []

    def watch(moved, labels, smallest):
        seen.append((moved, labels, smallest))
        return np.where(np.arange(len(labels)) % 2, labels, -1)

    monkeypatch.setattr("narratives.cluster.leave", watch)
    posts, windows, vectors = planted(windows=1)
    membership = cluster_windows(posts, windows, vectors, study_of()).membership.sort_values("post_id")
    moved, labels, smallest = seen[0]
    assert membership["cluster_id"].isna().tolist() == [n % 2 == 0 or labels[n] < 0 for n in range(90)]
    assert smallest == 7
    together = [np.linalg.norm(rows[labels == 0].mean(axis=0)) for rows in (vectors.values, moved)]
    assert together[1] > together[0] + 0.03


def test_narratives_of_a_window_are_not_smaller_than_asked_for():
    posts, windows, vectors = planted(windows=1, per_story=12)
    noise = np.random.default_rng(0).normal(size=(200, vectors.values.shape[1]))
    more = posts.iloc[np.zeros(200, dtype=int)].reset_index(drop=True)
    more["post_id"] = more["text_key"] = more["group_id"] = [f"n{n:03d}" for n in range(200)]
    rows = np.vstack([vectors.values, noise / np.linalg.norm(noise, axis=1, keepdims=True)]).astype(np.float32)
    every = Vectors(pd.Index([*vectors.keys, *more["text_key"]]), rows, vectors.model)
    for smallest in (3, 5):
        study = study_of(clustering={"min_cluster_size": smallest})
        found = cluster_windows(pd.concat([posts, more], ignore_index=True), windows, every, study)
        assert len(found.clusters)
        assert found.clusters["n_texts"].min() >= smallest


def test_as_many_neighbours_as_wanted_among_equal_rows():
    rows = np.eye(3, dtype=np.float32).repeat([40, 2, 1], axis=0)
    near = _nearest(rows, 6).toarray()
    assert (near.sum(axis=1) == 6).all()
    assert (near.diagonal() == 0).all()
    assert near[:40, :40].sum() == 240
    assert near[40, 41] == near[41, 40] == 1


def test_earlier_texts_count_to_the_narrative_they_are_nearest_to(monkeypatch):
    seen = []

    def watch(vectors, labels, core, *_, **__):
        seen.append((vectors, labels, len(core)))
        return labels[: len(core)]

    monkeypatch.setattr("narratives.cluster.part", watch)
    posts, windows, vectors = planted(windows=2)
    cluster_windows(posts, windows, vectors, study_of())
    rows, labels, number = seen[1]
    assert len(rows) == len(labels) > number
    assert (labels[number:] >= 0).mean() > 0.8
    for label in range(3):
        now, earlier = rows[:number][labels[:number] == label], rows[number:][labels[number:] == label]
        assert (earlier @ now.mean(axis=0)).min() > 0.3


def test_no_rows_settle():
    assert settle(np.zeros((0, 4)), np.zeros(0, np.int64), 0.5).tolist() == []


def test_smoothing_moves_towards_neighbours_and_keeps_unit_length():
    vectors = np.array([[1, 0], [0.8, 0.6], [0, -1]], dtype=np.float32)
    moved = smooth(vectors, 1)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-6)
    assert (moved[0] @ moved[1]) > (vectors[0] @ vectors[1])
    np.testing.assert_allclose(moved[2], vectors[2])


def test_a_text_without_words_stays_without_direction():
    rows = np.zeros((8, 3), np.float32)
    rows[:6, 0] = 1
    assert not smooth(rows, 3)[6:].any()


def test_smoothing_in_blocks_is_smoothing(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(100, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    whole = smooth(vectors, 3)
    monkeypatch.setattr("narratives.cluster.hdbscan.BLOCK", 700)
    np.testing.assert_allclose(smooth(vectors, 3), whole, atol=1e-6)


def test_a_method_that_is_not_installed_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fast_hdbscan", None)
    with pytest.raises(ConfigError, match=r"not installed: pip install 'narratives\[fast_hdbscan\]'"):
        cluster_vectors(np.eye(40, dtype=np.float32), Clustering(method="fast_hdbscan"))


def test_fast_hdbscan_finds_planted_stories():
    pytest.importorskip("fast_hdbscan")
    posts, windows, vectors = planted(windows=1)
    section = {"method": "fast_hdbscan"}
    found = cluster_windows(posts, windows, vectors, study_of(clustering=section)).membership
    merged = found.merge(posts, on="post_id").dropna(subset="cluster_id")
    assert len(merged) >= 0.9 * len(posts)
    assert adjusted_mutual_info_score(merged["story"], merged["cluster_id"]) > 0.95


def test_keywords_are_of_their_cluster_and_language():
    texts = pd.Series([f"{STORIES[lang][story]} {n}" for story in range(3) for lang in ("ru", "kk") for n in range(4)])
    langs = pd.Series([lang for _ in range(3) for lang in ("ru", "kk") for _ in range(4)])
    labels = np.repeat([0, 1, 2], 8)
    found = keywords(texts, langs, labels, 5)
    assert "хлеб" in found[0][0]
    assert "нан" in found[0][1]
    assert "дорога" in found[1][0]
    assert not set(found[0][0]) & set(found[1][0])
