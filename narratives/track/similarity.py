"""How alike narratives are: by what they say, who speaks, in which words, and text by text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from narratives.config import Tracking
from narratives.embed.vectors import Vectors

NEAR = 0.4  # cosine from which a text may belong to a centroid
KIN = 0.15  # overlap of accounts, beyond chance, of narratives of the same people
COLUMNS = ("source", "target", "gap", "similarity", "centroid", "accounts", "keywords", "source_share", "target_share")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Features:
    """What narratives are compared by, in the order of the `clusters` table.

    Attributes
    ----------
    window : of each narrative.
    centroids : unit rows.
    accounts, keywords : narratives × accounts or words, 1 where it has them.
    texts, owner : unit vector of each distinct text of each narrative, and that narrative.
    """

    window: Ints
    centroids: Floats
    accounts: sparse.csr_array
    keywords: sparse.csr_array
    texts: NDArray[np.float32]
    owner: Ints


def features(clusters: pd.DataFrame, members: pd.DataFrame, vectors: Vectors) -> Features:
    """Return the features of `clusters`; `members` are its posts with cluster_id, author_id and text_key."""
    place = pd.Series(np.arange(len(clusters)), index=clusters["cluster_id"].to_numpy())
    members = members.assign(owner=place.reindex(members["cluster_id"]).to_numpy())
    texts = members.drop_duplicates(["owner", "text_key"]).sort_values(["owner", "text_key"])
    accounts = members.drop_duplicates(["owner", "author_id"])
    words = [
        (row, word)
        for row, both in enumerate(zip(clusters["keywords_ru"], clusters["keywords_kk"], strict=True))
        for word in {word for side in both for word in side}
    ]
    return Features(
        clusters["window_id"].to_numpy(),
        np.vstack([*clusters["centroid"]]).astype(np.float64),
        _incidence(accounts["owner"].to_numpy(), accounts["author_id"], len(clusters)),
        _incidence(np.array([row for row, _ in words], dtype=np.int64), [word for _, word in words], len(clusters)),
        vectors.of(texts["text_key"]),
        texts["owner"].to_numpy(),
    )


def _incidence(rows: Ints, items: Iterable[str], number: int) -> sparse.csr_array:
    columns, names = pd.factorize(np.array([*items], dtype=object), sort=True)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(number, max(len(names), 1)))


def compare(found: Features, section: Tracking) -> pd.DataFrame:
    """Return the pairs of narratives at most `max_gap` windows apart that are alike, or of the same people.

    They are alike if their similarity reaches the threshold, and of the same people if `accounts` reaches `KIN`.

    Returns
    -------
    ``source``, ``target`` (rows of `clusters`), ``gap`` (windows, 0 within one), ``similarity`` (weighted mean of the
    next three), ``centroid`` (cosine), ``accounts`` (overlap coefficient beyond chance) and ``keywords`` (overlap
    coefficient), all in [0, 1]; ``source_share``, ``target_share``: the share of the source's texts that lie nearest to
    the target among the narratives of its window, and of the target's texts that lie nearest to the source.
    """
    parts = list(_pairs(found, section))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS), dtype=float)


def _pairs(found: Features, section: Tracking) -> Iterator[pd.DataFrame]:
    for first in np.unique(found.window):
        rows = np.flatnonzero(found.window == first)
        for gap in range(section.max_gap + 1):
            columns = np.flatnonzero(found.window == first + gap)
            if len(columns):
                pairs = _compared(found, rows, columns, section).assign(gap=gap)[list(COLUMNS)]
                yield pairs[pairs["source"] != pairs["target"]]


def _compared(found: Features, rows: Ints, columns: Ints, section: Tracking) -> pd.DataFrame:
    weights = np.array([section.centroid_weight, section.account_weight, section.keyword_weight])
    parts = {
        "centroid": (found.centroids[rows] @ found.centroids[columns].T).clip(0, 1),
        "accounts": _beyond_chance(found.accounts, rows, columns),
        "keywords": _overlap(found.keywords, rows, columns),
    }
    parts["similarity"] = np.tensordot(weights / weights.sum(), np.stack([*parts.values()]), axes=1).clip(0, 1)
    parts["source_share"] = _shares(found, rows, columns)
    parts["target_share"] = _shares(found, columns, rows).T
    r, c = np.nonzero((parts["similarity"] >= section.threshold) | (parts["accounts"] >= KIN))
    values = {name: part[r, c] for name, part in parts.items()}
    return pd.DataFrame({"source": rows[r], "target": columns[c], **values})


def _overlap(incidence: sparse.csr_array, rows: Ints, columns: Ints) -> Floats:
    """Return the overlap coefficients of sets: what two share, of the smaller one."""
    sizes = np.asarray(incidence.sum(axis=1)).ravel()
    shared = (incidence[rows] @ incidence[columns].T).toarray()
    overlap: Floats = shared / np.maximum(np.minimum.outer(sizes[rows], sizes[columns]), 1)
    return overlap


def _beyond_chance(accounts: sparse.csr_array, rows: Ints, columns: Ints) -> Floats:
    """Return the overlap coefficients less what is due if accounts chose narratives at random, at least 0.

    Due is the larger narrative's share of all accounts of the two windows. So a narrative that everybody speaks of is
    not like all others.
    """
    everyone = np.count_nonzero(np.asarray(accounts[np.union1d(rows, columns)].sum(axis=0)))
    sizes = np.asarray(accounts.sum(axis=1)).ravel()
    due = np.maximum.outer(sizes[rows], sizes[columns]) / everyone
    excess: Floats = (_overlap(accounts, rows, columns) - due) / np.maximum(1 - due, 1 / everyone)
    return excess.clip(0)


def _shares(found: Features, rows: Ints, columns: Ints) -> Floats:
    """Return the share of each row's texts whose nearest centroid among `columns`, at least `NEAR`, is each."""
    inside = np.isin(found.owner, rows)
    owner = np.searchsorted(rows, found.owner[inside])
    cosine = found.texts[inside] @ found.centroids[columns].T.astype(np.float32)
    near = cosine.max(axis=1) >= NEAR
    counts = np.zeros((len(rows), len(columns)))
    np.add.at(counts, (owner[near], cosine[near].argmax(axis=1)), 1)
    shares: Floats = counts / np.maximum(np.bincount(owner, minlength=len(rows)), 1)[:, None]
    return shares
