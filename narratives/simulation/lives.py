"""Planned lives of narratives: how many posts a week, of which claims, by which circles, and what happens when.

A life is a row of weekly volumes. Growth and shrinkage are what the tracker calls so (`track.transitions.RESIZED`):
of two adjoining weeks one has half as many posts again, or more. Volumes vary by at most ±7 % around the plan,
steadier than Poisson counts, which would cross that line unplanned about once in a hundred steps. A planned change is
×2.2 (×1.9 at least with the noise), any other step ×1.4 at most, so none is ambiguous. Events are read off the
volumes by that rule.

Identity: of a split, the larger child keeps the narrative's name and the smaller has a new one; of a merger, the
product keeps the name of the larger parent. A narrative that pauses for a week or two keeps its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SPLITTING = ("bridge", "factory", "classes")
MERGING = (("heating", "pension"), ("buses", "festival"))
DRIFTING = ("dam", "stadium")
OTHERS = ("wells", "dogs", "courses", "library", "market", "park", "clinic")
THEMES = (*SPLITTING, *(theme for pair in MERGING for theme in pair), *DRIFTING, *OTHERS)
# Steps of the others' lives: what, earliest week (after the step before, if there is one) and latest week (from the
# end, if negative). The last weeks are free of deaths and pauses, so that no tracker has to guess what comes after.
LIVES: tuple[tuple[tuple[str, int, int], ...], ...] = (
    (("birth", 2, 4), ("growth", 3, -3)),
    (("growth", 2, 4), ("shrinkage", 3, -2)),
    (("pause", 3, -4),),
    (("long pause", 3, -5),),
    (("shrinkage", 2, 4), ("death", 3, -3)),
    (("birth", 2, 3), ("death", 4, -3)),
    (("birth", 3, 6), ("shrinkage", 3, -2)),
)
LEAST_WEEKS = 12
RESIZED = 1.5
PLANNED = 2.2
NOISE = 0.07
LONGEST_PAUSE = 2
USUAL, SMALL, LARGE = 90.0, 60.0, 120.0  # posts a week
PARENT, LARGER_CHILD, SMALLER_CHILD = 100.0, 85.0, 65.0
LARGER_PARENT, SMALLER_PARENT, PRODUCT = 80.0, 55.0, 95.0
KEPT = 0.35  # of a child's posts, in the parent's words
JOINT = 0.4  # of a product's posts, in words that belong to neither parent
STAGES, STAGE_WIDTH = 5, 0.6  # a drifting narrative's wordings, and how far around the current one it still speaks


@dataclass(frozen=True)
class Event:
    """A change: its kind, the first week that shows it, and the narratives before and after."""

    kind: str
    week: int
    sources: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One narrative in one week: number of posts, shares of grammar symbols, and whose circles write."""

    narrative: str
    week: int
    posts: int
    claims: Mapping[str, float]
    circles: tuple[str, ...]


@dataclass(frozen=True)
class Era:
    """What a narrative is made of from a week on."""

    start: int
    claims: Mapping[str, float]
    circles: tuple[str, ...]


@dataclass(frozen=True)
class Life:
    """A narrative's posts per week, shape (weeks,), its eras, and whether it starts by birth and ends by death."""

    narrative: str
    posts: NDArray[np.int64]
    eras: Sequence[Era]
    born: bool = True
    dies: bool = True

    def cells(self) -> Iterator[Cell]:
        """Yield its weeks with posts."""
        for week in np.flatnonzero(self.posts):
            era = next(era for era in reversed(self.eras) if era.start <= week)
            yield Cell(self.narrative, int(week), int(self.posts[week]), era.claims, era.circles)

    def events(self) -> Iterator[Event]:
        """Yield what its volumes show, by the tracker's rule. Nothing is born in the first week."""
        here, weeks = (self.narrative,), np.flatnonzero(self.posts)
        if self.born and weeks[0] > 0:
            yield Event("birth", int(weeks[0]), (), here)
        for before, week in pairwise(weeks):
            ratio = self.posts[week] / self.posts[before]
            kind = "growth" if ratio >= RESIZED else "shrinkage" if ratio <= 1 / RESIZED else None
            kind = "revival" if week - before > 1 else kind
            if kind:
                yield Event(kind, int(week), here, here)
        if self.dies and weeks[-1] + 1 < len(self.posts):
            yield Event("death", int(weeks[-1]) + 1, here, ())


