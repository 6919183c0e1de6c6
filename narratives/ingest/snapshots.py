"""What a later snapshot of the data says of an earlier one's posts: still there, or gone."""

from __future__ import annotations

import pandas as pd

from narratives import tables

POST = ["post_id", "author_id", "platform"]


def compare_snapshots(posts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the posts as they were first seen, and what the `deletions` table needs: `POST`, `seen_at`, `gone_by`.

    A later snapshot covers a post if it reaches back to it in the same account on the same platform, and forward to it
    in any: collections often reach back a limited time, lack an account, or fill in an earlier time. What it covers and
    does not hold is gone, whoever removed it.

    Parameters
    ----------
    posts : rows of all sources, with `taken`, the moment at which the source was collected; missing if it names none.
        Only posts of two snapshots are compared. A post that one snapshot holds twice stays twice.
    """
    dated = posts[posts["taken"].notna()]
    if dated["taken"].nunique() < 2:
        return posts, tables.empty("deletions").reindex(columns=[*POST, "seen_at", "gone_by"])
    known = dated.groupby(POST, as_index=False).agg(
        created_at=("created_at", "min"), first=("taken", "min"), seen_at=("taken", "max")
    )
    since = dated.groupby([*POST[1:], "taken"])["created_at"].min().rename("since").reset_index()
    until = dated.groupby(["platform", "taken"])["created_at"].max().rename("until").reset_index()
    later = known.merge(since, on=POST[1:]).merge(until, on=["platform", "taken"])
    later = later[(later["taken"] > later["seen_at"]) & later["created_at"].between(later["since"], later["until"])]
    known = known.merge(later.groupby(POST)["taken"].min().rename("gone_by").reset_index(), how="left", on=POST)
    compared = known[(known["seen_at"] > known["first"]) | known["gone_by"].notna()]
    again = dated["taken"] > dated.groupby(POST)["taken"].transform("min")
    return posts.drop(index=dated.index[again]), compared[[*POST, "seen_at", "gone_by"]]
