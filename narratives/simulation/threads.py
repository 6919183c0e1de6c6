"""Who repeats and who answers whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from narratives.simulation.grammar import load
from narratives.simulation.people import DAY
from narratives.simulation.writing import Draft

REPOSTED, ANSWERED = 0.03, 0.08
LATEST = 2 * DAY  # nobody repeats or answers what is older
RECENT = 300  # posts back that are looked at


def reposts(drafts: Sequence[Draft], rng: np.random.Generator) -> tuple[list[Draft], dict[int, int]]:
    """Return the drafts, some turned into repeats of an earlier one that takes no side, and who repeats which."""
    kinds = load("world")["kinds"]
    neutral = [{*kinds[d.kind].values()}.isdisjoint({"favor", "against"}) for d in drafts]
    changed, repeated = list(drafts), {}
    for i in range(1, len(drafts)):
        if not neutral[i] or rng.random() >= REPOSTED:
            continue
        j = max(0, i - 1 - int(rng.random() * RECENT))
        if neutral[j] and j not in repeated and _fits(drafts[j], drafts[i]):
            changed[i] = replace(drafts[j], person=drafts[i].person, at=drafts[i].at)
            repeated[i] = j
    return changed, repeated


def answers(drafts: Sequence[Draft], repeated: Mapping[int, int], rng: np.random.Generator) -> dict[int, int]:
    """Return which draft answers which earlier one on the same narrative."""
    kinds = load("world")["kinds"]
    latest: dict[str, int] = {}
    found = {}
    for i, draft in enumerate(drafts):
        narrative = kinds[draft.kind]["narrative"]
        j = latest.get(narrative)
        if j is not None and _fits(drafts[j], draft) and i not in repeated and rng.random() < ANSWERED:
            found[i] = j
        latest[narrative] = i
    return found


def _fits(earlier: Draft, later: Draft) -> bool:
    return earlier.person is not later.person and later.at - earlier.at < LATEST
