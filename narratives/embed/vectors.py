"""Vectors of a run: one per distinct text, kept on disk by text and model, made once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from narratives.embed.protocol import Encoder

CHUNK_TEXTS = 20_000
CHUNK_SECONDS = 30.0


@dataclass(frozen=True)
class Vectors:
    """Unit vectors of distinct texts.

    Attributes
    ----------
    keys : text_keys, sorted, unique.
    values : float32 array, shape (len(keys), d).
    model : name and revision of the encoder.
    """

    keys: pd.Index
    values: NDArray[np.float32]
    model: str

    def of(self, keys: Sequence[str] | pd.Series) -> NDArray[np.float32]:
        """Return the vectors of `keys`, in their order; every key must be known."""
        places = self.keys.get_indexer(pd.Index(keys))
        if (places < 0).any():
            raise KeyError(f"{int((places < 0).sum())} texts have no vector")
        found: NDArray[np.float32] = self.values[places]
        return found

    def write(self, path: Path) -> None:
        """Write to a Parquet file, atomically."""
        width = self.values.shape[1]
        flat = pa.array(np.ascontiguousarray(self.values).ravel())
        table = pa.table({"text_key": pa.array(self.keys), "vector": pa.FixedSizeListArray.from_arrays(flat, width)})
        table = table.replace_schema_metadata({"model": json.dumps(self.model), "dimensions": str(width)})
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        pq.write_table(table, temporary)
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> Vectors:
        """Read from a Parquet file written by `write`."""
        table = pq.read_table(path)
        metadata = table.schema.metadata
        flat = table["vector"].combine_chunks().flatten().to_numpy()
        values = flat.reshape(len(table), int(metadata[b"dimensions"]))
        return cls(pd.Index(table["text_key"].to_pandas()), values, json.loads(metadata[b"model"]))


def embed(
    texts: pd.Series,
    encoder: Encoder,
    made: Path,
    cache: Path,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Vectors:
    """Return the vectors of `texts` (indexed by text_key, distinct), encoding only those that are not there yet.

    Parameters
    ----------
    made : file of vectors of an earlier run, used where its model is the same.
    cache : folder of one file per chunk of this run, so that a killed run goes on where it stopped.
    progress : called after each batch with its number of texts.
    """
    model = model_of(encoder)
    files = sorted(cache.glob("*.parquet")) + ([made] if made.is_file() else [])
    known = [part for part in map(Vectors.read, files) if part.model == model]
    missing = texts[~texts.index.isin(_keys(known))]
    progress(len(texts) - len(missing))
    for part in _encode(missing, encoder, progress):
        cache.mkdir(parents=True, exist_ok=True)
        part.write(cache / f"{part.keys[0]}.parquet")
        known.append(part)
    keys, values = _keys(known), np.vstack([part.values for part in known])
    first = ~keys.duplicated()
    return Vectors(pd.Index(texts.index), Vectors(keys[first], values[first], model).of(pd.Series(texts.index)), model)


def _encode(texts: pd.Series, encoder: Encoder, progress: Callable[[int], None]) -> Iterator[Vectors]:
    """Yield the vectors in chunks, each of so many texts or seconds of work."""
    # Texts of like length are padded least. Batches never depend on the time they take, so neither do the vectors.
    texts = texts.iloc[np.argsort(texts.str.len().to_numpy(), kind="stable")]
    starts = np.arange(0, len(texts), encoder.batch_size)
    # Long and short batches mixed: then the pace so far tells how long the rest takes.
    order = np.random.default_rng(0).permutation(starts)
    keys: list[str] = []
    rows: list[NDArray[np.float32]] = []
    began = monotonic()
    for start in order:
        batch = texts.iloc[start : start + encoder.batch_size]
        keys += batch.index.tolist()
        rows.append(encoder.encode(batch.tolist()))
        progress(len(batch))
        if len(keys) >= CHUNK_TEXTS or monotonic() - began >= CHUNK_SECONDS or start == order[-1]:
            yield Vectors(pd.Index(keys), np.vstack(rows), model_of(encoder))
            keys, rows, began = [], [], monotonic()


def model_of(encoder: Encoder) -> str:
    """Return what identifies the vectors that an encoder makes: its name and revision."""
    return f"{encoder.name} {encoder.revision}"


def _keys(parts: list[Vectors]) -> pd.Index:
    return pd.Index([key for part in parts for key in part.keys], dtype=object)
