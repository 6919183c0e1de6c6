"""Trace: two accounts post nearly the same text within a time window."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from narratives.config import Coordination
from narratives.config.coordination import NearCopyTrace
from narratives.coordination.bursts import WEEK
from narratives.coordination.links import site_or
from narratives.coordination.text_groups import text_groups
from narratives.coordination.trace import MAIN, Rhythm, Trace, eagerness, neighbours, without_public
from narratives.coordination.translations import translations
from narratives.copies import normalise
from narratives.embed import Vectors

EAGER = 0.5  # of the copies of about one reach
REACH = 2  # doublings of the number of accounts that a text may be apart from others, to be of their reach
COPIES = 0.6  # of all texts, over which the null spreads the copies of few
HABIT = (0.2, 0.8)  # breadth of copying at which none, and all, of it is taken for habit


def near_copies(posts: pd.DataFrame, section: Coordination, vectors: Vectors | None = None) -> list[Trace]:
    """Return the traces of near copies and of quick ones, as far as an action has two accounts.

    An action is a burst of one text: its posts in time, cut where more than `window` lies between one and the next. A
    burst longer than `window` is cut into pieces, each of which touches the next, so that no pair within `window` is
    torn apart; only such pairs meet. However often two accounts repeat a text together, it counts once: greetings and
    slogans are repeated daily. What everybody copies in a day hides who copies in the same minute; so copies within
    `quick` are a trace of their own.

    The null keeps, of texts that reach about as many accounts, each account's number of copies and each text's number
    of accounts; but see `_spread`. Who copies what everybody copies has no habit of copying what hardly anybody does. A
    text's source is the site that its first post links to, else that post's author: a newsroom and a fan club have one,
    and where most of what two accounts copy is of one source, that is not counted. Where the section names a cosine for
    `translations`, a Kazakh text and the Russian one that says the same are one text.

    Parameters
    ----------
    posts : `author` (code), `time` (microseconds), `post_id`, `text`, `text_key`, `is_repost`. Reposts are no evidence
        here: passing a post on is public behaviour. For translations `lang` as well.
    vectors : of the texts, for translations.
    """
    settings = section.near_copy
    own = _keyed(posts[~posts["is_repost"]], settings, vectors).sort_values(["key", "time", "post_id"])
    first = own.drop_duplicates("key")
    own["source"] = own["key"].map(site_or(posts.loc[first.index], "author").set_axis(first["key"]))
    windows = {"near_copy": settings.window} | ({} if settings.quick is None else {"quick_copy": settings.quick})
    found = (_trace(posts, own, name, window, section.max_group) for name, window in windows.items())
    return [trace for trace in found if trace is not None]


def _trace(posts: pd.DataFrame, own: pd.DataFrame, name: str, window: timedelta, max_group: int) -> Trace | None:
    length = window // timedelta(microseconds=1)
    action = (own["key"].ne(own["key"].shift()) | own["time"].diff().gt(length)).cumsum() - 1
    own = own.assign(action=action)
    sizes = own.groupby("action")["author"].nunique()
    copied = without_public(own[own["action"].map(sizes > 1).astype(bool)], sizes, max_group, name)
    if copied.empty:
        return None
    copied, touching = _in_pieces(copied, length)
    visits = copied.drop_duplicates(["author", "action"])
    week = (posts["time"] - posts["time"].min()) // WEEK
    reach = np.log2(visits.groupby("action")["author"].transform("size")).astype(int) // REACH
    return Trace(
        name=name,
        window=length,
        n_accounts=own["author"].nunique(),
        posts=copied.assign(once=copied["key"]).sort_values(["author", "key", "time", "post_id"], ignore_index=True),
        visits=visits.assign(stratum=reach, slot=week[visits.index]),
        rhythms=(Rhythm.of(posts["author"], week),),
        touching=touching,
        most=eagerness(own, posts["author"].max() + 1, EAGER),
        main=MAIN,
        least=visits.groupby(reach)["author"].agg(_spread, authors=posts["author"], texts=len(own)).to_dict(),
    )


def _in_pieces(posts: pd.DataFrame, length: int) -> tuple[pd.DataFrame, csr_array]:
    """Return posts with each `action` cut into pieces of `length` from its first post, and which pieces can touch.

    A text that goes round all day is many small actions, in which few meet, and not a large one like that of people
    who act in the same minutes.
    """
    number = (posts["time"] - posts.groupby("action")["time"].transform("min")) // length
    pieces = posts.assign(number=number).groupby(["action", "number"])
    return posts.assign(action=pieces.ngroup()), neighbours(pieces.size().index)


def _spread(copiers: pd.Series, authors: pd.Series, texts: int) -> float:
    """Return the number of copies, of one reach, at which an account's record of copying is believed to be a habit.

    Breadth is the number of accounts that copy at all, as a share of what it were if copies fell to accounts by their
    number of posts. Where it is small, the few would be their own baseline, whether they are a cohort or not. So the
    smaller it is, the nearer the number is to a share `COPIES` of all texts rather than to the copies that are seen.
    """
    posts = authors.value_counts()
    breadth = copiers.nunique() / -np.expm1(-len(copiers) * posts / posts.sum()).sum()
    habit = np.clip((breadth - HABIT[0]) / (HABIT[1] - HABIT[0]), 0, 1)
    return float(len(copiers) + (1 - habit) * (COPIES * texts - len(copiers)))


def _keyed(posts: pd.DataFrame, settings: NearCopyTrace, vectors: Vectors | None) -> pd.DataFrame:
    """Return the posts that are long enough, with their text group as `key`."""
    texts = posts.drop_duplicates("text_key").set_index("text_key")["text"].map(normalise)
    texts = texts[texts.str.len() >= settings.min_chars]
    groups = pd.Series(text_groups(texts, settings.similarity), index=texts.index)
    keyed = posts.assign(key=posts["text_key"].map(groups)).dropna(subset="key").astype({"key": "int64"})
    if settings.translations is not None:
        if vectors is None:
            raise ValueError("near_copy.translations needs the vectors of the texts")
        first = keyed.sort_values(["time", "post_id"]).drop_duplicates("key")
        length = settings.window // timedelta(microseconds=1)
        russian = translations(first, vectors, settings.translations, length)
        keyed["key"] = keyed["key"].map(russian).fillna(keyed["key"]).astype("int64")
    return keyed[["author", "time", "post_id", "key"]]
