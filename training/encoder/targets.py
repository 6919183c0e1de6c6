"""What each text should be encoded as: the teachers' vectors, joined, in fewer dimensions."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from training.encoder.teachers import Floats, WordVectors, e5, encode, use

DIMENSIONS = 384
LONG = 8  # words
E5_PAIRS = 14_000  # of that length; of pairs the slowest teacher sees no more
RIDGE = 1e-3


@dataclass(frozen=True)
class Targets:
    """Targets of texts.

    Attributes
    ----------
    rows : unit vectors, ``[text, DIMENSIONS]``; zero where no teacher knows the text.
    axes : ``[DIMENSIONS, 300]``, from word vectors into the space of the targets.
    """

    rows: Floats
    axes: Floats


def e5_texts(texts: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the Russian and the Kazakh texts that e5 is asked for."""
    real = texts[texts["kind"].isin(["pair"]) & (texts["ru"].str.split().str.len() >= LONG)]
    real = real.sample(min(len(real), E5_PAIRS), random_state=0)
    ru = pd.concat([real["ru"], texts.loc[texts["kind"] == "mono", "ru"]])
    kk = pd.concat([real["kk"], texts.loc[texts["kind"].isin(["glossed", "single"]), "kk"]])
    return ru.drop_duplicates(), kk.drop_duplicates()


def rows_of(texts: pd.Series, known: pd.Series, vectors: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the vectors of `texts`, centred on those that are known and of unit length, and which are known."""
    place = pd.Index(known).get_indexer(texts)
    here = place >= 0
    rows = np.zeros((len(texts), vectors.shape[1]), np.float32)
    rows[here] = vectors[place[here]]
    rows[here] -= rows[here].mean(axis=0)
    return normalize(rows), here


def rows_of_parts(texts: pd.DataFrame, kind: str, side: str, cache: Path | None) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the vectors by e5 of the spans or word forms of a side, centred on their own; and which they are."""
    own = texts[side].where(texts["kind"] == kind, "")
    asked = own[own != ""]
    print(f"e5: {len(asked)} parts of texts ({kind})", file=sys.stderr)
    return rows_of(own, asked, encode(e5, asked.tolist(), cache))


def rows_of_words(texts: pd.DataFrame, word_vectors: WordVectors) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the same of the word vectors, which know a gloss too, but are centred on real texts alone."""
    rows = normalize(word_vectors.encode(texts["ru"].tolist()))
    here = rows.any(axis=1)
    rows -= rows[here & texts["kind"].isin(["mono", "pair"]).to_numpy()].mean(axis=0)
    return normalize(rows) * here[:, None], here


def by_teacher(
    texts: pd.DataFrame, word_vectors: WordVectors, cache: Path | None
) -> tuple[list[Floats], list[NDArray[np.bool_]]]:
    """Return the unit vectors of every teacher, and which texts it knows."""
    russian, kazakh = e5_texts(texts)
    print(f"e5: {len(russian)} Russian and {len(kazakh)} Kazakh texts", file=sys.stderr)
    ru, has_ru = rows_of(texts["ru"], russian, encode(e5, russian.tolist(), cache))
    kk, has_kk = rows_of(texts["kk"], kazakh, encode(e5, kazakh.tolist(), cache))
    # Centred by language, so that both sides of a pair lie together; a glossed text's Russian is not its own.
    real, glossed = (texts["kind"].isin(kinds).to_numpy() for kinds in (["mono", "pair"], ["glossed"]))
    has_ru &= real
    single = texts.loc[real | glossed, "ru"].drop_duplicates()
    print(f"USE: {len(single)} texts", file=sys.stderr)
    vectors = encode(use, single.tolist(), cache)
    used, has_use = rows_of(texts["ru"].where(real, "\0"), single, vectors)
    of_gloss, has_gloss = rows_of(texts["ru"].where(glossed, "\0"), single, vectors)
    by_words, has_words = rows_of_words(texts, word_vectors)
    whole, has_whole = normalize(ru * has_ru[:, None] + kk), has_ru | has_kk
    for kind, side in product(("span", "form"), ("ru", "kk")):
        rows, here = rows_of_parts(texts, kind, side, cache)
        whole[here], has_whole = rows[here], has_whole | here
    return [whole, used + of_gloss, by_words], [has_whole, has_use | has_gloss, has_words]


def fill(blocks: list[Floats], known: list[NDArray[np.bool_]], learn: NDArray[np.bool_]) -> None:
    """Fill what a teacher was not asked for by ridge regression on the others, learned on the texts `learn`.

    Such a guess is shorter than a unit vector, and so weighs less.
    """
    has = np.column_stack(known)
    for pattern in product([False, True], repeat=len(blocks)):
        rows = np.flatnonzero((has == pattern).all(axis=1))
        given, missing = ([i for i, here in enumerate(pattern) if here is wanted] for wanted in (True, False))
        if not len(rows) or not given or not missing:
            continue
        x = np.hstack([blocks[i][learn] for i in given]).astype(np.float64)
        gram = x.T @ x / len(x) + RIDGE * np.eye(x.shape[1])
        for i in missing:
            slopes = np.linalg.solve(gram, x.T @ blocks[i][learn] / len(x))
            blocks[i][rows] = np.hstack([blocks[j][rows] for j in given]) @ slopes


def make(texts: pd.DataFrame, word_vectors: WordVectors, cache: Path | None) -> Targets:
    """Return the targets of the texts: the teachers' vectors side by side, reduced by principal components.

    `cache` is a folder that keeps the teachers' vectors, which take most of the time.
    """
    blocks, known = by_teacher(texts, word_vectors, cache)
    learn = np.all(known, axis=0) & texts["kind"].isin(["mono", "pair"]).to_numpy()
    fill(blocks, known, learn)
    joined = normalize(np.hstack(blocks))
    _, axes = np.linalg.eigh(joined[learn].T @ joined[learn])
    axes = axes[:, ::-1][:, :DIMENSIONS].astype(np.float32)
    return Targets(normalize(joined @ axes), axes[-blocks[-1].shape[1] :].T)
