"""Groups of accounts that the validated network holds together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from graspologic_native import leiden
from sklearn.metrics import adjusted_rand_score

from narratives import tables
from narratives.config import Coordination

THINGS = 3  # texts, links or other things shared with others, without which an account is in no cohort
DENSITY = 0.05  # of validated edges within a cohort, at resolution 1
RESOLUTIONS = (1.0, 2.0, 4.0, 0.4)  # tried in this order
GAIN = 0.01  # in stability, for which another resolution is taken
TRIALS = 10  # independent runs, of which Leiden's best is kept
DRAWS = 10  # networks with fewer edges, and the share of edges that they keep
KEPT = 0.8


def attested(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the edges between accounts that share `THINGS` with others along these edges.

    Where two shared actions make an edge, two texts that went round would otherwise make a cohort of all that caught
    them.

    Parameters
    ----------
    pairs : one row per post pair of an edge: `source`, `target`, `trace`, and `what` they share.
    """
    while True:
        ends = pairs.melt("what", ["source", "target"], value_name="author").drop_duplicates(["author", "what"])
        things = ends["author"].value_counts()
        enough = things.index[things >= THINGS]
        kept = pairs[pairs["source"].isin(enough) & pairs["target"].isin(enough)]
        if len(kept) == len(pairs):
            return kept.drop_duplicates(["source", "target", "trace"])
        pairs = kept


def find_cohorts(edges: pd.DataFrame, section: Coordination, seed: int) -> pd.DataFrame:
    """Return the `cohorts` table: communities of the union of all traces' edges.

    Leiden (Traag et al. 2019) with the constant Potts model (Traag et al. 2011): a cohort has at least a twentieth,
    times the resolution, of its possible edges, and less than that towards any other. Modularity would cut a network
    that is one cohort into pieces. An edge weighs the number of traces that found it. Stance is never looked at.

    Where the study gives no resolution, it is the one whose communities change least, by the adjusted Rand index, when
    a fifth of the edges is left out. A member's `strength` is the share of its cohort that is found with it then.
    """
    if edges.empty:
        return tables.empty("cohorts")
    weight = edges.groupby(["source", "target"]).size().sort_index().rename("weight").reset_index()
    rng = np.random.default_rng(seed)
    thinned = [weight.drop(rng.choice(len(weight), int((1 - KEPT) * len(weight)), replace=False)) for _ in range(DRAWS)]
    tried = RESOLUTIONS if section.resolution is None else (section.resolution,)
    best, community, redrawn = -1.0, pd.Series(dtype=int), [pd.Series(dtype=int)]
    for resolution in tried:
        whole = _communities(weight, resolution, seed)
        again = [_communities(part, resolution, seed) for part in thinned]
        stability = np.mean([adjusted_rand_score(whole[found.index], found) for found in again])
        if stability > best + GAIN:
            best, community, redrawn = stability, whole, again
    inside = weight[weight["source"].map(community).eq(weight["target"].map(community))]
    degree = pd.concat([inside["source"], inside["target"]]).value_counts()
    size = community.groupby(community).transform("size")
    first = community.index.to_series().groupby(community).transform("min")
    members = pd.DataFrame({"author_id": community.index, "size": size, "first": first})
    members = members[members["size"] >= section.min_cohort]
    members = members.sort_values(["size", "first", "author_id"], ascending=[False, True, True])
    number = pd.factorize(members["first"])[0] + 1
    members["cohort_id"] = [f"C{n:02d}" for n in number]
    members["degree"] = members["author_id"].map(degree).fillna(0).astype(int)
    members["cohesion"] = members["degree"] / (members["size"] - 1)
    members["strength"] = np.mean([*_together(members, redrawn)], axis=0) if len(members) else []
    return tables.check("cohorts", members[list(tables.COHORTS.columns)])


def _communities(weight: pd.DataFrame, resolution: float, seed: int) -> pd.Series:
    """Return the community of each account that has an edge, sorted by account."""
    links = [*weight.astype({"weight": float}).itertuples(index=False, name=None)]
    found = leiden(links, resolution=DENSITY * resolution, use_modularity=False, seed=seed, trials=TRIALS)[1]
    return pd.Series(found, dtype=int).sort_index()


def _together(members: pd.DataFrame, redrawn: list[pd.Series]) -> Iterator[pd.Series]:
    """Yield, for each set of communities, the share of a member's cohort that shares its community."""
    for found in redrawn:
        own = members.assign(found=members["author_id"].map(found))
        company = own.groupby(["cohort_id", "found"])["author_id"].transform("size").reindex(own.index) - 1
        yield (company / (own["size"] - 1)).fillna(0.0)
