"""Narratives of all windows into tracks and transitions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Study
from narratives.embed.vectors import Vectors
from narratives.track.assignment import assign
from narratives.track.similarity import compare, features
from narratives.track.transitions import transitions

LABEL_WORDS = 4


@dataclass(frozen=True)
class Tracked:
    """The `tracks` and `transitions` tables."""

    tracks: pd.DataFrame
    transitions: pd.DataFrame


def track_narratives(
    clusters: pd.DataFrame,
    membership: pd.DataFrame,
    posts: pd.DataFrame,
    windows: pd.DataFrame,
    vectors: Vectors,
    study: Study,
) -> Tracked:
    """Follow narratives over windows.

    A track continues through the links of `assign`. Growth and shrinkage are survivals in which the posts per day
    change by half or more, beyond chance, between windows that the data cover; a survival over a gap is a revival.
    Nothing dies in the last windows, or merges in one that the data do not cover: what comes after is unknown.
    `transitions` says what splits and merges are.
    """
    if clusters.empty:
        return Tracked(tables.empty("tracks"), tables.empty("transitions"))
    section = study.tracking
    clusters = clusters.sort_values(["window_id", "n_posts", "cluster_id"], ascending=[True, False, True])
    clusters = clusters.reset_index(drop=True)
    members = membership.dropna(subset="cluster_id")[["post_id", "cluster_id"]]
    members = members.merge(posts[["post_id", "author_id", "text_key"]], on="post_id")
    candidates = compare(features(clusters, members, vectors), section)
    chosen = assign(candidates, clusters, section)
    named = clusters.assign(
        track_id=[f"T{number + 1:03d}" for number in _tracks_of(len(clusters), chosen)],
        days=_days(windows).loc[clusters["window_id"]].to_numpy(),
    )
    return Tracked(
        tables.check("tracks", _describe(named, members)),
        tables.check("transitions", transitions(named, candidates, chosen, section)),
    )


def _tracks_of(number: int, chosen: pd.DataFrame) -> list[int]:
    """Return the track of each cluster; tracks are numbered by their first cluster."""
    before = dict(zip(chosen["target"], chosen["source"], strict=True))
    track: list[int] = []
    fresh = 0
    for cluster in range(number):
        if cluster in before:
            track.append(track[before[cluster]])
        else:
            track.append(fresh)
            fresh += 1
    return track


def _days(windows: pd.DataFrame) -> pd.Series:
    """Return the length of each window; NaN where the data do not cover it."""
    days = (windows["end"] - windows["start"]) / pd.Timedelta(days=1)
    return days.mask(windows["partial"]).set_axis(windows["window_id"])


def _describe(clusters: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return the `tracks` rows; a post that several windows hold counts once."""
    members = members.merge(clusters[["cluster_id", "track_id"]], on="cluster_id")
    counts = members.groupby("track_id")[["post_id", "author_id"]].nunique()
    rows = [
        {
            "track_id": track_id,
            "label": _label(part),
            "first_window": part["window_id"].min(),
            "last_window": part["window_id"].max(),
            "n_windows": len(part),
            "n_posts": counts.loc[track_id, "post_id"],
            "n_accounts": counts.loc[track_id, "author_id"],
            "clusters": part["cluster_id"].tolist(),
        }
        for track_id, part in clusters.groupby("track_id")
    ]
    return pd.DataFrame(rows)


def _label(part: pd.DataFrame) -> str:
    """Return the strongest keywords of a life, languages in proportion; rank counts, weighted by posts."""
    kazakh = round(LABEL_WORDS * float(np.average(part["kk_share"], weights=part["n_posts"])))
    picked = []
    for column, number in (("keywords_ru", LABEL_WORDS - kazakh), ("keywords_kk", kazakh)):
        score: Counter[str] = Counter()
        for words, n in zip(part[column], part["n_posts"], strict=True):
            for rank, word in enumerate(words):
                score[word] += n / (rank + 1)
        picked += sorted(score, key=lambda word: (-score[word], word))[:number]
    return ", ".join(dict.fromkeys(picked)) or "no keywords"
