"""How a reply speaks to the author of the post that it answers, whoever that is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from narratives import tables
from narratives.config import Stance, Target
from narratives.embed import load_encoder
from narratives.stance import pairs_of
from narratives.stance.protocol import Pair, Resources
from narratives.stance.seeds import Seeds

AUTHOR = "~"  # no target has such an id


def score_replies(
    posts: pd.DataFrame, mentions: pd.DataFrame, section: Stance, targets: Sequence[Target]
) -> pd.DataFrame:
    """Return the table `replies`: one row per post that answers another account's, in the order of post ids.

    The author answered is named nowhere in a reply. As with a target that only the answered post names, what is said of
    nobody that the reply names is about them. It is read by the backend `seeds`, whatever reads the targets: others
    need a target's name. Each distinct text is read once.
    """
    author = posts.set_index("post_id")["author_id"]
    answers = posts.dropna(subset="reply_to")
    answers = answers.assign(to_author=answers["reply_to"].map(author)).dropna(subset="to_author")
    answers = answers[answers["to_author"] != answers["author_id"]].sort_values("post_id", ignore_index=True)
    if answers.empty:
        return tables.empty("replies")
    own = mentions[mentions["start"].notna() & mentions["post_id"].isin(answers["post_id"])]
    spans = pairs_of(posts, own).drop_duplicates("post_id").set_index("post_id")["pair"]
    pairs = [
        Pair(text, AUTHOR, spans[post].spans if post in spans.index else ())
        for post, text in zip(answers["post_id"], answers["text"], strict=True)
    ]
    distinct = list(dict.fromkeys(pairs))
    chances = Seeds(Resources(section, targets, load_encoder)).score(distinct)
    scores = dict(zip(distinct, (chances[:, 0] - chances[:, 1]).tolist(), strict=True))
    table = answers[["post_id", "reply_to", "author_id", "to_author", "created_at"]]
    return tables.check("replies", table.assign(score=[scores[pair] for pair in pairs]))
