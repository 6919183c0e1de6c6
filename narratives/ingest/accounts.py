"""Raw rows into the `accounts` table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from narratives.config import AccountSource
from narratives.ingest.raw import Raw, Rejects
from narratives.ingest.values import parse_count, parse_flag, parse_text, parse_time

COUNTS = ("followers", "following", "posts_total")
FLAGS = ("has_photo", "has_bio")


def parse_accounts(raw: Raw, source: AccountSource, path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the accounts of one file, and what was refused.

    A row without an id is refused; a field that cannot be read is left empty and listed among the rejects.
    """
    rejects, rows = Rejects(path.name), raw.rows.copy()
    rows["author_id"] = parse_text(rows["author_id"])
    rows = rejects.add_where(rows, rows["author_id"].isna(), "no author_id")
    table = pd.DataFrame({"author_id": rows["author_id"]})
    when = rows["created_at"] if "created_at" in rows else pd.Series(pd.NaT, index=rows.index)
    table["created_at"], _ = parse_time(when, source.timezone, None)
    for name in (*COUNTS, *FLAGS):
        parse = parse_count if name in COUNTS else parse_flag
        missing = pd.Series(pd.NA, index=rows.index, dtype="Int64" if name in COUNTS else "boolean")
        table[name] = parse(rows[name]).where(parse_text(rows[name]).notna()) if name in rows else missing
    for name in table.columns.intersection(rows.columns).drop("author_id"):
        unread = table[name].isna() & parse_text(rows[name]).notna()
        rejects.add_where(rows, unread, f"{name} cannot be read (field left empty)", name)
    return table, pd.concat([raw.rejects, rejects.frame()])


def unique_accounts(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per account: the one with the most fields, then the latest by followers and posts."""
    filled = accounts.notna().sum(axis=1)
    order = ["filled", "posts_total", "followers", "following", "created_at", "has_photo", "has_bio"]
    ranked = accounts.assign(filled=filled).sort_values(order, ascending=False, kind="stable")
    return ranked.drop_duplicates("author_id").drop(columns="filled").sort_values("author_id")
