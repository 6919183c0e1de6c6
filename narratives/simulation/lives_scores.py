"""Scores of clusters, transitions and tracks against planted lives.

The narrative of a cluster is the one that most of its posts belong to; posts of no narrative count as one of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import maximum_bipartite_matching
from sklearn.metrics import adjusted_mutual_info_score

from narratives.simulation.circles import BACKGROUND

KINDS = ("birth", "growth", "shrinkage", "split", "merge", "death", "revival")
TOLERANCE = 1  # windows


@dataclass(frozen=True)
class Change:
    """A planted or found transition: kind, window, narratives before and after."""

    kind: str
    window: int
    sources: frozenset[str]
    targets: frozenset[str]


def score_posts(membership: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Return how clusters of windows agree with narratives.

    Returns
    -------
    dict
        ami
            Adjusted mutual information (Vinh et al. 2010) over all posts of a window, unclustered ones and posts of
            no narrative being a class each; mean over windows, weighted by posts.
        ami_clustered
            The same over clustered posts; 0 if there are none.
        coverage
            Share of posts of narratives that are in a cluster.
        purity
            Share of clustered posts that belong to their cluster's narrative; 0 if there are none.
        background_clustered
            Share of posts of no narrative that are in a cluster.
    """
    both = _joined(membership, truth)
    clustered = both[both["cluster_id"].notna()]
    background = both["narrative"] == BACKGROUND
    of = majority(membership, truth)
    return {
        "ami": _ami(both.fillna({"cluster_id": "none"})),
        "ami_clustered": _ami(clustered),
        "coverage": float(both.loc[~background, "cluster_id"].notna().mean()),
        "purity": float((clustered["cluster_id"].map(of) == clustered["narrative"]).mean()) if len(clustered) else 0.0,
        "background_clustered": float(both.loc[background, "cluster_id"].notna().mean()) if background.any() else 0.0,
    }


def majority(membership: pd.DataFrame, truth: pd.DataFrame) -> dict[str, str]:
    """Return the narrative of each cluster; of equally frequent ones the first by name."""
    counts = _joined(membership, truth).groupby(["cluster_id", "narrative"]).size().reset_index(name="posts")
    best = counts.sort_values(["posts", "narrative"], ascending=[False, True]).drop_duplicates("cluster_id")
    return dict(zip(best["cluster_id"], best["narrative"], strict=True))


def planted_changes(events: pd.DataFrame) -> list[Change]:
    """Return the rows of a corpus's `truth_events`."""
    return [
        Change(row["kind"], int(row["window_id"]), _names(row["sources"]), _names(row["targets"]))
        for _, row in events.iterrows()
    ]


def found_changes(transitions: pd.DataFrame, of: Mapping[str, str], first_window: int) -> list[Change]:
    """Return the changes that a run found, in terms of its clusters' narratives `of`.

    A split is all rows of one source of which one at least is a split, with all that the source goes on as; a merger
    is the same for one target. Births in the first window are left out: whether they are births cannot be known.
    """
    rows = transitions.assign(
        before=[_narratives([name], of) for name in transitions["source"]],
        after=[_narratives([name], of) for name in transitions["target"]],
    )
    single = rows[rows["kind"].isin(KINDS) & ~rows["kind"].isin(["split", "merge"])]
    single = single[(single["kind"] != "birth") | (single["window_id"] > first_window)]
    found = [Change(r.kind, int(r.window_id), r.before, r.after) for r in single.itertuples()]
    for kind, end in (("split", "source"), ("merge", "target")):
        ends = rows.loc[rows["kind"] == kind, end].dropna().unique()
        for _, part in rows[rows[end].isin(ends)].groupby(end):
            window = int(part.loc[part["kind"] == kind, "window_id"].min())
            found.append(Change(kind, window, _union(part["before"]), _union(part["after"])))
    return found


