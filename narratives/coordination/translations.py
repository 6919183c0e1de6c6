"""Kazakh and Russian texts that say the same, by their vectors."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from narratives.embed import Vectors

ROWS, COLUMNS = 2_000, 10_000  # Kazakh and Russian texts at a time


def translations(texts: pd.DataFrame, vectors: Vectors, similarity: float, window: int) -> pd.Series:
    """Return the `key` of the Russian text that each Kazakh one is taken for a translation of, by the Kazakh key.

    The two are each other's nearest, by cosine, of the texts in the other language that are first posted within
    `window`; and the cosine is `similarity` at least. Texts that mix the languages are left out.

    Parameters
    ----------
    texts : one row per text: `key`, `text_key`, `lang`, and `time` of its first post.
    """
    texts = texts.sort_values(["time", "key"])
    kazakh, russian = texts[texts["lang"].str.startswith("kk")], texts[texts["lang"] == "ru"]
    there, time = vectors.of(russian["text_key"]), russian["time"].to_numpy()
    forth, back = np.zeros(len(kazakh), dtype=np.int64), np.zeros(len(russian), dtype=np.int64)
    near, nearest = np.full(len(kazakh), -1.0), np.full(len(russian), -1.0)
    for start, left in product(range(0, len(kazakh), ROWS), range(0, len(russian), COLUMNS)):
        part, moment = kazakh.iloc[start : start + ROWS], time[left : left + COLUMNS]
        own = part["time"].to_numpy()
        if moment[-1] < own[0] - window or moment[0] > own[-1] + window:
            continue
        cosine = vectors.of(part["text_key"]) @ there[left : left + COLUMNS].T
        cosine[np.abs(own[:, None] - moment) > window] = -1
        for best, at, one, other, values in (
            (near, forth, start, left, cosine),
            (nearest, back, left, start, cosine.T),
        ):
            closest = values.max(axis=1)
            rows = one + np.flatnonzero(closest > best[one : one + len(closest)])
            at[rows], best[rows] = other + values.argmax(axis=1)[rows - one], closest[rows - one]
    mutual = near >= similarity
    mutual[mutual] = back[forth[mutual]] == np.flatnonzero(mutual)
    return pd.Series(russian["key"].to_numpy()[forth[mutual]], index=kazakh["key"].to_numpy()[mutual])
