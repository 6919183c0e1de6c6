"""Texts into groups of copies and near copies, each text by what was written before it alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives import tables
from narratives.config import Copies
from narratives.copies import Ints, band_keys, jaccard, normalise, share_bands, shingles

SHINGLE = 4  # characters
FIRST = 4  # oldest texts of a bucket that each later one is compared with: originals
BEFORE = 4  # texts just before it in the bucket


@dataclass(frozen=True)
class Grouped:
    """The `text_groups` and `groups` tables."""

    text_groups: pd.DataFrame
    groups: pd.DataFrame


def group_texts(posts: pd.DataFrame, section: Copies) -> Grouped:
    """Return which distinct texts of `posts` are copies or near copies of each other.

    Texts are taken in the order in which they first appear, those of one moment by `text_key`. A text joins the group
    of the most similar earlier text (of equally similar ones, the earliest) if their Jaccard similarity, on sets of
    character 4-grams of the normalised texts, is at least ``section.similarity``; else it starts a group. No later text
    changes the group of an earlier one, and two groups never merge. Row order does not matter.

    Candidates come from MinHash bands; in each bucket a text meets the first few and the last few before it, so the
    work is linear in the number of texts. A text without letters or digits is a copy only of itself.
    """
    posts = posts.sort_values(["created_at", "text_key", "post_id"])
    texts = posts.drop_duplicates("text_key")
    forms = texts["text"].map(normalise)
    forms = forms.where(forms != "", texts["text"])
    codes, distinct = pd.factorize(forms)
    group = join_earlier(distinct.tolist(), section.similarity)[codes]
    number = pd.factorize(group)[0] + 1
    named = pd.DataFrame({"text_key": texts["text_key"].to_numpy(), "group_id": [f"G{n:06d}" for n in number]})
    named = named.sort_values("text_key")
    return Grouped(tables.check("text_groups", named), tables.check("groups", _describe(posts, named)))


def join_earlier(texts: list[str], similarity: float) -> Ints:
    """Return, for each of `texts` (distinct, in order), the place of the text that started its group."""
    first = np.arange(len(texts))
    if similarity == 1 or len(texts) < 2:
        return first
    rows = shingles(texts, SHINGLE)
    bands = band_keys(rows, similarity)
    earlier, later = _candidates(bands)
    likely = share_bands(bands, earlier, later, similarity)
    earlier, later = earlier[likely], later[likely]
    alike = jaccard(rows, earlier, later)
    close = alike >= similarity
    best = pd.DataFrame({"later": later[close], "earlier": earlier[close], "alike": alike[close]})
    best = best.sort_values(["later", "alike", "earlier"], ascending=[True, False, True]).drop_duplicates("later")
    for text, joined in zip(best["later"], best["earlier"], strict=True):
        first[text] = first[joined]
    return first


def _candidates(bands: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Return pairs (earlier, later) of texts that share a band."""
    n, found = len(bands), [np.empty(0, dtype=np.int64)]
    for key in bands.T:
        order = np.argsort(key, kind="stable")
        opens = np.r_[True, key[order[1:]] != key[order[:-1]]]
        start = np.maximum.accumulate(np.where(opens, np.arange(n), 0))
        rank = np.arange(n) - start
        for step in range(FIRST):
            at = np.flatnonzero(rank > step)
            found.append(order[start[at] + step] * n + order[at])
        for step in range(1, BEFORE + 1):
            at = np.flatnonzero(rank >= FIRST + step)
            found.append(order[at - step] * n + order[at])
    pairs = np.sort(np.concatenate(found))
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return pairs // n, pairs % n


def _describe(posts: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    by_group = posts.merge(named, on="text_key", sort=False).groupby("group_id")
    return by_group.agg(
        n_texts=("text_key", "nunique"),
        n_posts=("post_id", "size"),
        n_accounts=("author_id", "nunique"),
        first_at=("created_at", "min"),
        last_at=("created_at", "max"),
        post_id=("post_id", "first"),
    ).reset_index()
