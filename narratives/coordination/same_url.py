"""Trace: two accounts link to the same page within a time window."""

from __future__ import annotations

import pandas as pd

from narratives.config import Coordination
from narratives.coordination.bursts import bursts
from narratives.coordination.links import YOUTUBE, links
from narratives.coordination.trace import Trace


def same_urls(posts: pd.DataFrame, section: Coordination) -> Trace | None:
    """Return the same-link trace, or none if no page is linked to by two accounts at a time.

    Its sources are sites. A video does not say whose it is, so each is a source of its own.

    Parameters
    ----------
    posts : `author` (code), `time` (microseconds), `post_id`, `text`, `text_key`, `is_repost`. A repost's link is
        its original's, and no evidence here.
    """
    own = posts.loc[~posts["is_repost"], ["author", "time", "post_id", "text", "text_key"]]
    linked = own.merge(links(own), on="post_id").rename(columns={"url": "key", "site": "stratum"})
    linked["source"] = linked["stratum"].mask(linked["stratum"] == YOUTUBE, linked["key"])
    return bursts(posts, linked, "same_url", section.same_url.window, "10min", section.max_group)
