"""The invented people: what they are, how much they post, in which language, and when they change their mind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives.simulation.grammar import load
from narratives.simulation.spelling import Habits

DAY = 86_400.0
FLIP_HOUR = 22.6  # polls have closed, the first counts are out
POSTS_PER_WEEK = {"cohort": 2.0, "rivals": 2.0, "fresh": 0.7, "changer": 4.5}  # medians; tasks come on top
POLITICAL = {"cohort": (2, 12), "changer": (8, 6), "supporter": (5, 8), "opponent": (5, 8), "neutral": (2, 9)}
POLITICAL |= {"rivals": (2, 12), "fresh": (1, 12)}
POLITICAL |= {"fan": (5, 8), "editor": (2, 9), "loud": (5, 8)}
ALIKE = {"changer": "supporter", "fan": "supporter", "loud": "supporter", "editor": "neutral"}  # in what they write
CAMPAIGN = ("cohort", "rivals")
# Which languages a person writes in: share of people, then of their posts.
SPEAKERS: tuple[tuple[float, dict[str, float]], ...] = (
    (0.42, {"ru": 0.93, "mixed": 0.05, "kk": 0.02}),
    (0.27, {"kk": 0.90, "ru": 0.05, "mixed": 0.05}),
    (0.18, {"kk": 0.42, "ru": 0.40, "mixed": 0.18}),
    (0.07, {"kk-Latn": 0.75, "kk": 0.15, "ru": 0.10}),
    (0.06, {"kk-ru-letters": 0.75, "ru": 0.10, "kk": 0.10, "mixed": 0.05}),
)
FRESH_DAYS, FRESH_HOURS = 8, 30  # before the election, and how long it took to make them
GOLDEN = 0.618_033_988_75
PLATFORMS = ("telegram", "vk", "threads")


@dataclass(frozen=True)
class Calendar:
    """Times of the corpus, in local seconds since its first midnight."""

    start: pd.Timestamp
    days: int

    @property
    def election_day(self) -> int:
        """Index of the day of the election, a Sunday."""
        return self.days // 14 * 7 - 1

    @property
    def flip(self) -> float:
        """When the cohort is told to turn: late on election night."""
        return self.election_day * DAY + FLIP_HOUR * 3600

    def utc(self, seconds: NDArray[np.float64]) -> pd.Series:
        """Return the moments in UTC; not-a-number becomes not-a-time."""
        local = self.start + pd.to_timedelta(pd.Series(np.round(seconds)), unit="s")
        there = local.dt.tz_localize("Asia/Almaty", ambiguous=np.zeros(len(local), bool), nonexistent="shift_forward")
        return there.dt.tz_convert("UTC").dt.as_unit("us")


@dataclass(frozen=True)
class Person:
    """One account: its role, its habits, and the second at which it turns (infinite for most)."""

    author_id: str
    role: str
    turns: float
    per_week: float
    political: float
    interests: NDArray[np.float64]
    languages: Mapping[str, float]
    habits: Habits
    woman: bool
    hour_shift: float
    platform: str

    def side(self, at: float, flip: float) -> str:
        """Return the name of the mix of political posts that this person writes at the second `at`."""
        if self.role == "cohort":
            return "cohort_after" if at >= self.turns else "cohort_before"
        if self.role == "changer" and at >= self.turns:
            return "turned"
        role = ALIKE.get(self.role, self.role)
        return f"{role}_{'after' if at >= flip else 'before'}"


def people(roles: Mapping[str, int], calendar: Calendar, rng: np.random.Generator) -> list[Person]:
    """Return as many people of each role as `roles` says, in the order of their ids.

    Activity is log-normal. Languages go round in step with activity, so that their shares do not hang on who happens
    to be busiest.
    """
    role_of = rng.permutation([role for role, n in roles.items() for _ in range(n)])
    n = len(role_of)
    per_week = np.array([POSTS_PER_WEEK.get(role, 2.8) for role in role_of]) * rng.lognormal(0, 0.8, n)
    place = np.empty(n)
    place[np.argsort(per_week)] = (np.arange(n) * GOLDEN + rng.random()) % 1
    speaker = np.searchsorted(np.cumsum([share for share, _ in SPEAKERS]), place).clip(0, len(SPEAKERS) - 1)
    return [
        _person(f"u{i:05d}", str(role_of[i]), (float(per_week[i]), SPEAKERS[speaker[i]][1]), calendar, rng)
        for i in range(n)
    ]


def _person(
    author_id: str, role: str, output: tuple[float, dict[str, float]], calendar: Calendar, rng: np.random.Generator
) -> Person:
    daily = np.array(list(load("world")["everyday"].values()))
    return Person(
        author_id, role, _turns(role, calendar, rng),
        per_week=min(output[0], 45.0),
        political=float(rng.beta(*POLITICAL[role])),
        interests=np.cumsum(rng.dirichlet(daily)),
        languages=output[1],
        habits=_habits(rng),
        woman=bool(rng.random() < 0.5),
        hour_shift=float(rng.normal(0, 1.2)),
        platform=PLATFORMS[int(rng.random() ** 2 * len(PLATFORMS))],
    )  # fmt: skip


def _turns(role: str, calendar: Calendar, rng: np.random.Generator) -> float:
    """Return when an honest changer turns: any day after the election, each on one's own. A cohort turns by task."""
    if role != "changer":
        return float("inf")
    left = calendar.days - 4 - (calendar.election_day + 1)
    return calendar.flip + DAY * (0.4 + rng.random() * min(left, 28))


