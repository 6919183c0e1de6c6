"""Trace: two accounts post in the same narrative within minutes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from narratives import tables
from narratives.config import Coordination
from narratives.coordination.links import site_or
from narratives.coordination.trace import MAIN, Rhythm, Trace, neighbours, without_public

DAY = 86_400_000_000  # microseconds
SLOT = DAY // 12  # the part of the day in which an account's activity is taken as one rate


def same_narratives(posts: pd.DataFrame, membership: pd.DataFrame, section: Coordination) -> Trace | None:
    """Return the same-narrative trace, or none if no post is in an action.

    An action is a narrative in one bin of `window`; a bin touches its two neighbours, so that pairs across a border are
    found. Only posts within `window` of each other meet.

    The null keeps, within each narrative, each account's number of bins and each bin's number of accounts, and it knows
    at what time of day each account posts: no edge comes from a shared interest, from the same waking hours, or from an
    hour in which everybody speaks of one thing. Where most of what two accounts share links to one site, that is not
    counted: a newsroom does so.

    Parameters
    ----------
    posts : `author` (code), `time` (microseconds), `post_id`, `text`, `text_key`, `is_repost`. Reposts are no evidence
        here: they follow their original's time.
    membership : `membership` table. Where windows overlap, a post counts in the narrative of its first window that
        gives it one, so that no pair of posts is counted twice.
    """
    slot = posts["time"] % DAY // SLOT
    window = section.same_narrative.window // pd.Timedelta(microseconds=1)
    clusters = tables.one_per_post(membership).set_index("post_id")["cluster_id"]
    own = posts.loc[~posts["is_repost"], ["author", "time", "post_id"]]
    own = own.assign(key=own["post_id"].map(clusters), bin=own["time"] // window).dropna(subset="key")
    own["source"] = site_or(posts.loc[own.index], "post_id")
    own["key"] = pd.factorize(own["key"], sort=True)[0]
    bins = own.groupby(["key", "bin"])
    own["action"] = bins.ngroup()
    own = without_public(own, bins["author"].nunique().reset_index(drop=True), section.max_group, "same_narrative")
    if own.empty:
        return None
    visits = own.sort_values(["time", "post_id"]).drop_duplicates(["author", "action"])
    return Trace(
        name="same_narrative",
        window=window,
        n_accounts=own["author"].nunique(),
        posts=own.sort_values(["author", "key", "time", "post_id"], ignore_index=True),
        visits=visits.assign(stratum=visits["key"], slot=slot[visits.index]),
        touching=neighbours(bins.size().index),
        most=np.ones(posts["author"].max() + 1),
        main=MAIN,
        rhythms=(Rhythm.of(posts["author"], slot),),
    )
