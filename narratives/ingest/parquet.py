"""Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from narratives.errors import DataError
from narratives.ingest.raw import Raw, Rejects, require


def read_parquet(path: Path, wanted: Mapping[str, str]) -> Raw:
    """Read the `wanted` columns (field → column name) of the file at `path`.

    Raises
    ------
    DataError
        If the file is no Parquet file or lacks a column.
    """
    try:
        file = pq.ParquetFile(path)
        require(path, wanted, file.schema_arrow.names)
        table = file.read(columns=sorted(set(wanted.values())))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}.") from error
    frame = table.to_pandas()
    rows = frame[list(wanted.values())].set_axis(list(wanted), axis=1)
    rows.insert(0, "row", np.arange(1, len(rows) + 1))
    return Raw(rows, Rejects(path.name).frame(), "parquet")
