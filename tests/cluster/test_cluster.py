import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from narratives.cluster import cluster_windows
from narratives.cluster.hdbscan import centroids, cluster_vectors, join_noise
from narratives.cluster.keywords import keywords
from narratives.config import Clustering, Study
from narratives.embed import Vectors
from narratives.tables import TIME

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


def test_copies_make_no_narrative_and_return_to_theirs():
    posts, windows, vectors = planted(windows=1)
    copies = pd.concat([posts.iloc[[0]]] * 50, ignore_index=True)
    copies["post_id"] = [f"copy{n}" for n in range(50)]
    found = cluster_windows(pd.concat([posts, copies], ignore_index=True), windows, vectors, study_of())
    alone = cluster_windows(posts, windows, vectors, study_of())
    assert len(found.clusters) == len(alone.clusters)
    assert found.clusters["n_texts"].sum() == alone.clusters["n_texts"].sum()
    labels = found.membership.set_index("post_id")["cluster_id"]
    assert set(labels[copies["post_id"]]) == {labels[posts["post_id"][0]]}


def test_every_post_has_a_reason():
    posts, windows, vectors = planted(windows=1)
    posts.loc[0, "lang"] = "none"
    posts.loc[1, "lang"] = "tr"
    found = cluster_windows(posts, windows, vectors, study_of()).membership.set_index("post_id")
    assert found.loc[posts["post_id"][0], "reason"] == "no words"
    assert found.loc[posts["post_id"][1], "reason"] == "language"
    assert len(found) == len(posts)


@pytest.mark.parametrize("number", [1, 3, 8])
def test_a_handful_of_posts_is_no_narrative(number):
    posts, windows, vectors = planted(windows=1)
    found = cluster_windows(posts.head(number), windows, vectors, study_of())
    assert found.clusters.empty
    assert set(found.membership["reason"]) == {"too few posts"}


def test_noise_stays_noise():
    vectors = np.random.default_rng(0).normal(size=(300, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = cluster_vectors(vectors, Clustering())
    assert (join_noise(vectors, labels, 0.5) >= 0).mean() < 1 / 3


def test_noise_joins_only_what_it_is_near_to():
    vectors = np.array([[1, 0], [1, 0], [0.9, 0.436], [0, 1]], dtype=np.float32)
    joined = join_noise(vectors, np.array([0, 0, -1, -1]), 0.8)
    assert joined.tolist() == [0, 0, 0, -1]
    np.testing.assert_allclose(centroids(vectors, joined), [[0.9889, 0.1487]], atol=1e-3)


def test_keywords_are_of_their_cluster_and_language():
    texts = pd.Series([f"{STORIES[lang][story]} {n}" for story in range(3) for lang in ("ru", "kk") for n in range(4)])
    langs = pd.Series([lang for _ in range(3) for lang in ("ru", "kk") for _ in range(4)])
    labels = np.repeat([0, 1, 2], 8)
    found = keywords(texts, langs, labels, 5)
    assert "хлеб" in found[0][0]
    assert "нан" in found[0][1]
    assert "дорога" in found[1][0]
    assert not set(found[0][0]) & set(found[1][0])
