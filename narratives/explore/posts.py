"""Posts of a run: by narrative, by time, by meaning."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from narratives import tables as contract
from narratives.config import Study, duration
from narratives.embed import Encoder, Vectors
from narratives.errors import NarrativesError
from narratives.explore.tracks import Frames, find_track, track_of_clusters
from narratives.morphology import skeleton
from narratives.text import words

COLUMNS = [
    "post_id", "created_at", "author_id", "text", "lang", "window_id", "cluster_id", "track_id", "strength",
]  # fmt: skip


def select_posts(
    tables: Frames,
    study: Study,
    *,
    track: str | None = None,
    around: str | date | None = None,
    span: str | timedelta | None = None,
) -> pd.DataFrame:
    """Return the posts of a track, or all, near a moment, or at any time; see `Run.posts`."""
    if span is not None and around is None:
        raise NarrativesError("`span` says how far from `around` posts may lie, and `around` is missing.")
    membership = tables["membership"]
    if track is not None:
        membership = membership[membership["cluster_id"].isin([*find_track(tables["tracks"], track)["clusters"]])]
    posts = _described(contract.one_per_post(membership), tables, study)
    if around is None:
        return posts.sort_values(["created_at", "post_id"], ignore_index=True)
    away = (posts["created_at"] - _moment(around, study)).abs()
    near = posts.assign(away=away)[away <= _length(span, study)]
    return near.sort_values(["away", "created_at", "post_id"], ignore_index=True).drop(columns="away")


def search_posts(
    tables: Frames, study: Study, text: str, *, n: int, encoder: Encoder, vectors: Vectors
) -> pd.DataFrame:
    """Return the posts nearest in meaning to `text`; see `Run.search`."""
    if n < 1:
        raise NarrativesError(f"n is how many posts to return, at least 1 (got {n}).")
    query = encoder.encode([text])[0]
    if not query.any():
        raise NarrativesError(f"there is no word in '{text}' that the encoder {encoder.name} can read.")
    found = pd.Series(vectors.values @ query, index=vectors.keys, name="similarity", dtype="float64")
    posts = tables["posts"].sort_values(["created_at", "post_id"])
    copies = posts["text_key"].value_counts()
    heads = posts.drop_duplicates("text_key").set_index("text_key")["post_id"]
    # The order of posts breaks ties, so that equal similarities do not leave the choice to the sort.
    nearest = found.reindex(heads.index).sort_values(ascending=False, kind="stable").head(n)
    chosen = pd.DataFrame(
        {"post_id": heads[nearest.index], "similarity": nearest.clip(-1, 1), "copies": copies[nearest.index]}
    )
    inside = tables["membership"][tables["membership"]["post_id"].isin(chosen["post_id"])]
    made = chosen.merge(_described(contract.one_per_post(inside), tables, study), on="post_id")
    made["words"] = [_shared_words(text, post) for post in made["text"]]
    return made[["similarity", "words", "copies", *COLUMNS]]


def _described(members: pd.DataFrame, tables: Frames, study: Study) -> pd.DataFrame:
    """Return the posts of `members` (one row each) in the columns of `COLUMNS`."""
    posts = tables["posts"].merge(members, on="post_id").merge(tables["languages"][["text_key", "lang"]], on="text_key")
    track_id = posts["cluster_id"].map(track_of_clusters(tables["tracks"]))
    local = posts["created_at"].dt.tz_convert(study.time.zone)
    return posts.assign(track_id=track_id, created_at=local)[COLUMNS]


def _shared_words(query: str, text: str) -> list[str]:
    """Return the words of `query` that `text` has too, in any script and case, in the form they have there."""
    asked = set(map(skeleton, words(query)))
    return [*dict.fromkeys(word for word in words(text) if skeleton(word) in asked)]


def _moment(around: str | date, study: Study) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(around)
    except ValueError as error:
        raise NarrativesError(
            f"around: '{around}' is no date; write it as in 2025-09-14 or 2025-09-14 20:00."
        ) from error
    return pd.Timestamp(study.time.utc(moment.to_pydatetime()))


def _length(span: str | timedelta | None, study: Study) -> timedelta:
    try:
        return study.windows.length if span is None else duration(span)
    except ValueError as error:
        raise NarrativesError(f"span: {error} (got {span!r})") from error