def score_changes(found: Iterable[Change], planted: Iterable[Change]) -> dict[str, float]:
    """Return precision, recall and F1 of each planted kind of change, and the mean F1 over these kinds.

    A change is found if one of the same kind lies at most one window off and covers the planted narratives before and
    after; for all kinds but split and merge it covers no others. Matching is one to one, as many pairs as possible.
    """
    found, planted = list(found), list(planted)
    scores: dict[str, float] = {}
    f1 = []
    for kind in [kind for kind in KINDS if any(change.kind == kind for change in planted)]:
        mine, theirs = ([change for change in changes if change.kind == kind] for changes in (found, planted))
        hits = _pairs(mine, theirs)
        f1.append(2 * hits / (len(mine) + len(theirs)))
        scores |= {
            f"{kind}_precision": hits / len(mine) if mine else 0.0,
            f"{kind}_recall": hits / len(theirs),
            f"{kind}_f1": f1[-1],
        }
    return scores | ({"event_macro_f1": float(np.mean(f1))} if f1 else {})


def score_identity(membership: pd.DataFrame, tracks: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Return how well tracks keep the identity of narratives.

    Returns
    -------
    dict
        idf1
            2 IDTP / (posts of narratives + posts in tracks), with IDTP the posts shared under the one-to-one matching
            of tracks and narratives that shares most (Ristani et al. 2016, eq. 9–11).
        identity_switches
            How often a narrative's track (that of most of its posts in a window) differs from that of the window
            before in which it had one; mean over narratives.
    """
    track = {cluster: row["track_id"] for _, row in tracks.iterrows() for cluster in row["clusters"]}
    both = _joined(membership, truth)
    both = both.assign(track_id=both["cluster_id"].map(track))
    planted = both[both["narrative"] != BACKGROUND]
    shared = pd.crosstab(planted["narrative"], planted["track_id"]).to_numpy()
    right = int(shared[linear_sum_assignment(shared, maximize=True)].sum()) if shared.size else 0
    total = len(planted) + int(both["track_id"].notna().sum())
    return {"idf1": 2 * right / total if total else 0.0, "identity_switches": _switches(planted)}


def _switches(planted: pd.DataFrame) -> float:
    counts = planted.groupby(["narrative", "window_id", "track_id"]).size().reset_index(name="posts")
    order = ["narrative", "window_id", "posts", "track_id"]
    best = counts.sort_values(order, ascending=[True, True, False, True]).drop_duplicates(["narrative", "window_id"])
    before = best.groupby("narrative")["track_id"].shift()
    return float((before.notna() & (before != best["track_id"])).sum() / max(1, planted["narrative"].nunique()))


def _joined(membership: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    narratives = truth.drop_duplicates("post_id")[["post_id", "narrative"]]
    return membership[["post_id", "window_id", "cluster_id"]].merge(narratives, on="post_id")


def _ami(posts: pd.DataFrame) -> float:
    windows = [part for _, part in posts.groupby("window_id")]
    if not windows:
        return 0.0
    ami = [adjusted_mutual_info_score(part["narrative"], part["cluster_id"]) for part in windows]
    return float(np.average(ami, weights=[len(part) for part in windows]))


def _pairs(found: list[Change], planted: list[Change]) -> int:
    if not found or not planted:
        return 0
    fits = np.array([[_fits(mine, theirs) for theirs in planted] for mine in found])
    return int((maximum_bipartite_matching(sparse.csr_matrix(fits)) >= 0).sum())


def _fits(found: Change, planted: Change) -> bool:
    if abs(found.window - planted.window) > TOLERANCE:
        return False
    if planted.kind in ("split", "merge"):
        return found.sources >= planted.sources and found.targets >= planted.targets
    return found.sources == planted.sources and found.targets == planted.targets


def _names(joined: object) -> frozenset[str]:
    return frozenset(str(joined).split("|")) if isinstance(joined, str) and joined else frozenset()


def _narratives(clusters: Iterable[object], of: Mapping[str, str]) -> frozenset[str]:
    return frozenset(of[name] for name in clusters if isinstance(name, str))


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)
