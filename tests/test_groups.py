"""Groups of copies: what joins, what does not, and that only the past decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from narratives.config import Copies
from narratives.copies import band_keys, share_bands
from narratives.groups import group_texts
from narratives.tables import TIME
from narratives.text import text_key

START = pd.Timestamp("2022-11-01", tz="UTC")
TEXT = "городской совет снова обещал починить дорогу до дальнего посёлка к весне"


def posts_of(texts, minutes=None):
    minutes = range(len(texts)) if minutes is None else minutes
    posts = pd.DataFrame({"text": texts, "post_id": [f"p{n:04d}" for n in range(len(texts))], "author_id": "a"})
    posts["created_at"] = pd.Series([START + pd.Timedelta(minutes=n) for n in minutes]).astype(TIME)
    return posts.assign(text_key=posts["text"].map(text_key))


def groups_of(posts, **section):
    """Return the group of each post, in the order of `posts`."""
    found = group_texts(posts, Copies(**section)).text_groups.set_index("text_key")["group_id"]
    return found.loc[posts["text_key"]].tolist()


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.upper() + "!!!",
        TEXT.replace(" ", " 🔥 "),
        TEXT + " https://example.org/x @someone",
        "[id77|Имя], " + TEXT,
        TEXT.replace("дорогу", "#дорогу"),
        TEXT.replace("о", "o").replace("е", "e"),
        TEXT.replace("совет", "со\u200bвет"),
        TEXT.replace("весне", "лету"),
        TEXT.replace("снова ", ""),
        TEXT.replace("обещал", "не обещал"),
    ],
)
def test_an_edited_text_joins_its_original(edited):
    assert len(set(groups_of(posts_of([TEXT, edited])))) == 1


@pytest.mark.parametrize(
    "other",
    [
        "сборная опять проиграла решающий матч на своём поле",
        "дорогу до посёлка, говорят, уже починили без всякого совета",
    ],
)
def test_another_text_does_not(other):
    assert len(set(groups_of(posts_of([TEXT, other])))) == 2


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.8])
def test_bands_tell_pairs_that_are_alike_enough_from_others(similarity):
    rng = np.random.default_rng(0)

    def kept(jaccard):
        """Return the share of 1,000 pairs of 120 shingles in all, of which `jaccard` are common, that are compared."""
        common = round(120 * jaccard)
        sets = rng.integers(2**31 - 1, size=(1_000, 120))
        side = (120 + common) // 2
        left, right = sets[:, :side], np.hstack([sets[:, :common], sets[:, side:]])
        rows = [csr_array((np.ones(part.size, np.int32), part.ravel(), np.arange(0, part.size + 1, part.shape[1])),
                          shape=(1_000, 2**31 - 1)) for part in (left, right)]  # fmt: skip
        bands = np.vstack([band_keys(part, similarity) for part in rows])
        return share_bands(bands, np.arange(1_000), np.arange(1_000, 2_000), similarity).mean()

    assert kept(similarity) > 0.975
    assert kept(similarity / 3) < 0.1


def test_texts_without_letters_are_copies_of_themselves_only():
    assert groups_of(posts_of(["🔥🔥", "👍", "🔥🔥"])) == ["G000001", "G000002", "G000001"]


def test_similarity_one_still_undoes_disguises():
    assert len(set(groups_of(posts_of([TEXT, TEXT + "!", TEXT + " ещё"]), similarity=1))) == 2


def test_a_later_text_never_merges_two_groups():
    left, right = "аааа бббб вввв гггг дддд ееее", "жжжж зззз ииии кккк лллл мммм"
    both = posts_of([left, right, f"{left} {right}"])
    assert groups_of(both, similarity=0.4)[:2] == ["G000001", "G000002"]
    assert groups_of(both, similarity=0.4)[2] in {"G000001", "G000002"}


def test_groups_table():
    posts = posts_of([TEXT, "другое дело", TEXT + "!", TEXT]).assign(author_id=["a", "b", "c", "c"])
    first = group_texts(posts, Copies()).groups.iloc[0].to_dict()
    assert first == {
        "group_id": "G000001", "n_texts": 2, "n_posts": 3, "n_accounts": 2, "first_at": START,
        "last_at": START + pd.Timedelta(minutes=3), "post_id": "p0000",
    }  # fmt: skip


WORDS = st.lists(st.sampled_from(["снег", "дождь", "нан", "жол", "мост", "вода", "күн"]), min_size=1, max_size=7)


@st.composite
def corpora(draw):
    texts = [" ".join(words) for words in draw(st.lists(WORDS, min_size=1, max_size=30))]
    return posts_of(texts, draw(st.lists(st.integers(0, 9), min_size=len(texts), max_size=len(texts))))


@given(corpora(), st.integers(1, 10), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_a_prefix_has_the_same_groups_and_row_order_does_not_matter(posts, minute, random):
    everything = group_texts(posts, Copies(similarity=0.5)).text_groups
    order = random.sample(range(len(posts)), len(posts))
    pd.testing.assert_frame_equal(everything, group_texts(posts.iloc[order], Copies(similarity=0.5)).text_groups)
    past = posts[posts["created_at"] < START + pd.Timedelta(minutes=minute)]
    known = everything[everything["text_key"].isin(past["text_key"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(known, group_texts(past, Copies(similarity=0.5)).text_groups)


def test_a_flood_of_edits_is_one_group_and_cuts_no_other_off():
    edits = [TEXT.replace(word, f"слово{n}") for n in range(60) for word in ("снова", "совет", "дорогу", "весне")]
    other = ["сборная опять проиграла решающий матч на своём поле", "сборная опять проиграла важный матч на своём поле"]
    found = groups_of(posts_of([TEXT, other[0], *edits, other[1]]))
    assert len(set(found)) == 2
    assert found[-1] == found[1]
