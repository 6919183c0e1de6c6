"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from narratives.errors import DataError
from narratives.ingest.delimited import read_text
from narratives.ingest.raw import Raw, Rejects, require


def read_jsonl(path: Path, wanted: Mapping[str, str], *, encoding: str | None) -> Raw:
    """Read the `wanted` keys (field → key, dotted for nested objects) of the file at `path`.

    Lines that are not a JSON object are refused one by one; a key that a line lacks is None there.

    Raises
    ------
    DataError
        If the file is empty, or no line has one of the wanted keys.
    """
    text, encoding = read_text(path, encoding)
    rejects, kept, seen = Rejects(path.name), [], dict.fromkeys(wanted, False)
    keys: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            rejects.add(number, f"is not JSON: {error}", line)
            continue
        if not isinstance(item, dict):
            rejects.add(number, "is not a JSON object", line)
            continue
        keys |= dict.fromkeys(item)
        values = {name: _dig(item, key) for name, key in wanted.items()}
        seen = {name: found or values[name] is not None for name, found in seen.items()}
        kept.append((number, *values.values()))
    if not kept and not rejects.kept:
        raise DataError(f"{path}: the file is empty. It needs one JSON object a line.")
    if kept:
        require(path, {name: wanted[name] for name, found in seen.items() if not found}, list(keys))
    return Raw(pd.DataFrame(kept, columns=["row", *wanted], dtype=object), rejects.frame(), encoding)


def _dig(item: dict[str, Any], key: str) -> Any:
    if key in item:
        return item[key]
    value: Any = item
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
