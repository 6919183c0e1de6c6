"""Krippendorff's alpha: his own example, and what chance gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives.stance.agreement import agreement, krippendorff_alpha

N = np.nan
# Four observers and twelve units: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C.
EXAMPLE = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
])  # fmt: skip


@pytest.mark.parametrize(("metric", "alpha"), [("nominal", 0.743), ("interval", 0.849)])
def test_the_published_example(metric: str, alpha: float) -> None:
    assert krippendorff_alpha(EXAMPLE, metric=metric) == pytest.approx(alpha, abs=5e-4)


def test_readers_and_units_have_no_order() -> None:
    rng = np.random.default_rng(0)
    shuffled = EXAMPLE[rng.permutation(4)][:, rng.permutation(12)]
    assert krippendorff_alpha(shuffled) == pytest.approx(krippendorff_alpha(EXAMPLE))


def test_guessing_is_no_agreement_however_often_it_is_right() -> None:
    rng = np.random.default_rng(0)
    first, second = (pd.Series(rng.choice(["none", "against"], 2_000, p=[0.9, 0.1])) for _ in range(2))
    assert (first == second).mean() > 0.8
    found = agreement(first, second)
    assert found is not None
    assert abs(found["alpha"]) < 0.06
    assert found["low"] < 0 < found["high"]


def test_only_posts_that_both_answered_count() -> None:
    first = pd.Series(["favor", "against", "none", None, "favor"])
    second = pd.Series(["favor", "against", "none", "favor", None])
    found = agreement(first, second)
    assert found is not None
    assert (found["alpha"], found["n"]) == (1.0, 3)


@pytest.mark.parametrize("answers", [["favor", "favor"], [None, None]])
def test_alpha_is_undefined_where_nothing_varies(answers: list[str | None]) -> None:
    assert agreement(pd.Series(answers), pd.Series(answers)) is None