def plan(weeks: int, rng: np.random.Generator) -> tuple[list[Cell], list[Event]]:
    """Return all weeks of all narratives, and all events in the order of weeks. The seed says who lives how."""
    lives, events = [], []
    for number, theme in enumerate(rng.permutation(SPLITTING)):
        parts, event = _split(str(theme), weeks, rng, first=number == 0)
        lives += parts
        events.append(event)
    for pair in MERGING:
        large, small = map(str, rng.permutation(pair))
        parts, event = _merger(large, small, pair[0], weeks, rng)
        lives += parts
        events.append(event)
    lives += [_drift(theme, weeks, rng) for theme in DRIFTING]
    lives += [
        _other(str(theme), steps, weeks, rng) for theme, steps in zip(rng.permutation(OTHERS), LIVES, strict=True)
    ]
    events += [event for life in lives for event in life.events()]
    return [cell for life in lives for cell in life.cells()], sorted(events, key=lambda e: (e.week, e.kind, e.targets))


def _split(theme: str, weeks: int, rng: np.random.Generator, *, first: bool) -> tuple[list[Life], Event]:
    """Return a narrative and its smaller child. The first of all is born late, and its smaller child dies."""
    at = _week(4, -6, weeks, rng)
    large, small = (f"{theme}.{part}" for part in rng.permutation(["a", "b"]))
    parent, child = np.full(weeks, PARENT), np.zeros(weeks)
    parent[at:], child[at:] = LARGER_CHILD, SMALLER_CHILD
    if first:
        parent[:2] = 0
        child[_week(at + 3, -3, weeks, rng) :] = 0
    eras = [Era(at, {theme: KEPT, part: 1 - KEPT}, (part,)) for part in (large, small)]
    lives = [
        Life(theme, _noisy(parent, rng), [Era(0, {theme: 1.0}, (theme,)), eras[0]]),
        Life(small, _noisy(child, rng), [eras[1]], born=False),
    ]
    return lives, Event("split", at, (theme,), (theme, small))


def _merger(large: str, small: str, theme: str, weeks: int, rng: np.random.Generator) -> tuple[list[Life], Event]:
    at = _week(5, -4, weeks, rng)
    taker, giver = np.full(weeks, LARGER_PARENT), np.full(weeks, SMALLER_PARENT)
    taker[at:], giver[at:] = PRODUCT, 0
    own = (1 - JOINT) / 2
    product = Era(at, {large: own, small: own, f"{theme}.joint": JOINT}, (large, small))
    lives = [
        Life(large, _noisy(taker, rng), [Era(0, {large: 1.0}, (large,)), product]),
        Life(small, _noisy(giver, rng), [Era(0, {small: 1.0}, (small,))], dies=False),
    ]
    return lives, Event("merge", at, (large, small), (large,))


def _drift(theme: str, weeks: int, rng: np.random.Generator) -> Life:
    """Return a life of even size in which early wording gives way to late wording bit by bit."""
    centre = np.linspace(0, STAGES - 1, weeks)
    near = np.exp(-(((np.arange(STAGES) - centre[:, None]) / STAGE_WIDTH) ** 2) / 2)
    eras = [
        Era(week, {f"{theme}.{i + 1}": float(row[i]) for i in range(STAGES)}, (theme,)) for week, row in enumerate(near)
    ]
    return Life(theme, _noisy(np.full(weeks, USUAL), rng), eras)


def _other(theme: str, steps: Sequence[tuple[str, int, int]], weeks: int, rng: np.random.Generator) -> Life:
    kinds = [kind for kind, *_ in steps]
    posts = np.full(weeks, SMALL if "growth" in kinds else LARGE if "shrinkage" in kinds else USUAL)
    at = 0
    for kind, earliest, latest in steps:
        at = _week(at + earliest, latest, weeks, rng)
        if kind == "birth":
            posts[:at] = 0
        elif kind == "death":
            posts[at:] = 0
        elif kind.endswith("pause"):
            posts[at : at + (LONGEST_PAUSE if kind == "long pause" else 1)] = 0
        else:
            posts[at:] *= PLANNED if kind == "growth" else 1 / PLANNED
    return Life(theme, _noisy(posts, rng), [Era(0, {theme: 1.0}, (theme,))])


def _week(earliest: int, latest: int, weeks: int, rng: np.random.Generator) -> int:
    return int(rng.integers(earliest, latest % weeks + 1))


def _noisy(posts: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    return np.round(posts * rng.uniform(1 - NOISE, 1 + NOISE, len(posts))).astype(np.int64)
