"""The lexical encoder: hashed words and character n-grams, weighted and reduced on the corpus itself.

It needs no model, and knows no meaning: two texts are near when they share words or parts of words, so a story told in
Russian and in Kazakh is near only through names and loan words. Source: latent semantic analysis (Deerwester et al.
1990) over hashed features (Weinberger et al. 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

from narratives.morphology import skeleton
from narratives.text import words

FEATURES = 2**18
KEPT_FEATURES = 50_000
FIT_TEXTS = 20_000


@dataclass(frozen=True)
class LexicalEncoder:
    """Hashed n-grams → TF-IDF → SVD once `fitted`; before that a plain hash into `dimensions` signed buckets."""

    dimensions: int = 256
    kept: NDArray[np.int64] | None = None
    weights: NDArray[np.float32] | None = None
    projection: NDArray[np.float32] | None = None
    revision: str = "hash"
    name: str = "lexical"
    batch_size: int = 10_000

    def fitted(self, corpus: Sequence[str], *, seed: int = 0) -> LexicalEncoder:
        """Return an encoder fitted on `corpus` (on a seeded sample of it, if it is large).

        A corpus with fewer distinct texts or common features than twice the dimensions is too small to fit; the encoder
        then stays a hash.
        """
        texts = sorted(set(corpus))
        if len(texts) > FIT_TEXTS:
            picked = np.random.default_rng(seed).choice(len(texts), FIT_TEXTS, replace=False)
            texts = [texts[i] for i in np.sort(picked)]
        counts = _hash(texts, FEATURES, signed=False)
        present = np.bincount(counts.indices, minlength=FEATURES)
        # A feature of one text tells nothing about another.
        kept = np.sort(np.argsort(-present, kind="stable")[: min(KEPT_FEATURES, int((present > 1).sum()))])
        if min(len(texts), len(kept)) < 2 * self.dimensions:
            return self
        weights = np.log(len(texts) / present[kept]).astype(np.float32) + 1
        weighted = _weighted(counts[:, kept], weights)
        _, _, axes = randomized_svd(weighted, self.dimensions, n_iter=2, random_state=seed)
        digest = blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=8)
        digest.update(f"{self.dimensions} {seed}".encode())
        projection = np.ascontiguousarray(axes.T, dtype=np.float32)
        return replace(self, kept=kept, weights=weights, projection=projection, revision=digest.hexdigest())

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return one unit row per text, shape (len(texts), dimensions); a text without words is a zero row."""
        rows = [self._encode(texts[i : i + self.batch_size]) for i in range(0, len(texts), self.batch_size)]
        return np.vstack(rows) if rows else np.zeros((0, self.dimensions), np.float32)

    def count_cut(self, texts: list[str]) -> int:  # noqa: ARG002 - part of the protocol
        """Return 0: a text is read whole."""
        return 0

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        if self.kept is None or self.weights is None or self.projection is None:
            dense = _hash(texts, self.dimensions, signed=True).toarray()
        else:
            dense = _weighted(_hash(texts, FEATURES, signed=False)[:, self.kept], self.weights) @ self.projection
        return np.asarray(normalize(dense), dtype=np.float32)


def _hash(texts: Sequence[str], features: int, *, signed: bool) -> sparse.csr_matrix:
    bare = [" ".join(map(skeleton, words(text))) for text in texts]
    options = {"n_features": features, "alternate_sign": signed, "norm": None, "dtype": np.float32}
    by_letters = HashingVectorizer(analyzer="char_wb", ngram_range=(4, 5), **options).transform(bare)
    by_words = HashingVectorizer(analyzer=str.split, **options).transform(bare)
    both = (by_letters + 2 * by_words).tocsr()
    both.data = np.sign(both.data) * np.log1p(np.abs(both.data))
    return both


def _weighted(counts: sparse.csr_matrix, weights: NDArray[np.float32]) -> sparse.csr_matrix:
    return normalize(counts @ sparse.diags(weights))
