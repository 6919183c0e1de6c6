"""When most members of a cohort do one thing, and how far accounts of no cohort do it then too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from narratives.shifts.crowd import Difference, Pool
from narratives.shifts.panel import Floats, Ints
from narratives.shifts.statistics import permutation_p

TIE = 1e-6
Doing = Callable[[Ints], Floats]


@dataclass(frozen=True)
class Burst:
    """The window in which the largest share of a cohort does something.

    Attributes
    ----------
    start
        Day that the window starts with.
    rise
        Share of the compared members, and of their controls, that do it in the window, above its own average.
    members, controls
        How many are compared.
    p
        Of the null that membership tells nothing about the rise; the window is selected anew in every permutation.
    rank, dates
        Rank of the window's contrast among all windows, and their number; 0 where there is nobody to compare with.
    """

    start: int
    rise: Difference = field(default_factory=Difference)
    members: int = 0
    controls: int = 0
    p: float = 1.0
    rank: int = 0
    dates: int = 0

    def details(self) -> dict[str, object]:
        """Return the figures as JSON types."""
        return {
            "members_compared": self.members, "controls": self.controls, "rise": self.rise.inside,
            "rise_of_controls": self.rise.outside, "who_p": self.p,
        }  # fmt: skip

    def reason(self, what: str) -> str:
        """Return the comparison as a sentence; `what` completes "the share that …"."""
        if not self.controls:
            return f"Too few accounts in no cohort are as active: the share that {what} cannot be compared."
        return (
            f"The share of members that {what} rose above its average by {self.rise.inside:+.2f}, that of "
            f"{self.controls} accounts in no cohort that are as active by {self.rise.outside:+.2f} (p = {self.p:.3g}); "
            f"the window ranks {self.rank} of {self.dates}."
        )


def doing(posts: pd.DataFrame, accounts: Ints, *, days: int, window: int) -> Floats:
    """Return whether each of `accounts` makes one of `posts` in the window that starts on each of `days`, (m, days).

    Posts of later days count only in the windows that hold them; a window should not end after the data. To this 0 or
    1 a millionth is added for every post, so that of windows with the same share the busiest is selected.
    """
    place = pd.Series(np.arange(len(accounts)), index=accounts)
    row = posts["account"].map(place).dropna()
    cells = np.zeros((len(accounts), days + window + 1))
    row = row[posts.loc[row.index, "day"] < cells.shape[1]]
    np.add.at(cells, (row.to_numpy(np.int64), posts.loc[row.index, "day"].to_numpy()), 1)
    total = np.pad(np.cumsum(cells, axis=1), ((0, 0), (1, 0)))
    counts = total[:, window : window + days] - total[:, :days]
    return np.asarray((counts > 0) + TIE * counts)


def find_burst(
    does: Doing, members: Ints, pool: Pool | None, *, draws: tuple[int, int], rng: np.random.Generator
) -> Burst:
    """Return the burst of `members` in what `does` tells of accounts, (m, D), compared within `pool`.

    `draws` are permutations and bootstrap samples. Everybody counts once per window, so that one loud account makes no
    burst.
    """
    start = int(does(members).sum(axis=0).argmax())
    if pool is None:
        return Burst(start)
    took = does(pool.accounts)
    observed, null = pool.permuted(partial(_contrasts, pool, took), draws[0], rng)
    rise = pool.difference(took[:, start] - took.mean(axis=1), draws[1], rng)
    curve = _excess(pool, took, pool.labels.astype(np.float64)[None])[0]
    rank = int(np.count_nonzero(curve >= curve[start] - 1e-9))
    return Burst(start, rise, int(pool.labels.sum()), pool.controls, permutation_p(observed, null), rank, len(curve))


def _excess(pool: Pool, took: Floats, rows: Floats) -> Floats:
    mine, theirs = rows @ took, ((1 - rows) * pool.weight) @ took
    return np.asarray((mine - theirs) / pool.labels.sum())


def _contrasts(pool: Pool, took: Floats, rows: Floats) -> Floats:
    """Return for each row of labels their share in their window, above average, less that of their controls."""
    excess = _excess(pool, took, rows)
    start = (rows @ took).argmax(axis=1)
    return np.asarray(excess[np.arange(len(rows)), start] - excess.mean(axis=1))
