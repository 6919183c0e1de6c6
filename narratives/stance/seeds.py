"""The backend `seeds`: phrases of praise and accusation, and the tone of the words around the target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from narratives.stance.evidence import Reader
from narratives.stance.lexicon import load_cues
from narratives.stance.protocol import Floats, Pair, Resources
from narratives.stance.tone import Tone

# Log-odds of a unit of evidence, of a unit of tone, and of no stance when there is neither: fitted on the development
# half of benchmarks/data/stance_posts.csv (maximum likelihood 1.25, .82, .50; standard errors .13, .19, .19), where the
# three answers are about equally frequent. Tone counts half of that: it cannot tell bad news from blame, and the topic
# of a headline must not decide what it says of the target.
UNIT, TONE, NONE = 1.25, 0.4, 0.6


class Seeds:
    """Evidence from phrases and tone, then a logistic model with fixed coefficients."""

    quality = None

    def __init__(self, resources: Resources) -> None:
        cues = load_cues(resources.section, resources.targets)
        self._reader, self._tone = Reader(cues, resources.targets), Tone(cues)

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the probabilities of favor, against and none, (len(pairs), 3); see `probabilities`."""
        return probabilities(*self.evidence(pairs).T)

    def evidence(self, pairs: Sequence[Pair]) -> Floats:
        """Return units of praise, units of accusation and tone, shape (len(pairs), 3)."""
        readings = [self._reader.read(pair) for pair in pairs]
        units = np.array([(one.praise, one.accusation) for one in readings]).reshape(-1, 2)
        return np.column_stack([units, self._tone.of([one.words for one in readings])])


def probabilities(praise: Floats, accusation: Floats, tone: Floats) -> Floats:
    """Return, for evidence of length n, the probabilities of favor, against and none: (n, 3), rows sum to 1.

    A softmax over UNIT × praise + TONE × tone⁺, UNIT × accusation + TONE × tone⁻, and NONE.
    """
    favor = UNIT * praise + TONE * np.maximum(tone, 0)
    against = UNIT * accusation + TONE * np.maximum(-tone, 0)
    logits = np.column_stack([favor, against, np.full(len(favor), NONE)])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
