import numpy as np
import pandas as pd
import pytest

from narratives import load_encoder
from narratives.config import Encoder
from narratives.embed import Vectors, embed
from narratives.errors import ConfigError

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


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    """A real sentence-transformers model, small, made here: static embeddings over a word tokenizer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = sorted({word for text in TEXTS for word in text.lower().split()})
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0} | {w: i + 1 for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    weights = np.random.default_rng(0).normal(size=(len(words) + 1, 16)).astype(np.float32)
    folder = tmp_path_factory.mktemp("model")
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(str(folder))
    return folder


def test_local_model(model_folder):
    encoder = load_encoder(model_folder)
    vectors = encoder.encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors.shape == (4, 16)
    prompted = load_encoder(model_folder, section=Encoder(name=str(model_folder), prompt="query: "))
    assert prompted.revision != encoder.revision
    np.testing.assert_allclose(prompted.encode(["x"]), encoder.encode(["query: x"]), atol=1e-6)


def test_unknown_model_is_not_looked_for_outside(monkeypatch):
    with pytest.raises(ConfigError, match=r"'no/such-model' cannot be loaded. It is not on this machine"):
        load_encoder("no/such-model")


class Counting:
    """Encodes a text as its length, and counts what it was asked for."""

    name = "counting"

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


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("narratives.embed.vectors.CHUNK", 2)
    texts = series("a", "bb", "ccc", "dddd", "eeeee")
    with pytest.raises(KeyboardInterrupt):
        embed(texts, Counting(fail_after=2), tmp_path / "v.parquet", tmp_path / "cache")
    encoder = Counting()
    made = embed(texts, encoder, tmp_path / "v.parquet", tmp_path / "cache")
    assert encoder.asked == ["ccc", "dddd", "eeeee"]
    assert made.values[:, 0].tolist() == [1, 2, 3, 4, 5]


def test_vectors_round_trip_and_miss_loudly(tmp_path):
    made = Vectors(pd.Index(["a", "b"]), np.eye(2, dtype=np.float32), "m 1")
    made.write(tmp_path / "v.parquet")
    again = Vectors.read(tmp_path / "v.parquet")
    assert again.model == "m 1"
    np.testing.assert_array_equal(again.of(["b"]), [[0, 1]])
    with pytest.raises(KeyError, match="1 texts have no vector"):
        again.of(["c"])
