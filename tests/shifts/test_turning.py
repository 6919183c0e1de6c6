from __future__ import annotations

import numpy as np

from narratives.shifts.decomposition import sides_at
from narratives.shifts.panel import make_panel
from narratives.shifts.turning import evidence, turning
from tests.shifts import planted

# account 0 flips, 1 joins, 2 vanishes, 3 appears (new), 4 stays, 5 has too few posts; the boundary is day 4
POSTS = [
    (0, 1, 0.9), (0, 2, 1.0), (0, 3, 1.0), (0, 5, -0.9), (0, 6, -1.0), (0, 7, -1.0),
    (1, 1, 0.0), (1, 2, 0.0), (1, 3, 0.1), (1, 5, -1.0), (1, 6, -1.0), (1, 7, -0.9),
    (2, 1, 1.0), (2, 2, 0.9), (3, 5, -0.9), (3, 6, -1.0),
    (4, 1, 1.0), (4, 2, 1.0), (4, 5, 1.0), (4, 6, 1.0), (5, 1, 1.0), (5, 5, -1.0),
]  # fmt: skip


def turn(members: np.ndarray):
    account, day, score = np.array(POSTS).T
    tables = planted.tabulate(account.astype(int), day + 0.5, score, 4)
    panel = make_panel(tables.posts, tables.stances, "x", planted.study())
    section, sides = planted.study().shifts.reversal, sides_at(panel, members, 3)
    turned = turning(panel, members, 3, sides, direction=-1, section=section)
    return turned, evidence(panel.near(3), members, 3, turned, -1)


def test_every_account_is_of_its_kind():
    turned, _ = turn(np.arange(6))
    assert turned.flipped.tolist() == [True, False, False, False, False, False]
    assert turned.joined.tolist() == [False, True, False, False, False, False]
    assert turned.vanished.tolist() == [False, False, True, False, False, False]
    assert turned.appeared.tolist() == turned.new.tolist() == [False, False, False, True, False, False]
    assert turned.tested.tolist() == [True, True, False, False, True, False]


def test_evidence_is_pairs_of_the_clearest_posts_nearest_to_the_date():
    _, posts = turn(np.arange(6))
    assert posts == ["p000002", "p000004", "p000008", "p000009"]


def test_where_nobody_turned_those_who_went_and_came_speak():
    _, posts = turn(np.array([2, 3]))
    assert posts == ["p000012", "p000015"]
