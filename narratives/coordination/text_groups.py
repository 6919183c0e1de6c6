"""Nearly equal texts into groups, without comparing all pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from narratives.coordination.trace import Ints
from narratives.copies import band_keys, jaccard, shingles

SHINGLE = 5  # characters
NEIGHBOURS = 4  # texts compared with each text of a band's bucket: linear in its size


def text_groups(texts: pd.Series, similarity: float) -> Ints:
    """Return a group code for each normalised text: 0, 1, … by the first text of the group in sorted order.

    Equal texts share a group. Others do when a chain of texts links them, each of whose steps has a Jaccard similarity
    of sets of character 5-grams of at least `similarity`. Candidates come from MinHash bands; each is checked exactly.
    """
    distinct, codes = np.unique(texts.to_numpy(dtype=object), return_inverse=True)
    if similarity == 1 or len(distinct) < 2:
        return codes
    rows = shingles(distinct, SHINGLE)
    left, right = _candidates(rows, similarity)
    alike = jaccard(rows, left, right) >= similarity
    links = coo_array((np.ones(alike.sum()), (left[alike], right[alike])), shape=(len(distinct), len(distinct)))
    group = connected_components(links, directed=False)[1].astype(np.int64)
    first = np.unique(group, return_index=True)[1]
    in_order: Ints = np.argsort(np.argsort(first))[group]
    return in_order[codes]


def _candidates(rows: csr_array, similarity: float) -> tuple[Ints, Ints]:
    """Return pairs (left < right) of texts that share a band, each with its next few in the bucket."""
    bands = band_keys(rows, similarity)
    n, found = len(bands), [np.empty(0, dtype=np.int64)]
    for key in bands.T:
        order = np.argsort(key, kind="stable")
        for step in range(1, NEIGHBOURS + 1):
            same = key[order[:-step]] == key[order[step:]]
            found.append(order[:-step][same] * n + order[step:][same])
    pairs = np.unique(np.concatenate(found))
    return pairs // n, pairs % n
