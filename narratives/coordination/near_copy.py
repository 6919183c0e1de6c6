"""Trace: two accounts post nearly the same text within a time window."""

from __future__ import annotations

import pandas as pd
from scipy.sparse import eye_array

from narratives.config import Coordination
from narratives.coordination.text_groups import text_groups
from narratives.coordination.trace import Trace, activity, without_public
from narratives.copies import normalise

SLOT = 7  # windows in which an account's activity is taken as one rate: a week, with the default window
COPIES = 0.3  # share of posts that the null spreads copies over, where fewer are copies


def near_copies(posts: pd.DataFrame, section: Coordination) -> Trace | None:
    """Return the near-copy trace, or none if no action has two accounts.

    An action is a burst of one text: its posts in time, cut where more than `window` lies between one and the next. So
    no pair within `window` is torn apart, and who repeats a text daily has one action. In a burst longer than `window`
    only posts within `window` of each other meet.

    The null keeps each account's number of copied texts and each text's number of accounts. Where nobody but a cohort
    copies, the cohort would be its own baseline; so the null spreads copies over at least three tenths of all posts.

    Parameters
    ----------
    posts : `author` (code), `time` (microseconds), `post_id`, `text`, `text_key`, `is_repost`. Reposts are no evidence
        here: passing a post on is public behaviour.
    """
    window = section.near_copy.window // pd.Timedelta(microseconds=1)
    slot = (posts["time"] - posts["time"].min()) // (SLOT * window)
    own = _keyed(posts[~posts["is_repost"]], section).sort_values(["key", "time", "post_id"])
    if own.empty:
        return None
    own["action"] = (own["key"].ne(own["key"].shift()) | own["time"].diff().gt(window)).cumsum() - 1
    sizes = own.groupby("action")["author"].nunique()
    copied = without_public(own[own["action"].map(sizes > 1)], sizes, section.max_group, "near_copy")
    if copied.empty:
        return None
    visits = copied.drop_duplicates(["author", "action"])
    return Trace(
        name="near_copy",
        window=window,
        n_accounts=own["author"].nunique(),
        posts=copied.sort_values(["author", "key", "time", "post_id"], ignore_index=True),
        visits=visits.assign(stratum=0, slot=slot[visits.index]),
        touching=eye_array(len(sizes), format="csr"),
        activity=activity(posts["author"], slot),
        least=COPIES * sizes.sum(),
    )


def _keyed(posts: pd.DataFrame, section: Coordination) -> pd.DataFrame:
    """Return the posts that are long enough, with their text group as `key`."""
    texts = posts.drop_duplicates("text_key").set_index("text_key")["text"].map(normalise)
    texts = texts[texts.str.len() >= section.near_copy.min_chars]
    groups = pd.Series(text_groups(texts, section.near_copy.similarity), index=texts.index)
    keyed = posts[["author", "time", "post_id"]].assign(key=posts["text_key"].map(groups)).dropna(subset="key")
    return keyed.astype({"key": "int64"})
