"""What classifiers of stance see of a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from narratives.embed import Encoder
from narratives.stance.protocol import Floats, Pair

NEAR = 8  # words on each side of the name
FLOOR = 1e-4  # of a probability, before its logarithm


class Scorer(Protocol):
    """Anything that gives probabilities of favor, against and none."""

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the probabilities, (len(pairs), 3)."""


@dataclass(frozen=True)
class Features:
    """Vectors of the text without the target's name and of the words near it, and the log-odds that `base` gives.

    The name is cut out, so that what is learned of one target holds for another, and nothing can be learned of a
    target's standing before and after a date.
    """

    encoder: Encoder
    base: Scorer

    def __call__(self, pairs: Sequence[Pair]) -> Floats:
        """Return the features, shape (len(pairs), 2 × dimensions + 3)."""
        whole, near = (self.encoder.encode([cut(pair) for pair in pairs]) for cut in (without_name, near_name))
        says = np.log(np.clip(self.base.score(pairs), FLOOR, 1))
        return np.hstack([whole, near, says - says.mean(axis=1, keepdims=True)]).astype(np.float64)


def without_name(pair: Pair) -> str:
    """Return the text without the mentions of its target."""
    text = pair.text
    for start, end, target in sorted(pair.spans, reverse=True):
        text = f"{text[:start]} {text[end:]}" if target == pair.target_id else text
    return text


def near_name(pair: Pair) -> str:
    """Return up to `NEAR` words on each side of the first mention; the whole text where the target is not named."""
    for start, end, target in pair.spans:
        if target == pair.target_id:
            return " ".join([*pair.text[:start].split()[-NEAR:], *pair.text[end:].split()[:NEAR]])
    return pair.text
