"""What each cohort speaks of: the matters of its members' posts, and everybody's posts on them.

Narratives are clusters of a window. What a cohort brings up is often too small for one, or only copies of a few texts,
and a line that rests for weeks is in no window between. So the members' texts of all time are clustered by themselves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering

from narratives import tables
from narratives.cluster.hdbscan import centroids, cluster_vectors, settle
from narratives.config import Clustering
from narratives.embed.vectors import Vectors

LINE = 6  # distinct texts of the smallest line
ONE_MATTER = 0.2  # mean cosine of the centroids of two groups of lines that are one matter
ON_MATTER = 0.36  # least cosine of a text and the centroid of a line
MAX_TEXTS = 20_000  # of a cohort, from which lines are made; further ones join them
BLOCK = 2**24  # cosines at once

Labels = NDArray[np.int64]


def cohort_matters(posts: pd.DataFrame, cohorts: pd.DataFrame, vectors: Vectors, section: Clustering) -> pd.DataFrame:
    """Return the table `matters`: for every cohort, the matters that its members speak of, and all posts on them.

    Lines are density clusters of the members' distinct texts; lines of which the centroids are alike on average are one
    matter (average linkage). A text of anybody, member or not, is on the matter of the nearest line's centroid, if its
    cosine is at least `ON_MATTER`. Matters are numbered by size, largest first.
    """
    keys = posts[["post_id", "text_key"]]
    found = []
    for cohort, group in cohorts.groupby("cohort_id"):
        own = posts.loc[posts["author_id"].isin(group["author_id"]) & ~posts["is_repost"], "text_key"]
        matter = _matters(np.unique(own.to_numpy(dtype=object)), vectors, section)
        on = keys.assign(matter=matter[vectors.keys.get_indexer(pd.Index(keys["text_key"]))]).query("matter >= 0")
        ranked = on["matter"].value_counts(sort=False).sort_index().rank(method="first", ascending=False).astype(int)
        name = on["matter"].map(lambda code, ranked=ranked, cohort=cohort: f"{cohort}.M{ranked[code]:02d}")
        found.append(pd.DataFrame({"cohort_id": cohort, "matter_id": name, "post_id": on["post_id"]}))
    if not found:
        return tables.empty("matters")
    return tables.check("matters", pd.concat(found).sort_values(["matter_id", "post_id"], ignore_index=True))


def _matters(own: NDArray[np.object_], vectors: Vectors, section: Clustering) -> Labels:
    """Return the matter of every text of `vectors`, −1 for none; `own` are the text_keys of the members."""
    matter_of = np.full(len(vectors.keys), -1)
    order = np.argsort(pd.util.hash_array(own))[:MAX_TEXTS]
    known = vectors.of(own[np.sort(order)])
    lines = settle(known, cluster_vectors(known, section.model_copy(update={"min_cluster_size": LINE}))[0], 1.0)
    if lines.max(initial=-1) < 0:
        return matter_of
    middle = centroids(known, lines)
    linkage = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=1 - ONE_MATTER)
    matter = linkage.fit_predict(middle) if len(middle) > 1 else np.zeros(1, dtype=np.int64)
    rows = max(1, BLOCK // len(middle))
    for start in range(0, len(matter_of), rows):
        cosine = vectors.values[start : start + rows] @ middle.T
        near = cosine.max(axis=1) >= ON_MATTER
        matter_of[start : start + rows][near] = matter[cosine.argmax(axis=1)[near]]
    return matter_of
