"""Stance tables with planted truth, without any text: what the detectors of shifts are tested on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.shifts import DETECTORS

Latent = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
START = pd.Timestamp("2026-01-05", tz="UTC")
DAYS = 70
TURN = 35.0


@dataclass(frozen=True)
class Planted:
    """Tables of one planted corpus."""

    posts: pd.DataFrame
    stances: pd.DataFrame
    cohorts: pd.DataFrame

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"posts": self.posts, "stances": self.stances, "cohorts": self.cohorts}


def study(**reversal: object) -> Study:
    """Return a study of the planted corpora with few draws, in which only the reversal is tested."""
    section = {"permutations": 299, "bootstrap": 199} | reversal
    others = {name: {"enabled": False} for name in DETECTORS if name != "reversal"}
    return Study.model_validate({
        "name": "planted", "sources": [{"path": "none.parquet"}], "targets": [{"id": "x", "name": "Икс"}],
        "events": [{"name": "election", "date": (START + pd.Timedelta(days=TURN)).date()}],
        "shifts": others | {"reversal": section},
    })  # fmt: skip


def corpus(
    latent: Latent, seed: int, *, accounts: int = 240, cohort: int = 24,
    rate: float = 0.25, error: float = 0.2,
    echo: float = 0.0,
) -> Planted:  # fmt: skip
    """Return a corpus in which `latent(account, day, nature)` is the true stance of every post.

    A stance is −1, 0 or 1; NaN is silence. `nature` is a uniform number of each account. Accounts 0 … cohort − 1 are
    the cohort. Activity varies around `rate` posts a day; a share `error` of the scores is that of another stance. Of
    the posts that the cohort makes on one day, a share `echo` has one error in common, as copies of one text do.
    """
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate * DAYS * rng.lognormal(0, 0.5, accounts))
    account = np.repeat(np.arange(accounts), n)
    day = rng.uniform(0, DAYS, len(account))
    truth = latent(account, day, rng.random(accounts)[account])
    account, day, truth = (part[~np.isnan(truth)] for part in (account, day, truth))
    luck = rng.random(len(truth))
    if echo:
        copies = (account < cohort) & (rng.random(len(truth)) < echo)
        luck = np.where(copies, rng.random(DAYS)[day.astype(int)], luck)
    wrong = luck < error
    other = np.where(truth == 0, rng.choice([-1, 1], len(truth)), np.where(luck < error / 2, 0, -truth))
    score = np.where(wrong, other, truth) * rng.uniform(0.6, 1.0, len(truth))
    return tabulate(account, day, score, cohort)


def tabulate(account: np.ndarray, day: np.ndarray, score: np.ndarray, cohort: int) -> Planted:
    """Return the tables of posts given as parallel arrays."""
    ids = pd.Series([f"p{i:06d}" for i in range(len(account))])
    names = pd.Series(account).map("a{:04d}".format)
    posts = pd.DataFrame({
        "post_id": ids, "author_id": names, "created_at": START + pd.to_timedelta(np.round(day * 86_400), unit="s"),
        "text": ids, "platform": "planted", "reply_to": None, "repost_of": None, "is_repost": False, "text_key": ids,
    })  # fmt: skip
    stances = pd.DataFrame({
        "post_id": ids, "target_id": "x", "favor": np.maximum(score, 0), "against": np.maximum(-score, 0),
        "none": 1 - np.abs(score), "score": score, "method": "planted", "abstained": False,
    })  # fmt: skip
    members = pd.DataFrame({
        "cohort_id": "C01", "author_id": [f"a{i:04d}" for i in range(cohort)], "degree": cohort - 1, "cohesion": 1.0,
        "strength": 1.0,
    })  # fmt: skip
    return Planted(posts, stances, members)


def camps(nature: np.ndarray) -> np.ndarray:
    """Return a steady stance of each account: two in five for, two against, one neither."""
    return np.select([nature < 0.4, nature < 0.8], [1.0, -1.0], 0.0)


def steady(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """Nobody changes."""
    return camps(nature)


def reversal(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """The cohort praises before the turn and accuses after it; nobody else changes."""
    return np.where(account < 24, np.where(day < TURN, 1.0, -1.0), camps(nature))


def scattered(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """The cohort's accounts change their mind from praise to accusation, each on a date of its own."""
    return np.where(account < 24, np.where(day < DAYS * nature, 1.0, -1.0), camps(nature))


def news(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """Everybody accuses from the turn on."""
    return np.where(day < TURN, camps(nature), -1.0)


def headroom(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """Everybody accuses from the turn on; the cohort had praised, the others are of both camps."""
    return np.where(day < TURN, np.where(account < 24, 1.0, camps(nature)), -1.0)


def shaken(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """One account in two, in the cohort as outside it, turns from praise to accusation at the turn."""
    return np.where(nature < 0.5, np.where(day < TURN, 1.0, -1.0), np.where(nature < 0.8, -1.0, 0.0))


def replacement(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """Half of the cohort praises and falls silent at the turn; the other half appears then and accuses."""
    early, late = (account % 2 == 0) & (day < TURN), (account % 2 == 1) & (day >= TURN)
    return np.where(account >= 24, camps(nature), np.where(early, 1.0, np.where(late, -1.0, np.nan)))


def flood(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """The cohort posts rare neutral headlines before the turn, and ten times as many accusations after it."""
    kept = (day >= TURN) | (np.modf(day * 1_000)[0] < 0.1)
    return np.where(account >= 24, camps(nature), np.where(kept, np.where(day < TURN, 0.0, -1.0), np.nan))


def loud(account: np.ndarray, day: np.ndarray, nature: np.ndarray) -> np.ndarray:
    """The cohort praises throughout, and posts four times as much from the turn on."""
    kept = (day >= TURN) | (np.modf(day * 1_000)[0] < 0.25)
    return np.where(account >= 24, camps(nature), np.where(kept, 1.0, np.nan))
