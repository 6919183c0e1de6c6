"""The backend `seeds`: phrases of praise and accusation, and the tone of the words around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from narratives.stance.evidence import Reader
from narratives.stance.protocol import Floats, Pair, Resources

# Log-odds per unit of evidence, and of no stance when there is none. Set so that one phrase of weight 2 gives .7 and
# no phrase gives none = .79; not fitted to labelled posts yet.
SCALE, NONE = 1.5, 2.0


class Seeds:
    """Units of evidence from phrases, then a logistic model with fixed coefficients."""

    def __init__(self, resources: Resources) -> None:
        self._reader = Reader(resources)

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the probabilities of favor, against and none, (len(pairs), 3); see `probabilities`."""
        readings = [self._reader.read(pair) for pair in pairs]
        units = np.array([(one.praise, one.accusation) for one in readings]).reshape(-1, 2)
        return probabilities(units[:, 0], units[:, 1])


def probabilities(praise: Floats, accusation: Floats) -> Floats:
    """Return, for units of evidence of length n, the probabilities of favor, against and none: (n, 3), rows sum to 1.

    A softmax over SCALE × praise, SCALE × accusation and NONE: a multinomial logistic model with fixed coefficients.
    """
    logits = np.column_stack([SCALE * praise, SCALE * accusation, np.full(len(praise), NONE)])
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
