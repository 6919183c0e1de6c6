from __future__ import annotations

import numpy as np
import pytest

from narratives.shifts.crowd import Pool
from narratives.shifts.push import _beyond, _due

STRATA, SIZE = 8, 15


def test_what_is_beyond_the_past_has_nothing_of_it():
    rng = np.random.default_rng(3)
    past = np.column_stack([rng.normal(size=60), np.full(60, 2.0)])
    beyond = _beyond(past, 3 * past[:, 0] + rng.normal(size=60))
    assert abs(beyond.mean()) < 1e-9
    assert abs(beyond @ past[:, 0]) < 1e-9


@pytest.mark.parametrize("effect", [0.0, 2.0])
def test_what_is_due_follows_from_the_past_of_the_members_and_not_from_their_push(effect):
    rng = np.random.default_rng(4)
    stratum = np.repeat(np.arange(STRATA), SIZE)
    past = stratum + rng.random(STRATA * SIZE)
    labels = past % 1 > 0.8  # members are those with most past in each stratum
    rise = 1.5 * past + effect * labels + 0.1 * rng.normal(size=len(past))
    pool = Pool(np.arange(len(past)), labels, stratum)
    assert rise[labels].mean() - _due(pool, past[:, None], rise) == pytest.approx(effect, abs=0.15)
