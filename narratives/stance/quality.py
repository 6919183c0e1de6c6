"""What held-out labels say of a backend: its errors, its calibration, and what more labels would bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from narratives.stance.agreement import agreement
from narratives.stance.calibration import Ints, Scaling, calibration_error, fit_scaling, macro_f1, reliability
from narratives.stance.labels import Labels
from narratives.stance.protocol import LABELS, Backend, Floats, Pair

FOLDS = 5
LEAST_LABELS = 20
SHARES = (0.25, 0.5, 1.0)  # of the labels, to see what more of them bring
Fit = Callable[[Ints], Callable[[Ints], Floats]]  # from the places of known labels to probabilities at other places


@dataclass(frozen=True)
class Quality:
    """Figures on labels that the backend had not seen when it scored them (cross-validation, copies kept together).

    Attributes
    ----------
    labels : how many of each answer.
    macro_f1, accuracy : of the likeliest answer.
    calibration_error : expected calibration error, in [0, 1].
    reliability : rows of `said`, `right` and `n`.
    curve : macro-F1 by number of labels learned from; empty for a backend that does not learn.
    twice : what macro-F1 twice as many labels would give, by the curve; None if there is no curve.
    agreement : of two readers, if labels have two.
    """

    labels: dict[str, int]
    macro_f1: float
    accuracy: float
    calibration_error: float
    reliability: list[dict[str, float]]
    curve: dict[int, float]
    twice: float | None
    agreement: dict[str, float] | None

    def record(self) -> dict[str, Any]:
        """Return the figures as plain numbers."""
        return asdict(self)


def held_out(fit: Fit, labels: Labels, seed: int, known: Ints | None = None) -> tuple[Floats, Ints]:
    """Return probabilities of each label by a fit that has not seen it, and the places that they are of.

    `known` are the labels that there are; all if not given.
    """
    known = np.arange(len(labels.table)) if known is None else known
    codes, groups = labels.codes[known], labels.groups[known]
    split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(codes, codes, groups)
    parts = [(test, fit(known[train])(known[test])) for train, test in split if len(test)]
    order = np.concatenate([test for test, _ in parts])
    return np.concatenate([chances for _, chances in parts])[np.argsort(order)], known[np.sort(order)]


def assess(chances: Floats, labels: Labels, *, seed: int, fit: Fit | None = None) -> tuple[Scaling, Quality]:
    """Return the scaling that the held-out `chances` ask for, and their quality after it (itself cross-validated)."""
    codes = labels.codes

    def scaled(known: Ints) -> Callable[[Ints], Floats]:
        scaling = fit_scaling(chances[known], codes[known])
        return lambda places: scaling(chances[places])

    calibrated, _ = held_out(scaled, labels, seed)
    curve = {} if fit is None else _curve(fit, labels, seed)
    second = labels.table["label_2"]
    quality = Quality(
        labels={label: int((codes == place).sum()) for place, label in enumerate(LABELS)},
        macro_f1=macro_f1(calibrated, codes),
        accuracy=float((calibrated.argmax(axis=1) == codes).mean()),
        calibration_error=calibration_error(calibrated, codes),
        reliability=reliability(calibrated, codes).to_dict("records"),
        curve=curve,
        twice=_twice(curve),
        agreement=agreement(labels.table["label"], second, seed=seed) if second.notna().any() else None,
    )
    return fit_scaling(chances, codes), quality


def _curve(fit: Fit, labels: Labels, seed: int) -> dict[int, float]:
    """Return macro-F1 by number of labels."""
    order = np.random.default_rng(seed).permutation(len(labels.table))
    found = {}
    for share in SHARES:
        known = np.sort(order[: round(share * len(order))])
        if np.bincount(labels.codes[known], minlength=len(LABELS))[np.unique(labels.codes)].min() >= FOLDS:
            chances, places = held_out(fit, labels, seed, known)
            found[round(len(known) * (1 - 1 / FOLDS))] = macro_f1(chances, labels.codes[places])
    return found


def _twice(curve: dict[int, float]) -> float | None:
    """Return F1 at twice the most labels, on the line of F1 over 1/√n, which errors of a fit follow."""
    if len(curve) < len(SHARES) - 1:
        return None
    n, f1 = np.array(list(curve), float), np.array(list(curve.values()))
    slope, level = np.polyfit(1 / np.sqrt(n), f1, 1)
    return float(np.clip(level + min(slope, 0.0) / np.sqrt(2 * n.max()), f1[-1], 1.0))


class Calibrated:
    """A backend that learns nothing itself, its probabilities scaled on labels."""

    def __init__(self, backend: Backend, labels: Labels, pairs: Sequence[Pair], seed: int) -> None:
        self._backend = backend
        self._scaling, self.quality = assess(backend.score(pairs), labels, seed=seed)

    def score(self, pairs: Sequence[Pair]) -> Floats:
        """Return the scaled probabilities, (len(pairs), 3)."""
        return self._scaling(self._backend.score(pairs))
