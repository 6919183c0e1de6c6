from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narratives.shifts.decomposition import Sides, mean_change, stance_parts, volume_parts


def both_sides(rows: list[tuple[int, int, float, float]]) -> bool:
    return any(row[0] for row in rows) and any(row[1] for row in rows)


ACCOUNT = st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(-1, 1), st.floats(-1, 1))


def sides_of(accounts: list[tuple[int, int, float, float]]) -> Sides:
    before, after, mean_before, mean_after = np.array(accounts, dtype=float).T
    return Sides(3 * before, 2 * after, before, after, mean_before * (before > 0), mean_after * (after > 0))


@given(st.lists(ACCOUNT, min_size=2, max_size=12).filter(both_sides))
def test_parts_add_up(accounts):
    sides = sides_of(accounts)
    parts = stance_parts(sides)
    assert parts["within"] + parts["arrivals"] + parts["departures"] == pytest.approx(parts["total"], abs=1e-12)
    assert mean_change(sides, np.ones((1, len(accounts))))[0] == pytest.approx(parts["total"], abs=1e-12)
    volume = volume_parts(sides, 10, 5)
    assert volume["stayers"] + volume["arrivals"] + volume["departures"] == pytest.approx(volume["total"], abs=1e-12)


def test_conversion_and_replacement_are_told_apart():
    converted = stance_parts(sides_of([(2, 2, 1, -1), (3, 1, 1, -1)]))
    assert (converted["within"], converted["arrivals"], converted["departures"]) == (-2, 0, 0)
    replaced = stance_parts(sides_of([(2, 0, 1, 0), (0, 1, 0, -1)]))
    assert (replaced["within"], replaced["arrivals"], replaced["departures"]) == (0, -1, -1)


def test_a_side_without_accounts_has_no_mean():
    assert np.isnan(mean_change(sides_of([(2, 0, 1, 0), (1, 1, 1, 0)]), np.array([[1.0, 0.0]]))[0])
