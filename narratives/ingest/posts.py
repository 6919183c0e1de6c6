"""Raw rows into the `posts` table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from narratives.config import FileSource, Time
from narratives.ingest.raw import Raw, Rejects
from narratives.ingest.values import is_damaged, parse_flag, parse_text, parse_time
from narratives.tables import TEXT
from narratives.text import text_key

COLUMNS = ["post_id", "author_id", "created_at", "text", "platform", "reply_to", "repost_of", "is_repost", "text_key"]


def parse_posts(raw: Raw, source: FileSource, path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the posts of one file, and its refused rows with their reason.

    Each row is refused for the first reason that holds, in the order of the checks below.
    """
    rejects, rows = Rejects(path.name), raw.rows.copy()
    damaged = is_damaged(rows["text"]) | is_damaged(rows["author_id"])
    for name in ("post_id", "author_id", "text", "platform", "reply_to", "repost_of"):
        rows[name] = parse_text(rows[name]) if name in rows else pd.Series(dtype=TEXT)
    if source.columns.post_id is None:
        rows["post_id"] = path.name + ":" + rows["row"].astype(str)
    if source.columns.platform is None:
        rows["platform"] = source.platform
    rows["platform"] = rows["platform"].fillna(source.platform)
    rows["flag"] = parse_flag(rows["is_repost"]) if "is_repost" in rows else False
    rows["when"], naive = parse_time(rows["created_at"], source.timezone, source.time_format)
    for name in ("post_id", "author_id"):
        rows = rejects.add_where(rows, rows[name].isna(), f"no {name}", name)
    rows = rejects.add_where(rows, rows["text"].isna(), "empty text")
    rows = rejects.add_where(rows, damaged.loc[rows.index], "text holds bytes that are not its encoding's", "text")
    too_long = rows["text"].str.len() > source.max_text_chars
    rows = rejects.add_where(rows, too_long, f"text longer than max_text_chars ({source.max_text_chars})", "text")
    no_zone = naive.reindex(rows.index)
    rows = rejects.add_where(rows, no_zone, "time without a zone (set `timezone:` of the source)", "created_at")
    rows = rejects.add_where(rows, rows["when"].isna(), "time cannot be read", "created_at")
    if "is_repost" in rows:
        rows = rejects.add_where(rows, rows["flag"].isna(), "is_repost is no flag (1/0, true/false)", "is_repost")
    return _table(rows), pd.concat([raw.rejects, rejects.frame()])


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    table = rows[["post_id", "author_id", "text", "platform", "reply_to", "repost_of"]].copy()
    table["created_at"] = rows["when"]
    table["is_repost"] = rows["flag"].astype(bool) | table["repost_of"].notna()
    keys = {text: text_key(text) for text in table["text"].unique()}
    table["text_key"] = table["text"].map(keys).astype(TEXT)
    table["row"] = rows["row"].astype("int64")
    return table


def unique_posts(posts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per post_id, and the refused others.

    The earliest row wins; among equally early ones the first by author, then by text. So the order of the input
    does not matter.
    """
    ordered = posts.sort_values(["created_at", "post_id", "author_id", "text", "source", "row"], kind="stable")
    again = ordered["post_id"].duplicated()
    return ordered[~again], _refuse(ordered[again], "post_id used before", ordered["post_id"])


def in_range(posts: pd.DataFrame, time: Time) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the posts of the study's half-open time range, and the refused others."""
    inside = pd.Series(True, index=posts.index)
    if time.start is not None:
        inside &= posts["created_at"] >= time.utc(time.start)
    if time.end is not None:
        inside &= posts["created_at"] < time.utc(time.end)
    return posts[inside], _refuse(posts[~inside], "outside the study's time", posts["created_at"])


def _refuse(rows: pd.DataFrame, reason: str, value: pd.Series) -> pd.DataFrame:
    shown = value.reindex(rows.index).astype(str)
    return pd.DataFrame({"source": rows["source"], "row": rows["row"], "reason": reason, "value": shown})
