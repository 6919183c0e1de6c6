"""Files: whole or not at all."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` so that `path` holds either what it held or all of it, whenever the process is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def hash_file(path: Path) -> str:
    """Return the hash of a file's content."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
