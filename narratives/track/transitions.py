"""What happens to narratives from window to window, in the terms of MONIC (Spiliopoulou et al. 2006).

MONIC compares members, which two windows of posts never share; here a narrative's texts count as members of the
narrative of another window that they lie nearest to.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from narratives.config import Tracking
from narratives.track.similarity import KIN, NEAR, Floats

RESIZED, ALPHA = 1.5, 0.05
# Least shares: of a child's texts that lie nearest to its parent, and where both are of the same people; of a parent's
# texts nearest to what it merged into, and of that one's texts nearest to the parent.
SPLIT, SPLIT_OF_KIN, MERGED, ABSORBED = 0.35, 0.1, 0.3, 0.25
PARTS = ["centroid", "accounts", "keywords", "source_share", "target_share"]
Rows = Iterator[dict[str, object]]


def transitions(
    clusters: pd.DataFrame, candidates: pd.DataFrame, chosen: pd.DataFrame, section: Tracking
) -> pd.DataFrame:
    """Return the `transitions` table of `clusters`, which have their track_id and days, in the order of windows.

    Splits and mergers are seen between adjoining windows, among `candidates`. A narrative without predecessor is a
    split of one that is alike and that at least `SPLIT` of its texts lie nearest to, or that is of the same people and
    that at least `SPLIT_OF_KIN` lie nearest to, else a birth. One without successor has merged into the alike one that
    at least `MERGED` of its texts lie nearest to, which has another predecessor and of whose texts at least `ABSORBED`
    lie nearest to it, else it dies. If it was a part of that predecessor, of the same people with a cosine of at least
    `NEAR`, this is no merger: it survives in it.
    """
    near, beside = candidates[candidates["gap"] == 1], candidates[candidates["gap"] == 0]
    least = KIN if section.account_weight else np.inf
    alike, share = near["similarity"] >= section.threshold, near["target_share"]
    children = near[(alike & (share >= SPLIT)) | ((near["accounts"] >= least) & (share >= SPLIT_OF_KIN))]
    near, parts = near[alike], beside[(beside["accounts"] >= least) & (beside["centroid"] >= NEAR)]
    last = clusters.loc[clusters["days"].notna(), "window_id"].max() - section.max_gap
    rows = [*_continuations(clusters, near, children, chosen), *_origins(clusters, children, chosen)]
    rows += _ends(clusters, near, parts, chosen, last)
    frame = pd.DataFrame(rows, columns=["kind", "window_id", "source", "target", "similarity", *PARTS])
    names = clusters["cluster_id"]
    frame["track_id"] = clusters["track_id"].reindex(frame["target"].fillna(frame["source"])).to_numpy()
    for side in ("source", "target"):
        frame[side] = names.reindex(frame[side]).to_numpy()
    frame = frame.rename(columns={"similarity": "weight"})
    return frame.sort_values(["window_id", "kind", "source", "target"], na_position="first")


def _continuations(clusters: pd.DataFrame, near: pd.DataFrame, children: pd.DataFrame, chosen: pd.DataFrame) -> Rows:
    """Yield a survival, growth, shrinkage or revival for each link.

    A change of size must hold for the narrative alone, and together with what split from it or has a like share of its
    texts, and with what merged into it.
    What went on in another narrative meanwhile was never silent, and is not revived.
    """
    fresh = children[~children["target"].isin(chosen["target"])]
    parted = pd.concat([fresh, near[near["target_share"] >= SPLIT]]).groupby("source")["target"].agg(set)
    carried = near[near["source_share"] >= MERGED]
    parents = carried.groupby("target")["source"].agg(set)
    heard = set(carried["source"])
    sizes = clusters[["n_posts", "days"]].to_numpy(dtype=np.float64)
    for link in chosen.to_dict("records"):
        source, target = int(link["source"]), int(link["target"])
        alone = _resized(sizes, {source}, {target})
        family = _resized(sizes, {source} | parents.get(target, set()), {target} | parted.get(source, set()))
        kind = alone if alone == family else "survival"
        if link["gap"] > 1:
            kind = "survival" if source in heard else "revival"
        yield {**link, "kind": kind, "window_id": clusters["window_id"][target]}


def _resized(sizes: Floats, before: set[int], after: set[int]) -> str:
    """Return the kind of a survival; a change of posts per day counts if large, and too large for chance (Poisson).

    `sizes` are posts and days of every narrative, days of one window being the same or missing.
    """
    (old, old_days), (new, new_days) = (
        (sizes[[*rows], 0].sum(), sizes[next(iter(rows)), 1]) for rows in (before, after)
    )
    ratio = (new / new_days) / (old / old_days)
    if not (ratio >= RESIZED or ratio <= 1 / RESIZED):
        return "survival"
    chance = binomtest(int(new), int(old + new), new_days / (old_days + new_days)).pvalue
    return "survival" if chance >= ALPHA else "growth" if ratio > 1 else "shrinkage"


def _origins(clusters: pd.DataFrame, children: pd.DataFrame, chosen: pd.DataFrame) -> Rows:
    """Yield a split or a birth for each narrative without predecessor."""
    children = children.assign(bond=children["target_share"] + children["accounts"])
    children = children.sort_values(["bond", "source"], ascending=[False, True])
    parent = children.drop_duplicates("target").set_index("target")
    for cluster in np.setdiff1d(np.arange(len(clusters)), chosen["target"]):
        window = clusters["window_id"][cluster]
        if cluster in parent.index:
            yield {**parent.loc[cluster], "target": cluster, "kind": "split", "window_id": window}
        else:
            yield {"kind": "birth", "window_id": window, "target": cluster, "similarity": 0.0}


def _ends(clusters: pd.DataFrame, near: pd.DataFrame, parts: pd.DataFrame, chosen: pd.DataFrame, last: float) -> Rows:
    """Yield a merge, a survival or, until the window `last`, a death for each narrative without successor."""
    heirs = chosen.loc[clusters["days"].notna()[chosen["target"]].to_numpy(), "target"]
    near = near[(near["source_share"] >= MERGED) & (near["target_share"] >= ABSORBED) & near["target"].isin(heirs)]
    near = near.sort_values(["source_share", "target"], ascending=[False, True])
    heir = near.drop_duplicates("source").set_index("source")
    before = dict(zip(chosen["target"], chosen["source"], strict=True))
    one = set(zip(parts["source"], parts["target"], strict=True))
    for cluster in np.setdiff1d(np.arange(len(clusters)), chosen["source"]):
        following = clusters["window_id"][cluster] + 1
        if cluster in heir.index:
            kind = "survival" if (cluster, before[heir.loc[cluster, "target"]]) in one else "merge"
            yield {**heir.loc[cluster], "source": cluster, "kind": kind, "window_id": following}
        elif following <= last + 1:
            yield {"kind": "death", "window_id": following, "source": cluster, "similarity": 0.0}
