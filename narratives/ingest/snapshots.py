"""What a later snapshot of the data says of an earlier one's posts: still there, or gone."""

from __future__ import annotations

import pandas as pd

from narratives import tables

WHOSE = ["author_id", "platform"]


def compare_snapshots(posts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the posts as they were first seen, and the `deletions` table.

    A later snapshot covers a post if it holds one of the same account and platform that is no younger: collections
    often reach back a limited time, or lack an account. What it covers and does not hold is gone, whoever removed it.

    Parameters
    ----------
    posts : rows of all sources, with `taken`, the moment at which the source was collected; missing if it names none.
        Only posts of two snapshots are compared. A post that one snapshot holds twice stays twice.
    """
    dated = posts[posts["taken"].notna()].sort_values("taken", kind="stable")
    if dated["taken"].nunique() < 2:
        return posts, tables.empty("deletions")
    known = dated.groupby(["post_id", "author_id"], as_index=False).agg(
        platform=("platform", "first"),
        created_at=("created_at", "first"),
        first=("taken", "min"),
        seen_at=("taken", "max"),
    )
    reach = dated.groupby([*WHOSE, "taken"])["created_at"].min().rename("since").reset_index()
    later = known.merge(reach, on=WHOSE)
    later = later[(later["taken"] > later["seen_at"]) & (later["since"] <= later["created_at"])]
    known["gone_by"] = known["post_id"].map(later.groupby("post_id")["taken"].min())
    compared = known[(known["seen_at"] > known["first"]) | known["gone_by"].notna()]
    again = dated["taken"] > dated.groupby(["post_id", "author_id"])["taken"].transform("min")
    return posts.drop(index=dated.index[again]), compared[["post_id", "seen_at", "gone_by"]]
