"""What every reader returns: the wanted fields of each row, as written, and the rows it had to refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from narratives.errors import DataError, nearest

SHOWN = 200


@dataclass(frozen=True)
class Raw:
    """Rows of one file.

    Attributes
    ----------
    rows : DataFrame with `row` (1-based, a header does not count) and one column per wanted field; values are as
        the file has them (text, number, time, flag) and None where the file has none.
    rejects : rows refused while reading, in the columns of the `rejects` table.
    note : how the file was read (encoding, delimiter), for the summary.
    """

    rows: pd.DataFrame
    rejects: pd.DataFrame
    note: str


@dataclass
class Rejects:
    """Collects refused rows of one file."""

    source: str
    kept: list[dict[str, object]] = field(default_factory=list)

    def add(self, row: int, reason: str, value: object = None) -> None:
        """Refuse `row` for `reason`; `value` is what was wrong."""
        self.kept.append({"source": self.source, "row": row, "reason": reason, "value": shorten(value)})

    def add_where(self, rows: pd.DataFrame, bad: pd.Series, reason: str, column: str | None = None) -> pd.DataFrame:
        """Refuse the `rows` where `bad` holds, and return the others."""
        refused = rows[bad]
        values = refused[column] if column else [None] * len(refused)
        for row, value in zip(refused["row"], values, strict=True):
            self.add(int(row), reason, value)
        return rows[~bad]

    def frame(self) -> pd.DataFrame:
        """Return what was refused in the columns of the `rejects` table."""
        return pd.DataFrame(self.kept, columns=["source", "row", "reason", "value"])


def shorten(value: object) -> str | None:
    """Return `value` as text cut to `SHOWN` characters, without lone surrogates."""
    if value is None or value is pd.NaT:
        return None
    text = str(value)[: SHOWN + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def require(path: Path, wanted: Mapping[str, str], present: Sequence[str]) -> None:
    """Check that every wanted column is there.

    Raises
    ------
    DataError
        If one is missing; names the file, the column, the nearest one and all there are.
    """
    for name, column in wanted.items():
        if column not in present:
            listed = ", ".join(present[:30]) + (", …" if len(present) > 30 else "")
            raise DataError(
                f"{path}: there is no column '{column}' for {name}.{nearest(column, present[:1000])} "
                f"Map it under `columns:` in the study. Columns here: {listed or 'none'}."
            )
