"""Trace: two accounts answer the same post within a time window."""

from __future__ import annotations

import pandas as pd

from narratives.config import Coordination
from narratives.coordination.bursts import bursts
from narratives.coordination.trace import Trace


def same_replies(posts: pd.DataFrame, section: Coordination) -> Trace | None:
    """Return the same-reply-target trace, or none if no post is answered by two accounts at a time.

    A source is the author of the post answered; where the posts do not say who that is, each post is a source of its
    own. Answers to oneself do not count.

    Parameters
    ----------
    posts : `author` (code), `time` (microseconds), `post_id`, `reply_to`, `is_repost`.
    """
    own = posts[posts["reply_to"].notna() & ~posts["is_repost"]]
    answered = own["reply_to"].map(posts.set_index("post_id")["author"])
    answers = own[["author", "time", "post_id"]].assign(key=own["reply_to"], stratum=answered.fillna(-1))
    answers["source"] = answered.astype(object).where(answered.notna(), own["reply_to"]).astype(str)
    return bursts(
        posts, answers[answered != own["author"]], "same_reply", section.same_reply.window, "10min", section.max_group
    )
