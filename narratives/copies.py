"""When two texts are copies: what is compared, how pairs are found without comparing all, and how alike they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash
from scipy.sparse import csr_array
from scipy.stats import binom

from narratives.morphology import skeleton
from narratives.text import plain

SIGNATURE = 64  # MinHash values per text
MISS = 0.01  # chance that the bands miss a pair just at the threshold
CHUNK = 20_000  # texts or pairs in memory at a time
TOKEN = re.compile(r"[^\W_]+")
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def normalise(text: str) -> str:
    """Return the letters and digits of `text` in one case and one spelling, for comparison only.

    Links, handles, emoji, punctuation, spaces and zero-width characters go. Kazakh in Cyrillic, in Latin and in Russian
    letters, letters that look alike in the two scripts, and styled letters (fullwidth, mathematical) are folded
    together.
    """
    tokens = TOKEN.findall(unicodedata.normalize("NFKC", plain(text)).casefold())
    return "".join(map(skeleton, tokens)).replace("ё", "е")


def shingles(texts: Iterable[str], size: int) -> csr_array:
    """Return texts × hashes (31 bits) of their character `size`-grams, 1 where the text holds the n-gram."""
    padded = [text.ljust(size) for text in texts]
    points = np.frombuffer("".join(padded).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in padded])
    total = len(points) - size + 1
    hashes = np.zeros(total, dtype=np.uint64)
    for shift in range(size):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + points[shift : shift + total]
    hashes = ((hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(33)
    inside = np.ones(total, dtype=bool)
    borders = (ends[:-1, None] - np.arange(1, size)).ravel()
    inside[borders] = False
    starts = np.concatenate([[0], ends - (size - 1) * np.arange(1, len(padded) + 1)])
    columns = hashes[inside].astype(np.int32)
    matrix = csr_array((np.ones(len(columns), dtype=np.int32), columns, starts), shape=(len(padded), 2**31 - 1))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def band_keys(rows: csr_array, similarity: float) -> NDArray[np.uint64]:
    """Return texts × bands: texts that share a value in a column are candidates.

    MinHash bands (Broder 1997; Leskovec et al. 2020, ch. 3) of as many hashes as still miss a pair just at
    `similarity` with a chance of at most `MISS`.
    """
    length = _band_length(similarity)
    return np.concatenate([_hash_bands(rows[s : s + CHUNK], length) for s in range(0, rows.shape[0], CHUNK)])


def share_bands(bands: NDArray[np.uint64], left: Ints, right: Ints, similarity: float) -> NDArray[np.bool_]:
    """Return which pairs of rows share as many bands as all pairs at `similarity` but a share of `MISS` do."""
    least = binom.ppf(MISS, bands.shape[1], similarity ** _band_length(similarity))
    chunks = (slice(start, start + CHUNK) for start in range(0, len(left), CHUNK))
    shared = [np.count_nonzero(bands[left[part]] == bands[right[part]], axis=1) >= least for part in chunks]
    return np.concatenate([np.empty(0, dtype=np.bool_), *shared])


def _band_length(similarity: float) -> int:
    lengths = range(1, SIGNATURE + 1)
    return max([r for r in lengths if (1 - similarity**r) ** (SIGNATURE // r) <= MISS], default=1)


def _hash_bands(rows: csr_array, length: int) -> NDArray[np.uint64]:
    n_bands = SIGNATURE // length
    hashes, offsets = rows.indices.astype(np.uint64), rows.indptr.astype(np.uint64)
    digest = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, SIGNATURE, 0).to_rows()
    values = np.array(digest, dtype=np.uint64)[:, : n_bands * length].reshape(-1, n_bands, length)
    keys = np.zeros(values.shape[:2], dtype=np.uint64)
    for place in range(length):
        keys = (keys ^ values[:, :, place]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(31)
    return keys


def jaccard(rows: csr_array, left: Ints, right: Ints) -> Floats:
    """Return the Jaccard similarity of each pair of rows."""
    sizes = np.diff(rows.indptr)
    common = [
        np.diff(rows[left[s : s + CHUNK]].multiply(rows[right[s : s + CHUNK]]).indptr)
        for s in range(0, len(left), CHUNK)
    ]
    shared = np.concatenate([np.empty(0), *common])
    similarity: Floats = shared / (sizes[left] + sizes[right] - shared)
    return similarity
