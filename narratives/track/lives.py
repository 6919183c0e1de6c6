"""Tracks and what happens to them: transitions in the terms of MONIC (Spiliopoulou et al. 2006).

MONIC compares members, which adjoining windows of posts never share; here its shares are read off the blended
similarity.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Tracking
from narratives.track.assignment import Links, link_clusters

RESIZED = 1.5
LABEL_WORDS = 4


@dataclass(frozen=True)
class Tracked:
    """The `tracks` and `transitions` tables."""

    tracks: pd.DataFrame
    transitions: pd.DataFrame


def track_narratives(
    clusters: pd.DataFrame, membership: pd.DataFrame, posts: pd.DataFrame, windows: pd.DataFrame, section: Tracking
) -> Tracked:
    """Follow narratives over windows.

    A track continues through the chosen links. A narrative without predecessor that is similar enough to one of an
    earlier window is a split of it, else a birth; one without successor merges into a later one or dies. Growth and
    shrinkage are survivals in which the posts per day change by half or more, between windows that the data cover; a
    survival over a gap is a revival. Nothing dies in the last windows, or merges in one that the data do not cover:
    what comes after is unknown.
    """
    if clusters.empty:
        return Tracked(tables.empty("tracks"), tables.empty("transitions"))
    clusters = clusters.sort_values(["window_id", "n_posts", "cluster_id"], ascending=[True, False, True])
    clusters = clusters.reset_index(drop=True)
    members = membership.merge(posts[["post_id", "author_id"]], on="post_id")
    authors = members.groupby("cluster_id")["author_id"].agg(set)
    links = link_clusters(clusters, authors.loc[clusters["cluster_id"]], section)
    track = _tracks_of(len(clusters), links.chosen)
    named = clusters.assign(
        track_id=[f"T{number + 1:03d}" for number in track], rate=_rates(clusters, windows.set_index("window_id"))
    )
    tracks = _describe(named, members)
    return Tracked(tables.check("tracks", tracks), tables.check("transitions", _transitions(named, links, section)))


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


def _rates(clusters: pd.DataFrame, windows: pd.DataFrame) -> pd.Series:
    """Return the posts per day of each cluster; NaN where data do not cover its window."""
    of = windows.loc[clusters["window_id"]].reset_index(drop=True)
    return (clusters["n_posts"] / ((of["end"] - of["start"]) / pd.Timedelta(days=1))).mask(of["partial"])


def _describe(clusters: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return the `tracks` rows; a post that several windows hold counts once."""
    found = members.merge(clusters[["cluster_id", "track_id"]], on="cluster_id").groupby("track_id")
    counts = found[["post_id", "author_id"]].nunique()
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


def _transitions(clusters: pd.DataFrame, links: Links, section: Tracking) -> pd.DataFrame:
    chosen = links.chosen
    rows = [_continuation(clusters, *link) for link in chosen.itertuples(index=False)]
    windows, whole = clusters["window_id"], clusters["rate"].notna()
    last = windows[whole].max()
    for cluster in np.setdiff1d(np.arange(len(clusters)), chosen["target"]):
        near = links.candidates[links.candidates["target"] == cluster]
        source = int(near.loc[near["similarity"].idxmax(), "source"]) if len(near) else None
        weight = near["similarity"].max() if len(near) else 0.0
        kind = "birth" if source is None else "split"
        rows.append(_row(clusters, kind, source, cluster, int(windows[cluster]), weight))
    for cluster in np.setdiff1d(np.arange(len(clusters)), chosen["source"]):
        near = links.candidates[links.candidates["source"] == cluster]
        near = near[whole.loc[near["target"]].to_numpy()]
        if len(near):
            best = near.loc[near["similarity"].idxmax()]
            target = int(best["target"])
            rows.append(_row(clusters, "merge", cluster, target, int(windows[target]), best["similarity"]))
        elif windows[cluster] + section.max_gap <= last:
            rows.append(_row(clusters, "death", cluster, None, int(windows[cluster]) + 1, 0.0))
    frame = pd.DataFrame(rows)
    return frame.sort_values(["window_id", "kind", "source", "target"], na_position="first")


def _continuation(clusters: pd.DataFrame, source: int, target: int, gap: int, similarity: float) -> dict[str, object]:
    ratio = clusters.loc[target, "rate"] / clusters.loc[source, "rate"]
    kind = "growth" if ratio >= RESIZED else "shrinkage" if ratio <= 1 / RESIZED else "survival"
    kind = "revival" if gap > 1 else kind
    return _row(clusters, kind, int(source), int(target), int(clusters.loc[target, "window_id"]), similarity)


def _row(
    clusters: pd.DataFrame, kind: str, source: int | None, target: int | None, window: int, weight: float
) -> dict[str, object]:
    name = clusters["cluster_id"]
    return {
        "kind": kind,
        "window_id": window,
        "source": None if source is None else name[source],
        "target": None if target is None else name[target],
        "track_id": clusters.loc[source if target is None else target, "track_id"],
        "weight": weight,
    }
