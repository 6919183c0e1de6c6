"""Trace: two accounts use the same hashtags in the same order within a time window."""

from __future__ import annotations

import re

import pandas as pd

from narratives.config import Coordination
from narratives.coordination.bursts import bursts
from narratives.coordination.trace import Trace

HASHTAG = re.compile(r"#(\w+)")


def same_hashtags(posts: pd.DataFrame, section: Coordination) -> Trace | None:
    """Return the hashtag-sequence trace, or none if no sequence is used by two accounts at a time.

    A sequence is all hashtags of a post in their order. Each account's first use of a sequence counts, so that habit
    makes no evidence; and a sequence is its own source, so that two accounts share one more than is counted.

    Parameters
    ----------
    posts : `author` (code), `time` (microseconds), `post_id`, `text`, `text_key`, `is_repost`. Reposts are no
        evidence here.
    """
    own = posts[~posts["is_repost"] & posts["text"].str.contains("#", regex=False)]
    texts = own.drop_duplicates("text_key").set_index("text_key")["text"]
    tags = texts.str.casefold().map(HASHTAG.findall)
    keys = tags[tags.str.len() >= section.same_hashtags.min_tags].str.join(" ")
    keyed = own[["author", "time", "post_id"]].assign(key=own["text_key"].map(keys), stratum=0).dropna(subset="key")
    keyed["source"] = keyed["key"]
    first = keyed.sort_values(["time", "post_id"]).drop_duplicates(["author", "key"])
    return bursts(posts, first, "same_hashtags", section.same_hashtags.window, "1h", section.max_group)
