"""What every trace hands to the network: posts put into actions, and what the null needs to know about them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

log = logging.getLogger(__name__)

MAIN = 0.5  # share of what two accounts share that may be of one source

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rhythm:
    """How many posts of any kind each account makes at each time; a time is a class of slots.

    Attributes
    ----------
    counts : accounts × times.
    time : time of each slot.
    """

    counts: csr_array
    time: Ints

    @classmethod
    def of(cls, author: pd.Series, time: pd.Series, time_of_slot: Ints | None = None) -> Rhythm:
        """Count the posts of each author at each time; each slot is a time of its own if nothing else is said."""
        counts = csr_array((np.ones(len(author)), (author, time)))
        return cls(counts, np.arange(counts.shape[1]) if time_of_slot is None else time_of_slot)


@dataclass(frozen=True)
class Trace:
    """Actions of one trace. Accounts, keys, actions, strata and slots are whole numbers; times are microseconds.

    Attributes
    ----------
    name : as in the `trace` column of the `edges` table.
    window : longest time between two posts that count as one action.
    n_accounts : accounts that do anything that the trace looks at.
    posts : one row per post, sorted by author, key and time: `author`, `key`, `action`, `time`, `post_id`. Only posts
        of one key can meet. There may be a column `source`, and one of what counts `once` for a pair, if not an action.
    visits : one row per account and action: `author`, `action`, `stratum`, `slot`.
    rhythms : when accounts post, anything and not only in actions; what several say is multiplied.
    touching : actions × actions, 1 where posts of the two can lie within `window`; symmetric, with a full diagonal.
    main : where more than this share of a pair's meetings are in one source, those are not counted.
    least : by stratum, visits at which the null believes an account's own number of them; of fewer, the rest is spread
        over all accounts by their number of posts.
    most : greatest chance with which the null lets each account take part in an action that few others take part in.
    """

    name: str
    window: int
    n_accounts: int
    posts: pd.DataFrame
    visits: pd.DataFrame
    rhythms: tuple[Rhythm, ...]
    touching: csr_array
    most: Floats
    main: float = 1.0
    least: Mapping[int, float] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What is shared: copies, near and quick ones alike, links, …."""
        return self.name.rsplit("_", 1)[1]

    @property
    def n_authors(self) -> int:
        """Number of all accounts of the study, also those without an action."""
        return int(self.rhythms[0].counts.shape[0])


def eagerness(own: pd.DataFrame, n_authors: int, least: float) -> Floats:
    """Return the greatest chance with which the null lets each account take part in an action.

    Where nobody but a cohort does what a trace looks at, the cohort would be its own baseline: as eager as it has to be
    to explain itself. Honest accounts are at most in a share `least` of the actions open to them, or in twice the share
    of all keys that they are seen to take up.

    Parameters
    ----------
    own : one row per post that takes part, also of keys of one account: `author`, `key`.
    """
    taken = own.drop_duplicates(["author", "key"])["author"].value_counts()
    share = 2 * taken.reindex(range(n_authors), fill_value=0) / own["key"].nunique()
    limit: Floats = np.clip(share.to_numpy(dtype=float), least, 1)
    return limit


def neighbours(pieces: pd.MultiIndex) -> csr_array:
    """Return 1 for each (thing, piece of time) with itself and with the next and the last piece of the same thing."""
    thing, number = (pieces.get_level_values(level).to_numpy() for level in range(2))
    follows = ((np.diff(thing) == 0) & (np.diff(number) == 1)).astype(float)
    return diags_array([follows, np.ones(len(pieces)), follows], offsets=[-1, 0, 1], format="csr")


def without_public(posts: pd.DataFrame, sizes: pd.Series, max_group: int, name: str) -> pd.DataFrame:
    """Return the posts whose action has at most `max_group` accounts, and log what is left out."""
    public = sizes > max_group
    if public.any():
        log.warning("%s: %d actions of more than %d accounts are public and left out", name, public.sum(), max_group)
    return posts[~posts["action"].map(public)]
