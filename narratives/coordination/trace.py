"""What every trace hands to the network: posts put into actions, and what the null needs to know about them."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

log = logging.getLogger(__name__)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trace:
    """Actions of one trace. Accounts, keys, actions, strata and slots are whole numbers; times are microseconds.

    Attributes
    ----------
    name : as in the `trace` column of the `edges` table.
    window : longest time between two posts that count as one action.
    n_accounts : accounts that could have been tested.
    posts : one row per post, sorted by author, key and time: `author`, `key`, `action`, `time`, `post_id`. Only posts
        of one key can meet.
    visits : one row per account and action: `author`, `action`, `stratum`, `slot`.
    touching : actions × actions, 1 where posts of the two can lie within `window`; symmetric, with a full diagonal.
    activity : accounts × slots, posts of any kind, also those that are in no action.
    least : visits that the null takes each stratum to have at the least.
    """

    name: str
    window: int
    n_accounts: int
    posts: pd.DataFrame
    visits: pd.DataFrame
    touching: csr_array
    activity: csr_array
    least: float = 0.0


def activity(author: pd.Series, slot: pd.Series) -> csr_array:
    """Return accounts × slots: how many posts each account made."""
    return csr_array((np.ones(len(author)), (author, slot)))


def without_public(posts: pd.DataFrame, sizes: pd.Series, max_group: int, name: str) -> pd.DataFrame:
    """Return the posts whose action has at most `max_group` accounts, and log what is left out."""
    public = sizes > max_group
    if public.any():
        log.warning("%s: %d actions of more than %d accounts are public and left out", name, public.sum(), max_group)
    return posts[~posts["action"].map(public)]
