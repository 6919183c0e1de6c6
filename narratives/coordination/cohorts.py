"""Groups of accounts that the validated network holds together."""

from __future__ import annotations

import pandas as pd
from graspologic_native import leiden

from narratives import tables
from narratives.config import Coordination

DENSITY = 0.05  # of validated edges within a cohort, at resolution 1
TRIALS = 10  # independent runs, of which Leiden's best is kept


def find_cohorts(edges: pd.DataFrame, section: Coordination, seed: int) -> pd.DataFrame:
    """Return the `cohorts` table: communities of the union of all traces' edges.

    Leiden (Traag et al. 2019) with the constant Potts model (Traag et al. 2011): a cohort has at least a twentieth,
    times `resolution`, of its possible edges, and less than that towards any other. Modularity would cut a network that
    is one cohort into pieces. An edge weighs the number of traces that found it. Stance is never looked at.
    """
    if edges.empty:
        return tables.empty("cohorts")
    weight = edges.groupby(["source", "target"]).size().sort_index()
    links = [(source, target, float(value)) for (source, target), value in weight.items()]
    limit = DENSITY * section.resolution
    _, found = leiden(links, resolution=limit, use_modularity=False, seed=seed, trials=TRIALS)
    community = pd.Series(found).sort_index()
    ends = weight.index.to_frame(index=False)
    inside = ends[ends["source"].map(community).eq(ends["target"].map(community))]
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
    return tables.check("cohorts", members[list(tables.COHORTS.columns)])
