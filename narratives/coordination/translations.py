"""Kazakh and Russian texts that say the same, by their vectors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from narratives.embed import Vectors

BLOCK = 2_000  # Kazakh texts at a time


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
    for start in range(0, len(kazakh), BLOCK):
        part = kazakh.iloc[start : start + BLOCK]
        moment = part["time"].to_numpy()
        low, high = np.searchsorted(time, moment[0] - window), np.searchsorted(time, moment[-1] + window, side="right")
        if low == high:
            continue
        cosine = vectors.of(part["text_key"]) @ there[low:high].T
        cosine[np.abs(moment[:, None] - time[low:high]) > window] = -1
        rows = slice(start, start + len(part))
        forth[rows], near[rows] = low + cosine.argmax(axis=1), cosine.max(axis=1)
        best = cosine.max(axis=0)
        closer = low + np.flatnonzero(best > nearest[low:high])
        back[closer] = start + cosine.argmax(axis=0)[closer - low]
        nearest[closer] = best[closer - low]
    mutual = near >= similarity
    mutual[mutual] = back[forth[mutual]] == np.flatnonzero(mutual)
    return pd.Series(russian["key"].to_numpy()[forth[mutual]], index=kazakh["key"].to_numpy()[mutual])
