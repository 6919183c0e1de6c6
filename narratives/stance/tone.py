"""Tone: how much words sound like praise or accusation, learned from the lexicon's own phrases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from sklearn.linear_model import LogisticRegression

from narratives.embed import Encoder, load_encoder
from narratives.stance.lexicon import Cue
from narratives.stance.protocol import Floats

STRENGTH = 0.3  # inverse of the ridge penalty; .1 to 1 order development texts alike
WORDS = 3  # words that count as much as the prior of no tone


class Tone:
    """A direction in the space of the built-in encoder: towards phrases of praise, away from accusation.

    It reads words that the lexicon lacks, in both languages (Rothe, Ebert & Schütze 2016 call such a direction
    ultradense). Texts on one topic share most of their vector, so it is evidence on how they speak only beyond the
    spread of ordinary posts.
    """

    def __init__(self, cues: Sequence[Cue]) -> None:
        signed = sorted(
            {(cue.phrase.text.rstrip("-"), cue.sign, cue.weight) for cue in cues if cue.sign and not cue.target}
        )
        self._direction = _fit(tuple(signed)) if len({sign for _, sign, _ in signed}) > 1 else None

    def read(self, texts: Sequence[str]) -> Floats:
        """Return vectors of texts and a constant, nearer to 0 the fewer words there are: (len(texts), d + 1)."""
        words = np.array([len(text.split()) for text in texts], np.float64)
        vectors = _builtin().encode(list(texts)).astype(np.float64)
        return np.column_stack([vectors, np.ones(len(texts))]) * (words / (words + WORDS))[:, None]

    def of(self, words: Floats) -> Floats:
        """Return the log-odds of praise against accusation of what `read` gave, (n,); 0 without phrases of both."""
        return np.zeros(len(words)) if self._direction is None else words @ self._direction


@lru_cache(maxsize=1)
def _builtin() -> Encoder:
    return load_encoder()


@lru_cache(maxsize=8)
def _fit(phrases: tuple[tuple[str, int, float], ...]) -> Floats:
    texts, signs, weights = zip(*phrases, strict=True)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced")
    model.fit(_builtin().encode(list(texts)), signs, sample_weight=weights)
    return np.append(model.coef_[0], model.intercept_).astype(np.float64)
