"""The backend `few_shot`: a classifier that learns from labels of this study."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from narratives.errors import ConfigError
from narratives.stance.calibration import Ints
from narratives.stance.features import FLOOR, Features
from narratives.stance.labels import Labels
from narratives.stance.protocol import LABELS, Floats, Pair, Resources
from narratives.stance.quality import FOLDS, LEAST_LABELS, assess, held_out
from narratives.stance.seeds import Seeds

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)  # inverse, of which the one with the least held-out log loss is taken


class FewShot:
    """Multinomial logistic regression on vectors of the text and of the words near the name, and on what `seeds` says.

    See `Features`. Probabilities are scaled on held-out ones.

    Raises
    ------
    ConfigError
        If there are fewer than `LEAST_LABELS` labels, only one answer, or fewer than five of an answer that there is.
    """

    def __init__(self, resources: Resources, labels: Labels, pairs: Sequence[Pair]) -> None:
        distinct = np.unique(np.stack([labels.codes, labels.groups]), axis=1)[0]
        counts = np.bincount(distinct, minlength=len(LABELS))
        given = counts[counts > 0]
        if counts.sum() < LEAST_LABELS or len(given) < 2 or given.min() < FOLDS:
            there = ", ".join(f"{n} {label}" for label, n in zip(LABELS, counts, strict=True))
            raise ConfigError(
                f"stance.labels: '{resources.section.labels}' holds distinct texts: {there}; `few_shot` needs "
                f"{LEAST_LABELS}, of at least two answers, and {FOLDS} of each that there is."
            )
        self._features = Features(resources.encoder(), Seeds(resources))
        known = self._features(pairs)
        codes, seed = labels.codes, resources.seed

        def fit(penalty: float) -> Callable[[Ints], Callable[[Ints], Floats]]:
            return lambda train: lambda test: _chances(_fit(known[train], codes[train], penalty), known[test])

        tried = {penalty: held_out(fit(penalty), labels, seed)[0] for penalty in PENALTIES}
        best = min(PENALTIES, key=lambda penalty: _log_loss(tried[penalty], codes))
        self._model = _fit(known, codes, best)
        self._scaling, self.quality = assess(tried[best], labels, seed=seed, fit=fit(best))

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the scaled probabilities, (len(pairs), 3)."""
        if not pairs:
            return np.zeros((0, len(LABELS)))
        return self._scaling(_chances(self._model, self._features(pairs)))


def _fit(features: Floats, codes: Ints, penalty: float) -> LogisticRegression:
    return LogisticRegression(C=penalty, max_iter=500).fit(features, codes)


def _chances(model: LogisticRegression, features: Floats) -> Floats:
    chances = np.full((len(features), len(LABELS)), FLOOR)
    chances[:, model.classes_] = np.clip(model.predict_proba(features), FLOOR, 1)
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _log_loss(chances: Floats, codes: Ints) -> float:
    return float(-np.log(chances[np.arange(len(codes)), codes]).mean())
