"""The run folder: one Parquet file per table, and a manifest of which stage made it from what.

A stage is current when its key (hash of its config and of the content of its inputs) and the hashes of its files are
those of the manifest. Files are written under a temporary name and renamed, and the manifest comes last, so a run
that is killed at any moment leaves every finished stage usable and no half-written table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from narratives import tables
from narratives.errors import ArtifactError
from narratives.files import hash_file, write_atomically

FORMAT = 1


class Store:
    """Tables and manifest of one run folder."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest: dict[str, Any] = self._read_manifest()

    def path(self, table: str) -> Path:
        """Return the file of a table."""
        return self.folder / "tables" / f"{table}.parquet"

    def hash_of(self, table: str) -> str:
        """Return the content hash of a table, as its stage recorded it."""
        for stage in self.manifest["stages"].values():
            if table in stage["tables"]:
                return str(stage["tables"][table]["hash"])
        raise ArtifactError(f"{self.folder}: no finished stage has made the table '{table}'.")

    def is_current(self, stage: str, key: str) -> bool:
        """Tell whether the stage's tables on disk are those that `key` stands for."""
        record = self.manifest["stages"].get(stage)
        if record is None or record["key"] != key:
            return False
        return all(
            self.path(table).is_file() and hash_file(self.path(table)) == entry["hash"]
            for table, entry in record["tables"].items()
        )

    def save(
        self, stage: str, key: str, frames: Mapping[str, pd.DataFrame], files: Iterable[str], record: Mapping[str, Any]
    ) -> None:
        """Write the `frames` of a stage, then its `record` and all its table `files` in the manifest.

        A file without a frame is one that the stage has written itself.
        """
        for table, frame in frames.items():
            write_atomically(self.path(table), frame.to_parquet(index=False, compression="zstd"))
        entries = {table: {"rows": self._rows(table), "hash": hash_file(self.path(table))} for table in files}
        self.manifest["stages"][stage] = {"key": key, "tables": entries, **record}
        self.write_manifest()

    def _rows(self, table: str) -> int:
        return int(pq.read_metadata(self.path(table)).num_rows)

    def write_manifest(self) -> None:
        """Write the manifest, atomically."""
        text = json.dumps(self.manifest, ensure_ascii=False, indent=2)
        write_atomically(self.folder / "manifest.json", text.encode())

    def read(self, table: str) -> pd.DataFrame:
        """Return a table.

        Raises
        ------
        ArtifactError
            If the run has no such table.
        """
        path = self.path(table)
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in path.parent.glob("*.parquet"))) or "none"
            raise ArtifactError(f"{self.folder}: this run has no table '{table}'. Tables here: {known}.")
        return tables.check(table, pd.read_parquet(path))

    def _read_manifest(self) -> dict[str, Any]:
        path = self.folder / "manifest.json"
        if not path.is_file():
            return {"format": FORMAT, "stages": {}}
        try:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            version = manifest["format"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ArtifactError(
                f"{path}: is not the manifest of a run. Choose another folder, or remove it."
            ) from error
        if version != FORMAT:
            raise ArtifactError(f"{path}: has format {version}, this version reads {FORMAT}. Run into a new folder.")
        return manifest


def key_of(parts: Iterable[Any]) -> str:
    """Return the hash of JSON-like `parts`."""
    return blake2b(json.dumps(list(parts), sort_keys=True, default=str).encode(), digest_size=16).hexdigest()
