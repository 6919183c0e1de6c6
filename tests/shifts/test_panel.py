from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narratives.config import Study
from narratives.shifts.panel import STRENGTH_BOUNDS, make_panel, prior_strength
from tests.shifts import planted


def small() -> planted.Planted:
    return planted.tabulate(np.array([1, 0, 0, 1]), np.array([2.95, 0.2, 0.6, 1.0]), np.array([0.5, 1.0, 0.0, -1.0]), 2)


def test_cells_are_account_days_and_boundaries_split_them():
    panel = make_panel(small().posts, small().stances, "x", planted.study())
    assert panel.count.tolist() == [[2, 0, 0], [0, 1, 1]]
    assert panel.score.tolist() == [[0.5, 0, 0], [0, -1, 0.5]]
    before, after = panel.sides(panel.count)
    assert before.tolist() == [[0, 2, 2], [0, 0, 1]]
    assert after.tolist() == [[2, 0, 0], [2, 2, 1]]


def test_the_span_limits_both_sides():
    panel = make_panel(small().posts, small().stances, "x", planted.study(span="1d"))
    assert panel.sides(panel.count)[0].tolist() == [[0, 2, 0], [0, 0, 1]]
    assert panel.near(1)["day"].tolist() == [0, 0, 1]


def test_days_are_those_of_the_zone_and_the_range_is_half_open():
    settings = planted.study().model_dump(mode="json")
    settings["time"] = {"zone": "Asia/Almaty", "end": "2026-01-08"}
    panel = make_panel(small().posts, small().stances, "x", Study.model_validate(settings))
    assert panel.days[0] == pd.Timestamp("2026-01-04T19:00Z")
    assert panel.posts["day"].tolist() == [0, 0, 1]


@pytest.mark.parametrize("target", ["nobody", "x"])
def test_no_panel_of_a_target_without_two_days(target):
    one = planted.tabulate(np.array([0, 1]), np.array([0.1, 0.2]), np.ones(2), 2)
    assert make_panel(one.posts, one.stances, target, planted.study()) is None


def test_prior_strength_is_noise_over_latent_variance_even_if_all_turn():
    rng = np.random.default_rng(4)
    latent = rng.choice([-1.0, 1.0], size=(400, 1)) * np.where(np.arange(60) < 30, 1, -1)
    _, strength = prior_strength(np.ones((400, 60), dtype=bool), latent + rng.normal(0, 1.5, (400, 60)))
    assert strength == pytest.approx(1.5**2, rel=0.08)


def test_prior_strength_has_bounds():
    present = np.ones((5, 8), dtype=bool)
    assert prior_strength(present, np.zeros((5, 8))) == (0.0, STRENGTH_BOUNDS[1])
    assert prior_strength(present, np.repeat([[1.0], [-1], [1], [-1], [0]], 8, axis=1)) == (0.0, 0.1)
