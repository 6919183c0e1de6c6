"""Trace: two accounts repost the same post within a time window."""

from __future__ import annotations

import re

import pandas as pd

from narratives.config import Coordination
from narratives.coordination.bursts import bursts
from narratives.coordination.trace import Trace

ORIGINAL = re.compile(r"^RT @(\w+)")  # whose post it was, where only the text says it


def same_reposts(posts: pd.DataFrame, section: Coordination) -> Trace | None:
    """Return the same-repost trace, or none if no post is reposted by two accounts at a time.

    A source is the author of the post repeated. Where neither the posts nor the text say who that is, each post is a
    source of its own. Reposts of oneself do not count.

    Parameters
    ----------
    posts : `author` (code), `time` (microseconds), `post_id`, `text`, `text_key`, `is_repost`, `repost_of` (without
        one, equal texts are one post's reposts).
    """
    own = posts[posts["is_repost"]]
    key = own["repost_of"].fillna(own["text_key"]).astype(object)
    original = own["repost_of"].map(posts.set_index("post_id")["author"])
    named = own["text"].str.extract(ORIGINAL, expand=False).str.casefold()
    stratum = original.astype(object).where(original.notna(), named).fillna("").astype(str)
    reposts = own[["author", "time", "post_id"]].assign(
        key=key, stratum=stratum, source=stratum.mask(stratum == "", key)
    )
    return bursts(
        posts, reposts[original != own["author"]], "same_repost", section.same_repost.window, "1min", section.max_group
    )
