"""A short name for each narrative of a window: of its keywords, or by a function that the user brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

from narratives.errors import DataError
from narratives.text import plain

WORDS = 4
SAMPLES = 5
LONGEST = 80  # characters


class Labeler(Protocol):
    """Names a narrative, as a language model may. A run is reused while its qualified name stays the same."""

    def __call__(self, keywords: Sequence[str], samples: Sequence[str]) -> str:
        """Return a label of at most 80 characters.

        Parameters
        ----------
        keywords : Russian, then Kazakh, strongest first.
        samples : at most five texts, the most central first, one per group of copies, without links and handles.
        """


def name_of(labeler: Labeler | None) -> str | None:
    """Return what a labeler is known by in a run's manifest."""
    if labeler is None:
        return None
    named = labeler if hasattr(labeler, "__qualname__") else type(labeler)
    return f"{named.__module__}.{named.__qualname__}"


def keyword_label(russian: Sequence[str], kazakh: Sequence[str], kk_share: float) -> str:
    """Return up to four keywords, of each language by its share; empty if there are none."""
    kazakh = [word for word in kazakh if word not in russian]  # names are spelled alike
    number = min(len(kazakh), max(round(WORDS * kk_share), WORDS - len(russian)))
    return ", ".join([*russian[: WORDS - number], *kazakh[:number]])


def relabel(clusters: pd.DataFrame, membership: pd.DataFrame, posts: pd.DataFrame, labeler: Labeler) -> pd.DataFrame:
    """Return `clusters` with the labels that `labeler` gives.

    Parameters
    ----------
    posts : `posts` table joined with `group_id`.

    Raises
    ------
    DataError
        If a label is no text, is empty or is too long.
    """
    inside = membership.dropna(subset="cluster_id").merge(posts[["post_id", "text", "group_id"]], on="post_id")
    inside = inside.sort_values(["cluster_id", "strength", "post_id"], ascending=[True, False, True])
    central = inside.drop_duplicates(["cluster_id", "group_id"]).groupby("cluster_id").head(SAMPLES)
    samples = central["text"].map(plain).groupby(central["cluster_id"]).agg(list)
    labels = [
        _checked(labeler([*row.keywords_ru, *row.keywords_kk], samples[row.cluster_id]), labeler, row.cluster_id)
        for row in clusters.itertuples()
    ]
    return clusters.assign(label=pd.Series(labels, index=clusters.index, dtype="str"))


def _checked(label: object, labeler: Labeler, cluster: str) -> str:
    short = " ".join(label.split()) if isinstance(label, str) else ""
    if not 0 < len(short) <= LONGEST:
        raise DataError(
            f"labeler {name_of(labeler)} returned {label!r:.100} for narrative {cluster}: "
            f"return a text of 1 to {LONGEST} characters."
        )
    return short
