"""Tables of planted posts with narratives, several targets, texts and platforms, for detectors that read them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Shifts, Study
from narratives.shifts import DETECTORS

START = pd.Timestamp("2026-01-05", tz="UTC")
NAMES = {"x": "Саринов", "y": "Дегтев", "z": "Жолтаев"}


def study(detector: str, **section: object) -> Study:
    """Return a study in which only `detector` runs, with few draws."""
    others = {name: {"enabled": False} for name in DETECTORS if name != detector}
    draws = {name: 199 for name in ("permutations", "bootstrap") if hasattr(getattr(Shifts(), detector), name)}
    return Study.model_validate({
        "name": "planted", "sources": [{"path": "none.parquet"}],
        "targets": [{"id": target, "name": name} for target, name in NAMES.items()],
        "shifts": others | {detector: draws | section},
    })  # fmt: skip


def daily_posts(rng: np.random.Generator, accounts: int, days: int, rate: float = 1.0) -> pd.DataFrame:
    """Return `account` and `day` of posts; activity varies around `rate` posts a day."""
    n = rng.poisson(rate * days * rng.lognormal(0, 0.5, accounts))
    account = np.repeat(np.arange(accounts), n)
    return pd.DataFrame({"account": account, "day": rng.uniform(0, days, len(account))})


def frames(posts: pd.DataFrame, cohorts: Mapping[str, range]) -> dict[str, pd.DataFrame]:
    """Return the tables that detectors read.

    `posts` has `account` and `day`, and may have `matter` (of every cohort; none: of none), `target` and `score`,
    `platform`, `text`, `lang` (of the text) and `group` (copies share one).
    """
    n = len(posts)
    ids = pd.Series([f"p{i:06d}" for i in range(n)])
    given = posts.reset_index(drop=True)
    text = given.get("text", ids)
    group = given["group"].astype(str) if "group" in given else text
    key = text if "text" in given else group
    table = pd.DataFrame({
        "post_id": ids, "author_id": given["account"].map("a{:04d}".format),
        "created_at": START + pd.to_timedelta(np.round(given["day"] * 86_400), unit="s"), "text": text,
        "platform": given.get("platform", "planted"), "reply_to": None, "repost_of": None, "is_repost": False,
        "text_key": key,
    })  # fmt: skip
    made = {"posts": table, "text_groups": pd.DataFrame({"text_key": key, "group_id": group}).drop_duplicates()}
    made["languages"] = pd.DataFrame({"text_key": key, "lang": given.get("lang", "ru")}).drop_duplicates(
        "text_key", ignore_index=True
    )
    made["accounts"], made["deletions"] = tables.empty("accounts"), tables.empty("deletions")
    made["cohorts"] = pd.DataFrame(
        [(name, f"a{i:04d}", 1, 1.0, 1.0) for name, members in cohorts.items() for i in members],
        columns=list(tables.SCHEMAS["cohorts"].columns),
    )
    on = pd.DataFrame({"matter_id": given.get("matter"), "post_id": ids}).dropna()
    made["matters"] = on.merge(pd.DataFrame({"cohort_id": list(cohorts)}), how="cross")
    target = given["target"] if "target" in given else pd.Series(None, index=given.index, dtype=object)
    score = given["score"] if "score" in given else pd.Series(0.0, index=given.index)
    stances = pd.DataFrame({
        "post_id": ids, "target_id": target, "favor": score.clip(lower=0), "against": (-score).clip(lower=0),
        "none": 1 - score.abs(), "score": score, "method": "planted", "abstained": False,
    })  # fmt: skip
    made["stances"] = stances[target.notna()].reset_index(drop=True)
    name = target.map(NAMES).fillna("")
    start = np.array([words.find(named) for words, named in zip(text, name, strict=True)])
    mentions = pd.DataFrame({"post_id": ids, "target_id": target, "start": start, "end": start + name.str.len()})
    made["mentions"] = mentions[target.notna() & (start >= 0)].assign(alias="", via="text").reset_index(drop=True)
    made["replies"] = tables.empty("replies")
    return made
