"""Posts on one thing into bursts, the actions of the traces of links, reposts, replies and hashtags."""

from __future__ import annotations

import logging
from datetime import timedelta

import numpy as np
import pandas as pd
from scipy.sparse import eye_array
from sklearn.mixture import GaussianMixture

from narratives.coordination.trace import Floats, Rhythm, Trace, eagerness, without_public

log = logging.getLogger(__name__)

SECOND = 1_000_000  # times are microseconds
MINUTE, HOUR, DAY, WEEK = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND, 604_800 * SECOND
PARTS = 6  # of a day, in each of which an account's activity is taken as one rate
EAGER = 0.25  # of the bursts of a stratum
SPEEDS = (0, HOUR, DAY, 1_000 * WEEK)  # from a key's first post to a burst, at the most
GAPS = (100, 100_000)  # gaps that an estimate needs at least, and those that it looks at, evenly through their order
VALLEY = 0.8  # density between the two kinds of gaps, as a share of the lower peak's, at the most
SHORTEST = 10 * SECOND
LONGEST = DAY


def bursts(
    posts: pd.DataFrame, own: pd.DataFrame, name: str, window: timedelta | None, usual: str, max_group: int
) -> Trace | None:
    """Return the trace whose actions are bursts on one key, or none if no burst has two accounts.

    A burst is the posts on one key in time, cut where more than `window` lies between one and the next. The null keeps,
    within each stratum, each account's number of bursts and each burst's number of accounts, as far as `eagerness` lets
    it, and it knows in which weeks and at what time of day each account posts, and how fast it is once a key is about:
    no edge comes from a shared interest in a stratum, from the same waking hours, from reading the news at once, or
    from a burst that everybody is in. And what two accounts share in the source that they share most in is not counted:
    a fan club and a newsroom are about one source.

    Parameters
    ----------
    posts : all posts, `author` (code) and `time` (microseconds).
    own : the posts that take part, `author`, `time`, `post_id`, and of any kind `key`, `stratum`, `source`.
    window : longest time between two posts that count as one action; estimated by `parting` if none.
    usual : the window where it can't be estimated.
    max_group : a burst of more accounts is public and left out.
    """
    if own.empty:
        return None
    own = own.assign(**{name: pd.factorize(own[name], sort=True)[0] for name in ("key", "stratum", "source")})
    own = own.sort_values(["key", "time", "post_id"])
    length = (window or parting(own, pd.Timedelta(usual), name)) // timedelta(microseconds=1)
    own["action"] = (own["key"].ne(own["key"].shift()) | own["time"].diff().gt(length)).cumsum() - 1
    sizes = own.groupby("action")["author"].nunique()
    start = own.groupby("action")["time"].transform("min")
    own["speed"] = np.searchsorted(SPEEDS, start - own.groupby("key")["time"].transform("min"))
    own = without_public(own, sizes, max_group, name)
    shared = own[own["action"].map(sizes > 1)]
    if shared.empty:
        return None
    visits = own.drop_duplicates(["author", "action"])
    began = posts["time"].min()
    week, part = _week_and_part(posts["time"], began)
    shape = (week.max() + 1, PARTS, len(SPEEDS))
    slot = np.ravel_multi_index((*_week_and_part(visits["time"], began), visits["speed"]), shape)
    times = np.unravel_index(np.arange(np.prod(shape)), shape)
    return Trace(
        name=name,
        window=length,
        n_accounts=own["author"].nunique(),
        posts=shared.sort_values(["author", "key", "time", "post_id"], ignore_index=True),
        visits=visits.assign(slot=slot),
        rhythms=(
            Rhythm.of(posts["author"], week, times[0]),
            Rhythm.of(posts["author"], part, times[1]),
            Rhythm.of(own["author"], own["speed"], times[2]),
        ),
        touching=eye_array(len(sizes), format="csr"),
        most=eagerness(own, posts["author"].max() + 1, EAGER),
        main=0.0,
    )


def _week_and_part(time: pd.Series, began: int) -> tuple[pd.Series, pd.Series]:
    """Return the week since `began` and the part of the day."""
    return (time - began) // WEEK, time % DAY // (DAY // PARTS)


def parting(own: pd.DataFrame, usual: timedelta, name: str) -> timedelta:
    """Return the gap at which quick repeats of a key part from slow ones, or `usual` where they do not part.

    Looked at are the gaps from one account's post on a key to the next account's. Two normal components are fitted to
    their logarithms; the window is the lowest point between them, if there is a valley, within 10 seconds and a day and
    at least one step of the clock by which the posts are dated.

    Parameters
    ----------
    own : posts sorted by `key` and `time`, with `author`.
    """
    follows = own["key"].eq(own["key"].shift()) & own["author"].ne(own["author"].shift())
    gaps = np.sort(own["time"].diff()[follows].to_numpy(dtype=float))
    if len(gaps) < GAPS[0]:
        return usual
    logs = np.log10(gaps[np.linspace(0, len(gaps) - 1, min(len(gaps), GAPS[1])).astype(int)] / SECOND + 1)
    model = GaussianMixture(2, random_state=0).fit(logs[:, None])
    low, high = np.sort(model.means_.ravel())
    between = np.linspace(low, high, 101)
    density: Floats = np.exp(model.score_samples(between[:, None]))
    lowest = int(density.argmin())
    if density[lowest] > VALLEY * min(density[0], density[-1]):
        return usual
    step = MINUTE if (own["time"] % MINUTE == 0).all() else SECOND
    seconds = float(np.clip(10 ** between[lowest] - 1, max(SHORTEST, step) / SECOND, LONGEST / SECOND))
    window = timedelta(seconds=round(seconds))
    log.info("%s: window of %s, where quick repeats part from slow ones", name, window)
    return window
