"""Which accounts act together, beyond what their activity explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from narratives import tables
from narratives.config import Coordination
from narratives.coordination.cohorts import attested, find_cohorts
from narratives.coordination.near_copy import near_copies
from narratives.coordination.network import EVIDENCE, validated_edges
from narratives.coordination.same_hashtags import same_hashtags
from narratives.coordination.same_narrative import same_narratives
from narratives.coordination.same_reply import same_replies
from narratives.coordination.same_repost import same_reposts
from narratives.coordination.same_url import same_urls
from narratives.coordination.trace import Trace
from narratives.embed import Vectors

__all__ = ["Coordinated", "detect_coordination"]

COLUMNS = [*dict.fromkeys([*tables.EDGES.columns, *tables.EDGE_EVIDENCE.columns]), "rank", "what"]


@dataclass(frozen=True)
class Coordinated:
    """The `edges`, `edge_evidence` and `cohorts` tables."""

    edges: pd.DataFrame
    edge_evidence: pd.DataFrame
    cohorts: pd.DataFrame


def detect_coordination(
    posts: pd.DataFrame,
    membership: pd.DataFrame,
    section: Coordination,
    *,
    seed: int,
    vectors: Vectors | None = None,
) -> Coordinated:
    """Return the validated network of accounts, the posts behind each edge, and the network's cohorts.

    Each trace is tested by itself, over all its pairs of accounts, at the false discovery rate `section.alpha`. Then
    the traces of one thing repeated are tested together (trace `several`), for pairs that share a little in each.
    Cohorts are found in the union. Stance is never looked at. Row order does not matter.

    Parameters
    ----------
    posts : `posts` table.
    membership : `membership` table; only the same-narrative trace reads it.
    seed : of the search for cohorts; edges have no randomness.
    vectors : of the texts, which `near_copy.translations` reads, with a column `lang` of `posts`.

    Returns
    -------
    Tables in which `edge_evidence` holds up to ten post pairs per edge, the closest in time.
    """
    posts = posts.reset_index(drop=True)
    names, author = np.unique(posts["author_id"].to_numpy(dtype=object), return_inverse=True)
    time = posts["created_at"].astype("int64")
    coded = posts.drop(columns=["author_id", "created_at"]).assign(author=author, time=time)
    traces = list(_traces(coded, membership, section, vectors))
    exact = [trace for trace in traces if trace.name not in ("same_narrative", "quick_copy")]
    tested = [(trace.name, [trace]) for trace in traces] + ([("several", exact)] if len(exact) > 1 else [])
    pairs = [_pairs(name, together, names, section) for name, together in tested]
    found = pd.concat([pd.DataFrame(columns=COLUMNS), *pairs]).sort_values(["trace", "source", "target", "rank"])
    edges = tables.check("edges", found.loc[found["rank"] == 0, list(tables.EDGES.columns)])
    evidence = tables.check("edge_evidence", found.loc[found["rank"] < EVIDENCE, list(tables.EDGE_EVIDENCE.columns)])
    return Coordinated(edges, evidence, find_cohorts(attested(found), section, seed))


def _traces(
    posts: pd.DataFrame, membership: pd.DataFrame, section: Coordination, vectors: Vectors | None
) -> Iterator[Trace]:
    """Make the traces that the study uses and that have anything to test."""
    if section.same_narrative.enabled and (trace := same_narratives(posts, membership, section)) is not None:
        yield trace
    if section.near_copy.enabled:
        yield from near_copies(posts, section, vectors)
    for make, settings in (
        (same_urls, section.same_url),
        (same_hashtags, section.same_hashtags),
        (same_reposts, section.same_repost),
        (same_replies, section.same_reply),
    ):
        if settings.enabled and (trace := make(posts, section)) is not None:
            yield trace


def _pairs(name: str, traces: Sequence[Trace], names: NDArray[np.object_], section: Coordination) -> pd.DataFrame:
    pairs = validated_edges(traces, section)
    source, target = (names[pairs[side].to_numpy(int)] for side in ("source", "target"))
    return pairs.assign(trace=name, source=source, target=target)
