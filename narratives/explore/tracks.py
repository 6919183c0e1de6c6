"""The narratives of a run, and the life of one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.errors import NarrativesError, nearest

Frames = Mapping[str, pd.DataFrame]

LIFE = [
    "window_id", "start", "end", "partial", "cluster_id", "n_posts", "n_accounts", "keywords", "kk_share", "cohesion",
    "transitions", "text_ru", "text_kk",
]  # fmt: skip
OVERVIEW = [
    "track_id", "label", "start", "end", "n_posts", "n_accounts", "kk_share", "cohesion", "ended", "text_ru", "text_kk",
]  # fmt: skip

WAY = {"split": "into", "merge": "into", "survival": "in"}  # another track


def find_track(tracks: pd.DataFrame, track_id: str) -> pd.Series:
    """Return the row of a track.

    Raises
    ------
    NarrativesError
        If there is none of that name.
    """
    known = tracks["track_id"]
    if not known.eq(track_id).any():
        there = f"Tracks are {known.iloc[0]} to {known.iloc[-1]}." if len(known) else "This run has no tracks."
        meant = re.sub(r"\D*0*(\d+)", lambda found: f"T{found[1]:>03}", str(track_id))
        raise NarrativesError(f"there is no track '{track_id}'.{nearest(meant, known)} {there}")
    return tracks[known.eq(track_id)].iloc[0]


def track_of_clusters(tracks: pd.DataFrame) -> pd.Series:
    """Return the track_id of every cluster_id."""
    pairs = tracks[["track_id", "clusters"]].explode("clusters")
    return pairs.set_index("clusters")["track_id"]


def members_of(tables: Frames) -> pd.DataFrame:
    """Return the `membership` rows that are in a narrative, with `track_id` and the post's `created_at`."""
    inside = tables["membership"].dropna(subset="cluster_id")
    inside = inside.assign(track_id=inside["cluster_id"].map(track_of_clusters(tables["tracks"])))
    return inside.merge(tables["posts"][["post_id", "author_id", "created_at"]], on="post_id")


def list_narratives(tables: Frames, study: Study) -> pd.DataFrame:
    """Return one row per track, largest first: the columns of `OVERVIEW`."""
    tracks = tables["tracks"]
    clusters = _with_texts(tables)
    times = members_of(tables).groupby("track_id")["created_at"].agg(["min", "max"])
    rows = []
    for track in tracks.to_dict("records"):
        part = clusters.loc[[*track["clusters"]]].sort_values(["n_posts", "window_id"], ascending=[False, True])
        rows.append(
            {
                **{name: track[name] for name in ("track_id", "label", "n_posts", "n_accounts")},
                "start": times.loc[track["track_id"], "min"].tz_convert(study.time.zone),
                "end": times.loc[track["track_id"], "max"].tz_convert(study.time.zone),
                "kk_share": float(np.average(part["kk_share"], weights=part["n_posts"])),
                "cohesion": float(np.average(part["cohesion"], weights=part["n_texts"])),
                "ended": _ended(track["clusters"][-1], tables["transitions"]),
                **{name: next(iter(part[name].dropna()), None) for name in ("text_ru", "text_kk")},
            }
        )
    frame = pd.DataFrame(rows, columns=OVERVIEW)
    return frame.sort_values(["n_posts", "track_id"], ascending=[False, True], ignore_index=True)


def track_life(tables: Frames, study: Study, track_id: str) -> pd.DataFrame:
    """Return one row per window from a track's first to its last: the columns of `LIFE`."""
    track = find_track(tables["tracks"], track_id)
    clusters = _with_texts(tables).loc[[*track["clusters"]]].reset_index()
    clusters["keywords"] = [[*ru, *kk] for ru, kk in zip(clusters["keywords_ru"], clusters["keywords_kk"], strict=True)]
    clusters["transitions"] = _told(clusters["cluster_id"], tables)
    windows = tables["windows"].drop(columns="n_posts")
    windows = windows[windows["window_id"].between(track["first_window"], track["last_window"])]
    life = windows.merge(clusters, on="window_id", how="left")
    for side in ("start", "end"):
        life[side] = life[side].dt.tz_convert(study.time.zone)
    silent = life["cluster_id"].isna()
    life[["n_posts", "n_accounts"]] = life[["n_posts", "n_accounts"]].fillna(0).astype("int64")
    for column in ("keywords", "transitions"):
        life[column] = [[] if empty else found for empty, found in zip(silent, life[column], strict=True)]
    return life[LIFE]


def _with_texts(tables: Frames) -> pd.DataFrame:
    """Return the clusters by cluster_id, with the texts of their medoids."""
    clusters, text = tables["clusters"].set_index("cluster_id"), tables["posts"].set_index("post_id")["text"]
    return clusters.assign(**{f"text_{side}": clusters[f"medoid_{side}"].map(text) for side in ("ru", "kk")})


def _ended(last: str, transitions: pd.DataFrame) -> str:
    """Return how a track's last cluster ended: `death`, `merge into` or `survival in` a track, or `open`: unknown."""
    ends = transitions[transitions["source"].eq(last) & transitions["kind"].isin(["death", "merge", "survival"])]
    if ends.empty:
        return "open"
    kind = ends["kind"].iloc[0]
    return kind if kind == "death" else f"{kind} {WAY[kind]} {ends['track_id'].iloc[0]}"


def _told(clusters: pd.Series, tables: Frames) -> list[list[str]]:
    """Return what happened to each cluster of a track, other tracks named: first how it came, then what left it."""
    transitions, track_of = tables["transitions"], track_of_clusters(tables["tracks"])
    of_source = transitions["source"].map(track_of)
    other = of_source.notna() & transitions["track_id"].ne(of_source)
    rows = transitions.assign(of_source=of_source, other=other)
    told = []
    for cluster in clusters:
        came = rows[rows["target"] == cluster].sort_values(["other", "kind"], kind="stable")
        went = rows[(rows["source"] == cluster) & (rows["other"] | rows["kind"].eq("death"))]
        told.append(
            [f"{t.kind} of {t.of_source}" if t.other else t.kind for t in came.itertuples()]
            + [t.kind if t.kind == "death" else f"{t.kind} {WAY[t.kind]} {t.track_id}" for t in went.itertuples()]
        )
    return told
