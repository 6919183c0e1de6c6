"""When accounts fall silent, against their own usual gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from narratives.shifts.crowd import Crowd
from narratives.shifts.panel import Flags, Floats, Ints

SPANS = 3  # times that an account's own time holds a window at least


@dataclass(frozen=True)
class Windows:
    """Stretches of whole days, shortest first, then by start.

    Attributes
    ----------
    start, length
        First day and number of days, (W,).
    """

    start: Ints
    length: Ints

    def apart(self, low: float, high: float) -> Flags:
        """Return which windows lie wholly outside [low, high), in days."""
        return np.asarray((self.start + self.length <= low) | (self.start >= high))


def windows(days: int, shortest: int) -> Windows:
    """Return all windows of `shortest`, twice, four times … as many days, up to a third of all `days`."""
    lengths = [shortest * 2**n for n in range(days.bit_length()) if SPANS * shortest * 2**n <= days]
    starts = [np.arange(days - length + 1) for length in lengths]
    sizes = [len(part) for part in starts]
    return Windows(np.concatenate([np.empty(0, int), *starts]), np.repeat(np.array(lengths, dtype=np.int64), sizes))


def presence(crowd: Crowd) -> Flags:
    """Return on which days each account posts, (n, D)."""
    present = np.zeros((len(crowd.accounts), len(crowd.days)), dtype=bool)
    present[crowd.posts["account"], crowd.posts["day"]] = True
    return present


def pace(present: Flags) -> Floats:
    """Return the share of days, from an account's first post to its last one, on which it posts, (n,)."""
    life = present.shape[1] - np.argmax(present[:, ::-1], axis=1) - np.argmax(present, axis=1)
    return np.asarray(present.sum(axis=1) / life)


def pauses(present: Flags, length: int) -> Floats:
    """Return how many gaps of at least `length` days an account has, by days since its first post, (n,)."""
    days = present.shape[1]
    total = np.pad(np.cumsum(present, axis=1), ((0, 0), (1, 0)))
    after = np.arange(1, days - length + 1)
    begun = present[:, after - 1] & (total[:, after + length] == total[:, after])
    return np.asarray(begun.sum(axis=1) / (days - np.argmax(present, axis=1)))


def ring(row: Flags, length: int) -> Floats:
    """Return how much an account falls silent at every day of a circle, against its other days.

    It falls silent at a day if it posts in the `length` days before and not in those from then on. That counts 1, less
    the share of windows of that length, outside the gap, in which it does not post either: who posts now and then has
    not fallen silent. From this the mean of all days at least `length` away is subtracted. To both, one such gap is
    added. `row` are the days on which it posts, from its first post on; as they are a circle, shifting them shifts the
    result. All 0 where the circle does not hold `SPANS` windows.
    """
    n = len(row)
    if n < SPANS * length:
        return np.zeros(n)
    quiet = np.convolve(np.pad(row, (0, length - 1), mode="wrap"), np.ones(length), mode="valid") < 0.5
    begins, posts = np.flatnonzero(~np.roll(quiet, length) & quiet), np.flatnonzero(row)
    after = np.searchsorted(posts, begins)
    gap = np.append(posts, posts[0] + n)[after] - np.append(posts, posts[-1] - n)[after - 1] - 1
    falls = np.zeros(n)
    falls[begins] = 1 - (quiet.sum() - gap + 2 * length - 1) / (n - gap + 1)
    near = np.convolve(np.pad(falls, length - 1, mode="wrap"), np.ones(2 * length - 1), mode="valid")
    return np.asarray(falls - (falls.sum() - near + length) / (n - length + 1))


def falls_silent(present: Flags, among: Windows) -> Floats:
    """Return `ring` of each account at the start of each window, (m, W); 0 within its length of its first post."""
    values = np.zeros((len(present), len(among.start)))
    for account, days in enumerate(present):
        first = int(np.argmax(days))
        for length, here in _of_length(among, first):
            values[account, here] = ring(days[first:], length)[among.start[here] - first]
    return values


def shifted_maxima(present: Flags, among: Windows, draws: int, rng: np.random.Generator) -> Floats:
    """Return the largest sum of `falls_silent` over accounts in each of `draws` worlds, (draws,).

    In each world the days of every account, from its first post on, are turned by a random number of days: its own gaps
    stay, that they begin together is chance.
    """
    total = np.zeros((draws, len(among.start)))
    for days in present:
        first = int(np.argmax(days))
        turn = rng.integers(0, len(days) - first, draws)[:, None]
        for length, here in _of_length(among, first):
            own = ring(days[first:], length)
            total[:, here] += own[(among.start[here] - first - turn) % len(own)]
    return np.asarray(total.max(axis=1, initial=0.0))


def _of_length(among: Windows, first: int) -> list[tuple[int, Ints]]:
    """Return the windows of each length that begin at least as long after the day `first`."""
    return [
        (int(length), np.flatnonzero((among.length == length) & (among.start >= first + length)))
        for length in np.unique(among.length)
    ]