def _habits(rng: np.random.Generator) -> Habits:
    return Habits(
        emoji=float(rng.beta(1.2, 4)),
        tag=float(rng.beta(0.8, 9)),
        lower=float(rng.random() < 0.15) * 0.9,
        slip=float(rng.beta(1, 15)),
        lazy=float(rng.random() < 0.15) * 0.6,
        latin_2021=bool(rng.random() < 0.4),
    )


def profiles(persons: list[Person], calendar: Calendar, rng: np.random.Generator) -> pd.DataFrame:
    """Return the `accounts` frame.

    Cohort accounts are somewhat younger and emptier, with a wide overlap; fresh ones were made within hours, a week
    before the election, and are empty.
    """
    n = len(persons)
    cohort = np.array([person.role in CAMPAIGN for person in persons])
    age = rng.lognormal(np.where(cohort, 6.0, 6.9), 0.8, n)
    weeks = (age + calendar.days) / 7
    per_week = np.array([person.per_week for person in persons])
    followers = np.round(rng.lognormal(np.where(cohort, 3.6, 4.8), 1.2, n)).astype(int)
    made = pd.DataFrame(
        {
            "author_id": [person.author_id for person in persons],
            "created_at": calendar.utc(-np.minimum(age, 5000) * DAY),
            "followers": followers,
            "following": np.round(rng.lognormal(np.where(cohort, 5.0, 4.9), 0.9, n)).astype(int),
            "posts_total": np.round(per_week * weeks).astype(int),
            "has_photo": rng.random(n) < np.where(cohort, 0.65, 0.85),
            "has_bio": rng.random(n) < np.where(cohort, 0.4, 0.6),
        }
    )
    fresh = np.array([person.role == "fresh" for person in persons])
    if fresh.any():
        hours = rng.uniform(0, FRESH_HOURS, int(fresh.sum()))
        made.loc[fresh, "created_at"] = calendar.utc(
            (calendar.election_day - FRESH_DAYS) * DAY + hours * 3600
        ).to_numpy()
        made.loc[fresh, ["followers", "following"]] = rng.integers(0, 4, (int(fresh.sum()), 2))
        made.loc[fresh, ["has_photo", "has_bio"]] = False
        made.loc[fresh, "posts_total"] = rng.integers(5, 20, int(fresh.sum()))
    return made
