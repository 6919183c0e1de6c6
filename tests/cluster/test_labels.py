"""Labels of narratives: by keywords, or by a function that is shown little and checked."""

import pytest

from narratives.cluster import cluster_windows
from narratives.cluster.labels import keyword_label, relabel
from narratives.errors import DataError
from tests.cluster.test_cluster import planted, study_of


@pytest.mark.parametrize(
    ("russian", "kazakh", "share", "label"),
    [
        (["а", "б", "в", "г", "д"], ["ж", "з", "и", "к", "л"], 0.5, "а, б, ж, з"),
        (["а", "б", "в", "г"], ["ж"], 0.1, "а, б, в, г"),
        (["а"], ["ж", "з", "и"], 0.2, "а, ж, з, и"),
        (["имя", "а"], ["имя", "ж"], 0.5, "имя, а, ж"),
        ([], ["ж"], 1.0, "ж"),
        ([], [], 0.0, ""),
    ],
)
def test_keywords_of_each_language_by_its_share(russian, kazakh, share, label):
    assert keyword_label(russian, kazakh, share) == label


@pytest.fixture(scope="module")
def clustered():
    posts, windows, vectors = planted(windows=1)
    posts["text"] = posts["text"] + " https://example.org/1 @someone"
    return cluster_windows(posts, windows, vectors, study_of()), posts


def test_the_labeler_sees_keywords_and_few_texts_without_links_and_handles(clustered):
    (found, posts), seen = clustered, []

    def labeler(keywords, samples):
        seen.append((keywords, samples))
        return f"  story\n{len(seen)} "

    named = relabel(found.clusters, found.membership, posts, labeler)
    assert named["label"].tolist() == ["story 1", "story 2", "story 3"]
    for (keywords, samples), row in zip(seen, found.clusters.itertuples(), strict=True):
        assert keywords == [*row.keywords_ru, *row.keywords_kk]
        assert 1 <= len(samples) <= 5
        assert not any("example.org" in text or "@" in text for text in samples)


@pytest.mark.parametrize("bad", [None, 5, "", "  ", "x" * 81, ["a"]])
def test_a_bad_label_is_refused(clustered, bad):
    found, posts = clustered
    with pytest.raises(
        DataError, match=r"labeler .* returned .* for narrative 0-0: return a text of 1 to 80 characters"
    ):
        relabel(found.clusters, found.membership, posts, lambda keywords, samples: bad)
