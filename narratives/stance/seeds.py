"""The backend `seeds`: phrases of praise and accusation, and how the words around the target sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from safetensors.numpy import load_file

from narratives.stance.evidence import Reader
from narratives.stance.lexicon import load_cues
from narratives.stance.protocol import LABELS, Floats, Pair, Resources
from narratives.stance.tone import Tone

# Log-odds of a unit of evidence, of a unit of tone, and of no stance when there is neither: fitted on the development
# half of benchmarks/data/stance_posts.csv (maximum likelihood 1.25, .82, .50; standard errors .13, .19, .19), where the
# three answers are about equally frequent. Tone counts half of that: it cannot tell bad news from blame, and the topic
# of a headline must not decide what it says of the target.
UNIT, TONE, NONE = 1.25, 0.4, 0.6


@dataclass(frozen=True)
class Evidence:
    """What there is to judge n pairs by.

    Attributes
    ----------
    praise, accusation : units from phrases, (n,).
    tone : log-odds that the other words sound like phrases of praise rather than of accusation, (n,).
    words : vectors of these other words and a constant, nearer to 0 the fewer there are, (n, dimensions + 1).
    """

    praise: Floats
    accusation: Floats
    tone: Floats
    words: Floats


class Seeds:
    """Evidence from phrases and tone with fixed coefficients, and what labelled posts taught of the other words.

    The head that reads the other words was trained on posts of our own (`training/stance_head.py`), the target's name
    and all phrases that count taken out: it never sees what a negation or a quotation has already turned. Without the
    built-in lexicon there is no head either.
    """

    quality = None

    def __init__(self, resources: Resources) -> None:
        cues = load_cues(resources.section, resources.targets)
        self._reader, self._tone = Reader(cues, resources.targets), Tone(cues)
        self._head = _head() if resources.section.builtin_lexicon else np.zeros_like(_head())

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the probabilities of favor, against and none, (len(pairs), 3)."""
        if not pairs:
            return np.zeros((0, len(LABELS)))
        evidence = self.evidence(pairs)
        return softmax(logits(evidence) + evidence.words @ self._head.T)

    def evidence(self, pairs: Sequence[Pair]) -> Evidence:
        """Return what the texts of `pairs` hold on their targets."""
        readings = [self._reader.read(pair) for pair in pairs]
        praise, accusation = np.array([(one.praise, one.accusation) for one in readings]).reshape(-1, 2).T
        words = self._tone.read([one.words for one in readings])
        return Evidence(praise, accusation, self._tone.of(words), words)


def logits(evidence: Evidence) -> Floats:
    """Return the log-odds of favor, against and none by phrases and tone alone: (n, 3).

    UNIT × praise + TONE × tone⁺, UNIT × accusation + TONE × tone⁻, and NONE.
    """
    favor = UNIT * evidence.praise + TONE * np.maximum(evidence.tone, 0)
    against = UNIT * evidence.accusation + TONE * np.maximum(-evidence.tone, 0)
    return np.column_stack([favor, against, np.full(len(favor), NONE)])


def softmax(scores: Floats) -> Floats:
    """Return probabilities, row by row."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


@cache
def _head() -> Floats:
    """Return the weights of the shipped head, (3, dimensions + 1)."""
    with as_file(files("narratives") / "data/stance/head.safetensors") as path:
        return np.asarray(load_file(path)["weights"], np.float64)
