"""Nearly equal texts into groups, without comparing all pairs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rensa import RMinHash
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from narratives.coordination.trace import Floats, Ints
from narratives.morphology import skeleton
from narratives.text import plain

SHINGLE = 5  # characters
SIGNATURE = 64  # MinHash values per text
MISS = 0.01  # chance that the bands miss a pair just at the threshold
NEIGHBOURS = 4  # texts compared with each text of a band's bucket: linear in its size
CHUNK = 20_000  # texts or pairs in memory at a time
TOKEN = re.compile(r"[^\W_]+")


def normalise(text: str) -> str:
    """Return the letters and digits of `text` in one case and one spelling, for comparison only.

    Links, handles, emoji, punctuation, spaces and zero-width characters go. Kazakh in Cyrillic, in Latin and in Russian
    letters, letters that look alike in the two scripts, and styled letters (fullwidth, mathematical) are folded
    together.
    """
    tokens = TOKEN.findall(unicodedata.normalize("NFKC", plain(text)).casefold())
    return "".join(map(skeleton, tokens)).replace("ё", "е")


def text_groups(texts: pd.Series, similarity: float) -> Ints:
    """Return a group code for each normalised text: 0, 1, … by the first text of the group in sorted order.

    Equal texts share a group. Others do when a chain of texts links them, each of whose steps has a Jaccard similarity
    of sets of character 5-grams of at least `similarity`. Candidates come from MinHash bands (Broder 1997; Leskovec et
    al. 2020, ch. 3); each is checked exactly.
    """
    distinct, codes = np.unique(texts.to_numpy(dtype=object), return_inverse=True)
    if similarity == 1 or len(distinct) < 2:
        return codes
    shingles = _shingles(distinct)
    left, right = _candidates(shingles, similarity)
    alike = _jaccard(shingles, left, right) >= similarity
    links = coo_array((np.ones(alike.sum()), (left[alike], right[alike])), shape=(len(distinct), len(distinct)))
    group = connected_components(links, directed=False)[1].astype(np.int64)
    first = np.unique(group, return_index=True)[1]
    in_order: Ints = np.argsort(np.argsort(first))[group]
    return in_order[codes]


def _shingles(texts: NDArray[np.object_]) -> csr_array:
    """Return texts × hashes of 5-grams (31 bits), 1 where the text holds the 5-gram."""
    padded = [text.ljust(SHINGLE) for text in texts]
    points = np.frombuffer("".join(padded).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in padded])
    total = len(points) - SHINGLE + 1
    hashes = np.zeros(total, dtype=np.uint64)
    for shift in range(SHINGLE):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + points[shift : shift + total]
    hashes = ((hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(33)
    inside = np.ones(total, dtype=bool)
    borders = (ends[:-1, None] - np.arange(1, SHINGLE)).ravel()
    inside[borders] = False
    starts = np.concatenate([[0], ends - (SHINGLE - 1) * np.arange(1, len(texts) + 1)])
    columns = hashes[inside].astype(np.int32)
    matrix = csr_array((np.ones(len(columns), dtype=np.int32), columns, starts), shape=(len(texts), 2**31 - 1))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _candidates(shingles: csr_array, similarity: float) -> tuple[Ints, Ints]:
    """Return pairs (left < right) of texts that share a band, each with its next few in the bucket."""
    bands = np.concatenate(list(_band_keys(shingles, _rows_per_band(similarity))))
    n, found = len(bands), [np.empty(0, dtype=np.int64)]
    for key in bands.T:
        order = np.argsort(key, kind="stable")
        for step in range(1, NEIGHBOURS + 1):
            same = key[order[:-step]] == key[order[step:]]
            found.append(order[:-step][same] * n + order[step:][same])
    pairs = np.unique(np.concatenate(found))
    return pairs // n, pairs % n


def _rows_per_band(similarity: float) -> int:
    """Return the most rows per band that still miss a pair at the threshold with a chance of at most `MISS`."""
    rows = range(1, SIGNATURE + 1)
    return max([r for r in rows if (1 - similarity**r) ** (SIGNATURE // r) <= MISS], default=1)


def _band_keys(shingles: csr_array, rows: int) -> Iterator[NDArray[np.uint64]]:
    n_bands = SIGNATURE // rows
    for start in range(0, shingles.shape[0], CHUNK):
        part = shingles[start : start + CHUNK]
        hashes, offsets = part.indices.astype(np.uint64), part.indptr.astype(np.uint64)
        digest = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, SIGNATURE, 0).to_rows()
        values = np.array(digest, dtype=np.uint64)[:, : n_bands * rows].reshape(-1, n_bands, rows)
        keys = np.zeros(values.shape[:2], dtype=np.uint64)
        for row in range(rows):
            keys = (keys ^ values[:, :, row]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(31)
        yield keys


def _jaccard(shingles: csr_array, left: Ints, right: Ints) -> Floats:
    sizes = np.diff(shingles.indptr)
    common = [
        np.diff(shingles[left[s : s + CHUNK]].multiply(shingles[right[s : s + CHUNK]]).indptr)
        for s in range(0, len(left), CHUNK)
    ]
    shared = np.concatenate([np.empty(0), *common])
    similarity: Floats = shared / (sizes[left] + sizes[right] - shared)
    return similarity
