"""Language split: silent where clusters mix languages by chance or by topic, loud where vectors part them."""

import numpy as np
import pandas as pd
import pytest

from narratives.cluster import cluster_windows
from narratives.cluster.languages import language_split
from narratives.embed import Vectors
from narratives.summary import SPLIT
from tests.cluster.test_cluster import planted, study_of


def clusters(*counts):
    return pd.DataFrame(
        [(f"{w}-{n}", w, ru, kk) for n, (w, ru, kk) in enumerate(counts)],
        columns=["cluster_id", "window_id", "n_ru", "n_kk"],
    )


def test_a_full_split_is_one():
    split = language_split(clusters((0, 20, 0), (0, 0, 20), (0, 20, 0), (0, 0, 20)))
    assert split.index == pytest.approx(1)
    assert split.p == pytest.approx(0.001)


def test_the_same_mix_everywhere_is_below_chance():
    split = language_split(clusters((0, 10, 10), (0, 10, 10), (1, 5, 5), (1, 5, 5)))
    assert split.index < 0
    assert split.p > 0.5


@pytest.mark.parametrize("counts", [(), ((0, 9, 0), (0, 4, 0)), ((0, 0, 9),)])
def test_nothing_to_split(counts):
    assert language_split(clusters(*counts)) is None


def test_a_split_between_windows_is_none_within_them():
    assert language_split(clusters((0, 9, 0), (0, 8, 0), (1, 0, 9), (1, 0, 8))) is None


def test_chance_mixtures_are_called_split_at_the_stated_rate():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        kazakh = rng.multivariate_hypergeometric([30, 20, 12, 8], 25)
        found.append(language_split(clusters(*((0, m - k, k) for m, k in zip([30, 20, 12, 8], kazakh, strict=True)))))
    assert np.mean([split.p < 0.05 for split in found]) <= 0.07
    assert abs(np.mean([split.index for split in found])) < 0.05
    assert not any(split.index > SPLIT and split.p < 0.05 for split in found)


def test_row_order_does_not_matter():
    frame = clusters((0, 9, 2), (0, 3, 8), (1, 7, 1), (1, 4, 6))
    assert language_split(frame) == language_split(frame.sample(frac=1, random_state=1))


@pytest.mark.parametrize(("shift", "parted"), [(0.0, False), (8.0, True)])
def test_bilingual_vectors_do_not_warn_and_split_ones_do(shift, parted):
    posts, windows, vectors = planted()
    lang = posts.set_index("text_key")["lang"][vectors.keys]
    step = np.random.default_rng(4).normal(size=64).astype(np.float32)
    moved = vectors.values + np.where(lang == "kk", shift, 0)[:, None] * step / np.linalg.norm(step)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    split = language_split(
        cluster_windows(posts, windows, Vectors(vectors.keys, moved.astype(np.float32), "x"), study_of()).clusters
    )
    assert (split is not None and split.index > SPLIT and split.p < 0.05) == parted
