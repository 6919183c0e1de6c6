"""Accounts that pass on what sources publish, in their own time; and company that is planted among them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Coordination
from narratives.coordination import Coordinated, detect_coordination
from narratives.text import text_key
from tests.coordination.planted import START, words

DAY, DAYS, SOURCES, ITEMS = 86_400, 70, 12, 70  # items of each source
OTHERS = ("near_copy", "same_narrative", "same_url", "same_hashtags", "same_repost", "same_reply")


@dataclass
class Sharing:
    """Rows (account, seconds, source, item); sources publish an item a day."""

    seed: int
    accounts: int = 240
    rows: list[tuple[int, float, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.published = self.rng.uniform(0, (DAYS - 2) * DAY, (SOURCES, ITEMS))
        self.appeal = self.rng.pareto(1.5, (SOURCES, ITEMS)) + 0.2

    def habits(self, mean: float = 12.0) -> Sharing:
        """Let everybody share items of the sources they like, minutes to days after they appear, while awake."""
        for account in range(self.accounts):
            n = self.rng.negative_binomial(1.2, 1.2 / (1.2 + mean))
            wakes = self.rng.uniform(0, 24)
            for source in self.rng.choice(SOURCES, n, p=self.rng.dirichlet(np.full(SOURCES, 0.3))):
                item = self.rng.choice(ITEMS, p=self.appeal[source] / self.appeal[source].sum())
                seen = self.published[source, item] + 60 * (self.rng.pareto(0.6) + 0.5)
                awake = (seen / 3600 - wakes) % 24
                seconds = seen if awake < 16 else seen + (24 - awake) * 3600
                self.rows.append((account, min(seconds, DAYS * DAY), int(source), int(item)))
        return self

    def together(
        self, who: range, sources: list[int], times: int, within: float, *, part: float = 0.9, delay: float = 0.0
    ) -> Sharing:
        """Let `who` share random items of `sources` within a time of each other, `delay` seconds after they appear."""
        for _ in range(times):
            source, item = int(self.rng.choice(sources)), int(self.rng.integers(ITEMS))
            start = self.published[source, item] + delay
            for account in who:
                if self.rng.random() < part:
                    self.rows.append((account, start + self.rng.uniform(0, within), source, item))
        return self

    def posts(self, trace: str) -> pd.DataFrame:
        """Return the `posts` table in which an item is what `trace` looks at."""
        account, seconds, source, item = (np.array(column) for column in zip(*self.rows, strict=True))
        own = [" ".join(row) for row in np.array(words(self.rng, 6 * len(account))).reshape(-1, 6)]
        names = [f"item{s}x{i}" for s, i in zip(source, item, strict=True)]
        frame = pd.DataFrame({
            "post_id": [f"p{i:05d}" for i in range(len(account))],
            "author_id": [f"a{a:03d}" for a in account],
            "created_at": START + pd.to_timedelta(np.round(seconds), unit="s"),
            "text": own, "platform": "test", "reply_to": None, "repost_of": None, "is_repost": False,
        })  # fmt: skip
        if trace == "same_url":
            frame["text"] = [f"{t} https://site{s}.example/{n}" for t, s, n in zip(own, source, names, strict=True)]
        elif trace == "same_hashtags":
            frame["text"] = [f"{t} #тег{s} #{n} #новости" for t, s, n in zip(own, source, names, strict=True)]
        else:
            frame[{"same_repost": "repost_of", "same_reply": "reply_to"}[trace]] = names
            frame["is_repost"] = trace == "same_repost"
        frame["text_key"] = frame["text"].map(text_key)
        return tables.check("posts", pd.concat([self._originals(), frame]))

    def _originals(self) -> pd.DataFrame:
        source, item = np.divmod(np.arange(SOURCES * ITEMS), ITEMS)
        texts = [" ".join(words(self.rng, 6)) for _ in source]
        return pd.DataFrame({
            "post_id": [f"item{s}x{i}" for s, i in zip(source, item, strict=True)],
            "author_id": [f"source{s}" for s in source],
            "created_at": START + pd.to_timedelta(np.floor(self.published.ravel()), unit="s"),
            "text": texts, "platform": "test", "reply_to": None, "repost_of": None, "is_repost": False,
            "text_key": [text_key(text) for text in texts],
        })  # fmt: skip


def detect(corpus: Sharing, trace: str, **section: object) -> Coordinated:
    """Return what is found with one trace alone, at its default settings but for those given."""
    settings = {name: {"enabled": name == trace} for name in OTHERS} | section
    posts = corpus.posts(trace)
    return detect_coordination(posts, tables.empty("membership"), Coordination.model_validate(settings), seed=0)
