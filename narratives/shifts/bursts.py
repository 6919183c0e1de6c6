"""The largest burst of replies that each account receives, and what the account itself posts around it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import binom

from narratives.shifts.panel import Floats

PEERS = 20  # accounts that usually get as many replies, on either side


@dataclass(frozen=True)
class Burst:
    """The time, `window` long, in which most accounts answer one account.

    Attributes
    ----------
    victim
        Account that is answered.
    start, end
        First moment and first moment after, days since the first midnight.
    accounts
        Accounts that answer it in that time.
    usual
        Account-days of replies in all other time, per `window`.
    p
        Of as many accounts at the victim's usual rate: binomial, given all its account-days, Bonferroni over the
        moments at which a burst may start (a scan statistic; Naus 1965 for the exact one).
    rank, peers
        Rank of `accounts` (1 most) among victims that usually get as many replies, and their number, itself included.
    """

    victim: str
    start: float
    end: float
    accounts: int
    usual: float
    p: float
    rank: int = 1
    peers: int = 1


def find_bursts(replies: pd.DataFrame, window: float, days: int) -> list[Burst]:
    """Return the burst of every victim, by its id.

    `replies` has `author_id`, `to_author` and `time` (days since the first midnight); `days` is the length of the data.
    """
    ordered = replies.sort_values(["to_author", "time", "author_id"])
    found = [_burst(str(victim), part, window, days) for victim, part in ordered.groupby("to_author")]
    usual, size = (np.array([getattr(burst, name) for burst in found]) for name in ("usual", "accounts"))
    order = np.argsort(usual, kind="stable")
    ranked = []
    for place, at in enumerate(order):
        peers = order[max(0, place - PEERS) : place + PEERS + 1]
        rank = 1 + int(np.count_nonzero(size[peers[peers != at]] >= size[at]))
        ranked.append(replace(found[at], rank=rank, peers=len(peers)))
    return sorted(ranked, key=lambda burst: burst.victim)


def _burst(victim: str, replies: pd.DataFrame, window: float, days: int) -> Burst:
    times = replies["time"].to_numpy()
    counts = np.array(list(_counts(times, replies["author_id"].tolist(), window)))
    start = float(times[int(counts.argmax())])
    inside = (times >= start) & (times < start + window)
    rest = replies[~inside]
    elsewhere = len({(account, int(day)) for account, day in zip(rest["author_id"], rest["time"], strict=True)})
    most, share = int(counts.max()), min(window / max(days, window), 1.0)
    p = min(1.0, len(times) * float(binom.sf(most - 1, most + elsewhere, share)))
    return Burst(victim, start, start + window, most, elsewhere * share / max(1 - share, share), p)


def _counts(times: Floats, accounts: list[str], window: float) -> Iterator[int]:
    """Yield, for each reply, how many accounts answer from it on within `window`."""
    inside: Counter[str] = Counter()
    waiting: deque[str] = deque()
    last = 0
    for time in times:
        while last < len(times) and times[last] < time + window:
            inside[accounts[last]] += 1
            waiting.append(accounts[last])
            last += 1
        yield len(inside)
        gone = waiting.popleft()
        inside[gone] -= 1
        if inside[gone] == 0:
            del inside[gone]


def displacement(own: pd.DataFrame, burst: Burst, around: float) -> dict[str, dict[str, float]]:
    """Return what the victim posts before, during and after a burst.

    Parameters
    ----------
    own
        The victim's posts: `time`, `answers` (whether each answers one that answered it in the burst) and `topic` (what
        it is on, or none).
    around
        Days before and after.

    Returns
    -------
    dict
        For each of `before`, `during` and `after`: `posts`, and the shares `on_topic` (of what it mostly posted on
        before; missing where it had no topic) and `answers`; shares are missing where there are no posts.
    """
    spans = {
        "before": (burst.start - around, burst.start),
        "during": (burst.start, burst.end),
        "after": (burst.end, burst.end + around),
    }
    parts = {name: own[own["time"].between(*span, inclusive="left")] for name, span in spans.items()}
    main = parts["before"]["topic"].dropna().mode()
    topic = None if main.empty else main.iloc[0]
    return {
        name: {
            "posts": len(part),
            "on_topic": float("nan") if topic is None or part.empty else float(part["topic"].eq(topic).mean()),
            "answers": float("nan") if part.empty else float(part["answers"].mean()),
        }
        for name, part in parts.items()
    }
