"""Which narrative of a later window continues which."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from narratives.config import Tracking

GAP_DISCOUNT = 0.95


def assign(candidates: pd.DataFrame, clusters: pd.DataFrame, section: Tracking) -> pd.DataFrame:
    """Return the rows of `candidates` that continue a track.

    Window after window, all tracks whose last narrative is at most `max_gap` windows old are matched with the window's
    narratives so that all matches together are worth most (assignment problem, Kuhn 1955; as in multiple-object
    tracking); a greedy match can give a narrative away to a worse partner. What was matched is never matched anew, so
    that later windows change no track. What a match is worth is its similarity above half the threshold times the posts
    of the smaller narrative: of parts that are about as alike, the larger keeps the identity of what split, and so does
    the larger of two that merge.

    Parameters
    ----------
    candidates : as `similarity.compare` makes them, on rows of `clusters`.
    """
    candidates, posts = candidates[candidates["gap"] > 0], clusters["n_posts"].to_numpy()
    source, target = (candidates[side].to_numpy(dtype=np.int64) for side in ("source", "target"))
    alike = candidates["similarity"] * GAP_DISCOUNT ** (candidates["gap"] - 1)
    usable = candidates.assign(gain=(alike - section.threshold / 2) * np.minimum(posts[source], posts[target]))
    usable = usable[alike >= section.threshold]
    continued: set[int] = set()
    kept = []
    for _, part in usable.groupby(clusters["window_id"].to_numpy()[usable["target"].astype(int)]):
        open_ = part[~part["source"].isin(continued)]
        sources, row = np.unique(open_["source"], return_inverse=True)
        targets, column = np.unique(open_["target"], return_inverse=True)
        matrix = np.zeros((len(sources), len(targets)))
        matrix[row, column] = open_["gain"]
        best = dict(zip(*linear_sum_assignment(matrix, maximize=True), strict=True))
        chosen = open_[[best.get(r) == c for r, c in zip(row, column, strict=True)]]
        continued |= set(chosen["source"])
        kept.append(chosen)
    found = pd.concat(kept) if kept else usable
    return found.drop(columns="gain").sort_values(["source", "target"])
