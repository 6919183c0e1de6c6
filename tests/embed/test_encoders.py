import numpy as np
import pandas as pd
import pytest

from narratives import load_encoder
from narratives.embed import Vectors, embed

TEXTS = [
    "Жасанов наш лидер и надежда страны",
    "Жасанов — лидер, надежда нашей страны!",
    "Завтра в Алматы снег и гололёд",
    "Ертең Алматыда қар жауады",
]


def corpus(n):
    rng = np.random.default_rng(1)
    words = ["".join(rng.choice(list("абвгдеёжзиклмнопрст"), 6)) for _ in range(300)]
    return [" ".join(rng.choice(words, 8)) for _ in range(n)]


@pytest.mark.parametrize("encoder", [load_encoder("lexical"), load_encoder("lexical", corpus=corpus(600))])
def test_rows_are_unit_and_near_copies_near(encoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, 256)


def test_unfitted_lexical_ranks_near_copies_first():
    vectors = load_encoder("lexical").encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosine = vectors @ vectors.T
    assert cosine[0, 1] > 0.6 > cosine[0, 2:].max() + 0.2


def test_text_without_words_is_a_zero_row():
    assert not load_encoder("lexical").encode(["😀😀", "https://example.kz/a"]).any()
    assert load_encoder("lexical").encode([]).shape == (0, 256)


def test_fit_depends_on_the_corpus_not_on_its_order():
    texts = corpus(600)
    one, two = (load_encoder("lexical", corpus=order) for order in (texts, texts[::-1]))
    assert one.revision == two.revision
    np.testing.assert_array_equal(one.encode(TEXTS), two.encode(TEXTS))
    assert load_encoder("lexical", corpus=texts[:-1]).revision != one.revision


class Counting:
    """Encodes a text as its length, and counts what it was asked for."""

    name = "counting"
    batch_size = 1

    def __init__(self, revision="1", fail_after=None):
        self.revision, self.asked, self.fail_after = revision, [], fail_after

    def encode(self, texts):
        if self.fail_after is not None and len(self.asked) >= self.fail_after:
            raise KeyboardInterrupt
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


def series(*texts):
    return pd.Series(list(texts), index=[f"k{i}" for i in range(len(texts))])


def test_only_new_texts_are_encoded(tmp_path):
    first = embed(series("a", "bb"), Counting(), tmp_path / "v.parquet", tmp_path / "cache")
    first.write(tmp_path / "v.parquet")
    encoder = Counting()
    second = embed(series("a", "bb", "ccc"), encoder, tmp_path / "v.parquet", tmp_path / "other")
    assert encoder.asked == ["ccc"]
    assert second.of(pd.Series(["k2", "k0"]))[:, 0].tolist() == [3, 1]
    other_model = Counting("2")
    embed(series("a"), other_model, tmp_path / "v.parquet", tmp_path / "third")
    assert other_model.asked == ["a"]


@pytest.mark.parametrize(
    ("limit", "lost"),
    [({"CHUNK_TEXTS": 2}, 1), ({"CHUNK_SECONDS": 0}, 0), ({}, 3)],
    ids=["by texts", "by seconds", "neither"],
)
def test_a_killed_run_goes_on_where_it_stopped(tmp_path, monkeypatch, limit, lost):
    for name, value in limit.items():
        monkeypatch.setattr(f"narratives.embed.vectors.{name}", value)
    texts = series("a", "bb", "ccc", "dddd", "eeeee")
    killed, encoder = Counting(fail_after=3), Counting()
    with pytest.raises(KeyboardInterrupt):
        embed(texts, killed, tmp_path / "v.parquet", tmp_path / "cache")
    made = embed(texts, encoder, tmp_path / "v.parquet", tmp_path / "cache")
    assert set(killed.asked) | set(encoder.asked) == set(texts)
    assert len(killed.asked) + len(encoder.asked) == len(texts) + lost
    assert made.values[:, 0].tolist() == [1, 2, 3, 4, 5]


def test_batches_are_of_like_length_in_a_mixed_order(tmp_path):
    encoder, steps, seen = Counting(), [], []
    encoder.batch_size = 10
    encode, encoder.encode = encoder.encode, lambda texts: seen.append({len(text) for text in texts}) or encode(texts)
    lengths = np.random.default_rng(0).permutation(np.arange(1, 96))
    made = embed(
        series(*("x" * n for n in lengths)), encoder, tmp_path / "v", tmp_path / "cache", progress=steps.append
    )
    assert made.values[:, 0].tolist() == lengths.tolist()
    assert sum(steps) == 95
    assert max(steps) == 10
    assert all(max(batch) - min(batch) < 10 for batch in seen)
    assert [min(batch) for batch in seen] != sorted(min(batch) for batch in seen)


def test_vectors_round_trip_and_miss_loudly(tmp_path):
    made = Vectors(pd.Index(["a", "b"]), np.eye(2, dtype=np.float32), "m 1")
    made.write(tmp_path / "v.parquet")
    again = Vectors.read(tmp_path / "v.parquet")
    assert again.model == "m 1"
    np.testing.assert_array_equal(again.of(["b"]), [[0, 1]])
    with pytest.raises(KeyError, match="1 texts have no vector"):
        again.of(["c"])
