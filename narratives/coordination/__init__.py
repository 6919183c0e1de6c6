"""Which accounts act together, beyond what their activity explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives import tables
from narratives.config import Coordination
from narratives.coordination.cohorts import find_cohorts
from narratives.coordination.near_copy import near_copies
from narratives.coordination.network import EVIDENCE, validated_edges
from narratives.coordination.same_narrative import same_narratives
from narratives.coordination.trace import Trace

__all__ = ["Coordinated", "detect_coordination"]

COLUMNS = [*dict.fromkeys([*tables.EDGES.columns, *tables.EDGE_EVIDENCE.columns]), "rank"]


@dataclass(frozen=True)
class Coordinated:
    """The `edges`, `edge_evidence` and `cohorts` tables."""

    edges: pd.DataFrame
    edge_evidence: pd.DataFrame
    cohorts: pd.DataFrame


def detect_coordination(
    posts: pd.DataFrame, membership: pd.DataFrame, section: Coordination, *, seed: int
) -> Coordinated:
    """Return the validated network of accounts, the posts behind each edge, and the network's cohorts.

    Each trace is tested by itself, over all its pairs of accounts, at the false discovery rate `section.alpha`; cohorts
    are found in the union. Stance is never looked at. Row order does not matter.

    Parameters
    ----------
    posts : `posts` table.
    membership : `membership` table; only the same-narrative trace reads it.
    seed : of the search for cohorts; edges have no randomness.

    Returns
    -------
    Tables in which `edge_evidence` holds up to ten post pairs per edge, the closest in time.
    """
    names, author = np.unique(posts["author_id"].to_numpy(dtype=object), return_inverse=True)
    time = posts["created_at"].astype("int64")
    coded = posts[["post_id", "text", "text_key", "is_repost"]].assign(author=author, time=time)
    pairs = [_pairs(trace, names, section) for trace in _traces(coded, membership, section)]
    found = pd.concat([pd.DataFrame(columns=COLUMNS), *pairs]).sort_values(["trace", "source", "target", "rank"])
    edges = tables.check("edges", found.loc[found["rank"] == 0, list(tables.EDGES.columns)])
    evidence = tables.check("edge_evidence", found.loc[found["rank"] < EVIDENCE, list(tables.EDGE_EVIDENCE.columns)])
    return Coordinated(edges, evidence, find_cohorts(edges, section, seed))


def _traces(posts: pd.DataFrame, membership: pd.DataFrame, section: Coordination) -> Iterator[Trace]:
    """Make the traces that the study uses and that have anything to test, one at a time."""
    if section.near_copy.enabled and (trace := near_copies(posts, section)) is not None:
        yield trace
    if section.same_narrative.enabled and (trace := same_narratives(posts, membership, section)) is not None:
        yield trace


def _pairs(trace: Trace, names: NDArray[np.object_], section: Coordination) -> pd.DataFrame:
    pairs = validated_edges(trace, section)
    source, target = (names[pairs[side].to_numpy(int)] for side in ("source", "target"))
    return pairs.assign(trace=trace.name, source=source, target=target)
