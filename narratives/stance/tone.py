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

    def of(self, texts: Sequence[str]) -> Floats:
        """Return the log-odds of praise against accusation, (len(texts),), nearer to 0 the fewer the words.

        0 without phrases of both.
        """
        if self._direction is None:
            return np.zeros(len(texts))
        coefficients, intercept = self._direction
        words = np.array([len(text.split()) for text in texts], np.float64)
        found: Floats = _builtin().encode(list(texts)).astype(np.float64) @ coefficients + intercept
        return found * words / (words + WORDS)


@lru_cache(maxsize=1)
def _builtin() -> Encoder:
    return load_encoder()


@lru_cache(maxsize=8)
def _fit(phrases: tuple[tuple[str, int, float], ...]) -> tuple[Floats, float]:
    texts, signs, weights = zip(*phrases, strict=True)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced")
    model.fit(_builtin().encode(list(texts)), signs, sample_weight=weights)
    return np.asarray(model.coef_[0], np.float64), float(model.intercept_[0])
