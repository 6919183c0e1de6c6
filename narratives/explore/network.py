"""The account network of a run as a file for Gephi, Cytoscape or igraph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from narratives.errors import NarrativesError, nearest

FORMATS: dict[str, Callable[[nx.Graph, Path], None]] = {".gexf": nx.write_gexf, ".graphml": nx.write_graphml}
PROFILE: tuple[tuple[str, str, Callable[[Any], object]], ...] = (
    ("followers", "followers", int),
    ("has_photo", "has_photo", bool),
    ("made", "created_at", "{:%Y-%m-%d}".format),
)


def write_network(tables: Mapping[str, pd.DataFrame], path: Path) -> tuple[int, int]:
    """Write the validated edges and their accounts to a GEXF or GraphML file; return how many accounts and edges.

    An account has `posts` (in the data), `cohort` (empty if none), `cohesion` (share of the cohort's other members that
    it has an edge to; 0 if none), `strength` (share of them found with it when a fifth of the edges is left out; 0 if
    none) and, if its profile tells, `followers`, `has_photo` and `made` (date). An edge has `weight` (shared actions of
    all traces), and of each trace `TRACE_shared`, `TRACE_expected` (under the null) and `TRACE_q`.

    Raises
    ------
    NarrativesError
        If the file's ending is neither .gexf nor .graphml.
    """
    write = FORMATS.get(path.suffix)
    if write is None:
        raise NarrativesError(f"{path}: a network is a .gexf or .graphml file.{nearest(path.suffix, FORMATS)}")
    graph = nx.Graph()
    for pair in tables["edges"].sort_values(["source", "target", "trace"]).to_dict("records"):
        given = graph.get_edge_data(pair["source"], pair["target"], {"weight": 0})
        own = {f"{pair['trace']}_{name}": pair[name] for name in ("shared", "expected", "q")}
        graph.add_edge(pair["source"], pair["target"], **given | own | {"weight": given["weight"] + pair["shared"]})
    posts = tables["posts"]["author_id"].value_counts().to_dict()
    accounts = tables["accounts"].set_index("author_id").to_dict("index")
    cohorts = tables["cohorts"].set_index("author_id").to_dict("index")
    for name, node in graph.nodes(data=True):
        own = cohorts.get(name, {"cohort_id": "", "cohesion": 0.0, "strength": 0.0})
        node |= {"posts": int(posts.get(name, 0)), "cohort": own["cohort_id"]}
        node |= {measure: float(own[measure]) for measure in ("cohesion", "strength")}
        profile = {key: value for key, value in accounts.get(name, {}).items() if pd.notna(value)}
        node |= {key: to(profile[column]) for key, column, to in PROFILE if column in profile}
    write(graph, path)
    return graph.number_of_nodes(), graph.number_of_edges()
