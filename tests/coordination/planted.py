"""Posts with planted company: honest accounts with habits of their own, and what is added to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Coordination
from narratives.coordination import Coordinated, detect_coordination
from narratives.text import text_key

START = pd.Timestamp("2026-01-05", tz="UTC")
DAY, WEEK, DAYS = 86_400, 604_800, 70
TOPICS = 8


def words(rng: np.random.Generator, n: int) -> list[str]:
    """Return n random words of six letters, seldom the same twice."""
    return ["".join(row) for row in rng.choice(list("абгдежиклмнопрсту"), (n, 6))]


@dataclass
class Corpus:
    """Rows (account, seconds, topic, text or none for words of its own) that the methods add to."""

    rng: np.random.Generator
    accounts: int = 240
    rows: list[tuple[int, float, int, str | None]] = field(default_factory=list)

    def habits(self, mean: float = 15.0) -> Corpus:
        """Add honest posts: uneven activity, waking hours, days off, and topics of interest."""
        rng = self.rng
        for account in range(self.accounts):
            n = 1 + rng.negative_binomial(1.2, 1.2 / (1.2 + mean))
            days = rng.choice(DAYS, max(1, int(DAYS * rng.beta(1, 2))), replace=False)
            hours = rng.normal(rng.uniform(0, 24), 1.5, n) % 24
            topics = rng.choice(TOPICS, n, p=rng.dirichlet(np.full(TOPICS, 0.4)))
            times = rng.choice(days, n) * DAY + hours * 3600
            self.rows += [(account, t, c, None) for t, c in zip(times, topics, strict=True)]
        return self

    def copied(self, texts: int, share: float) -> Corpus:
        """Add texts of uneven appeal that accounts copy within a day, some accounts far more often than others."""
        eager = self.rng.beta(0.5, 1.5, self.accounts)
        for _ in range(texts):
            appeal = share * (self.rng.pareto(1.5) + 0.3)
            self._together(self.rng.random(self.accounts) < eager * appeal, DAY, copy=True)
        return self

    def shocks(self, times: int, share: float = 0.4) -> Corpus:
        """Add hours in which a random part of all accounts speaks of one topic."""
        for _ in range(times):
            self._together(self.rng.random(self.accounts) < share, 3600, copy=False)
        return self

    def cohort(self, size: int, times: int, *, copy: bool, part: float = 0.9) -> Corpus:
        """Let the first accounts post a line, or on a topic, within ten minutes, each with the chance `part`."""
        for _ in range(times):
            self._together((np.arange(self.accounts) < size) & (self.rng.random(self.accounts) < part), 600, copy=copy)
        return self

    def _together(self, who: np.ndarray, seconds: float, *, copy: bool) -> None:
        start, topic = self.rng.uniform(0, (DAYS - 1) * DAY), int(self.rng.integers(TOPICS))
        line = words(self.rng, 12)
        for account in np.flatnonzero(who):
            text = " ".join(self._retouched(line)) if copy else None
            self.rows.append((int(account), start + self.rng.uniform(0, seconds), topic, text))

    def _retouched(self, line: list[str]) -> list[str]:
        """Return the line as it is, with another word in one place, or in capitals with marks."""
        kind = self.rng.integers(3)
        if kind == 0:
            return line
        if kind == 1:
            return [*line[:-1], *words(self.rng, 1)]
        return [word.capitalize() + "!" for word in line]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the `posts` and `membership` tables; a topic is one narrative per week."""
        account, seconds, topic, text = zip(*self.rows, strict=True)
        own = iter(np.array(words(self.rng, 12 * len(self.rows))).reshape(-1, 12))
        texts = [" ".join(next(own)) if line is None else line for line in text]
        week = (np.array(seconds) // WEEK).astype(int)
        cluster = [f"{w}-{c}" for w, c in zip(week, topic, strict=True)]
        return tabulate([f"a{a:03d}" for a in account], seconds, texts), members(cluster, week)


def tabulate(authors: list[str], seconds: object, texts: list[str], *, repost: bool = False) -> pd.DataFrame:
    """Return a `posts` table, p00000, p00001, … in the order given."""
    frame = pd.DataFrame({
        "post_id": [f"p{i:05d}" for i in range(len(authors))], "author_id": authors, "text": texts,
        "created_at": START + pd.to_timedelta(np.round(np.array(seconds, dtype=float)), unit="s"),
        "platform": "test", "reply_to": None, "repost_of": None, "is_repost": repost,
        "text_key": [text_key(text) for text in texts],
    })  # fmt: skip
    return tables.check("posts", frame)


def members(clusters: list[str], week: object = 0) -> pd.DataFrame:
    """Return a `membership` table for the posts of `tabulate`."""
    ids = [f"p{i:05d}" for i in range(len(clusters))]
    frame = {"post_id": ids, "window_id": week, "cluster_id": clusters, "strength": 0.5, "reason": "core"}
    return tables.check("membership", pd.DataFrame(frame))


def detect(corpus: Corpus, **section: object) -> Coordinated:
    """Return what is found with the default settings, but for those given."""
    return detect_coordination(*corpus.tables(), Coordination.model_validate(section), seed=0)


def found(coordinated: Coordinated, size: int) -> tuple[float, float]:
    """Return precision and recall of the largest cohort against the first `size` accounts."""
    cohorts = coordinated.cohorts
    first = set(cohorts.loc[cohorts["cohort_id"] == "C01", "author_id"])
    hits = len(first & {f"a{i:03d}" for i in range(size)})
    return hits / max(len(first), 1), hits / size
