"""A cohort that falls silent together, and whether it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd

from narratives.config import Study
from narratives.shifts.burst import Burst, doing, find_burst
from narratives.shifts.crowd import Crowd, make_crowd, match_pool
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Floats, Ints

MIN_MEMBERS = 4
EVIDENCE = 20


def find_silences(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every cohort.

    Of `frames` it reads `posts` and `cohorts`.

    The silence is the window in which the largest share of members posts nothing. Statistic: that share above its own
    average, less that of accounts in no cohort that post as much. Null: membership tells nothing; labels are permuted
    within strata, the window selected anew. A holiday and an outage silence everybody. Windows in which a member had
    not begun to post yet are no silence of it. Start and end are the medians of the silent members' last post before
    the window's middle and first one after it.
    """
    crowd, section = make_crowd(frames, study), study.shifts.silence
    window, everything = max(section.window.days, 1), crowd.volume(crowd.posts)
    days = len(crowd.days) - window + 1
    if days < 2 * window:
        return []
    found, begun = [], crowd.posts.groupby("account")["day"].min().reindex(range(len(crowd.accounts))).to_numpy()
    quiet = partial(_quiet, crowd.posts, begun, days, window)
    for cohort, members in crowd.cohorts.items():
        rng = np.random.default_rng([study.seed, crc32(f"silence/{cohort}".encode())])
        pool = match_pool(crowd, members, np.log1p(everything)[:, None], everything > 0)
        burst = find_burst(quiet, members, pool, draws=(section.permutations, section.bootstrap), rng=rng)
        found.append(_finding(_measure(crowd, cohort, members, burst, window, study.shifts.alpha), crowd))
    return found


def _quiet(posts: pd.DataFrame, begun: Floats, days: int, window: int, accounts: Ints) -> Floats:
    """Return whether each of `accounts` has begun to post, and posts nothing in the window of each day; (m, D)."""
    posting = doing(posts, accounts, days=days + window, window=window)[:, :days]
    return np.maximum(1 - posting, 0) * (np.arange(days) >= begun[accounts][:, None])


@dataclass(frozen=True)
class _Silence:
    """A cohort's silence: `last` and `first` are the posts around it of those who were silent and came back."""

    cohort: str
    members: int
    burst: Burst
    silent: int
    back: int
    last: pd.DataFrame
    first: pd.DataFrame
    end: float
    alpha: float


def _measure(crowd: Crowd, cohort: str, members: Ints, burst: Burst, window: int, alpha: float) -> _Silence:
    mine = crowd.posts[crowd.posts["account"].isin(members)]
    talkers = mine.loc[mine["day"].between(burst.start, burst.start + window - 1), "account"]
    before = mine[mine["day"] < burst.start].drop_duplicates("account", keep="last")
    before = before[~before["account"].isin(talkers)]
    after = mine[(mine["day"] >= burst.start + window) & mine["account"].isin(before["account"])]
    after = after.drop_duplicates("account")
    return _Silence(
        cohort, len(members), burst, len(before), len(after), before, after, float(burst.start + window), alpha
    )


def _finding(found: _Silence, crowd: Crowd) -> Finding:
    starts = found.last["time"].to_numpy() if found.silent else np.array([float(found.burst.start)])
    end = float(found.first["time"].median()) if found.back else found.end
    low, start, high = np.percentile(starts, [2.5, 50, 97.5])
    effect, effect_low, effect_high = found.burst.rise.effect
    return Finding(
        kind="silence", targets=[], cohort=found.cohort,
        date=crowd.moment(start), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="silent members", statistic=float(found.silent),
        effect_name="share of members that are silent, above average and beyond matched others",
        effect=effect, effect_low=effect_low, effect_high=effect_high, p=found.burst.p, any_p=found.burst.p,
        large=found.silent >= max(MIN_MEMBERS, found.members / 2),
        rank=found.burst.rank or None, dates=found.burst.dates or None,
        judge=partial(_judge, found, (crowd.moment(start), crowd.moment(end))),
        details={"silent": found.silent, "came_back": found.back, "days": end - start} | found.burst.details(),
        evidence=[str(post) for part in (found.last, found.first) for post in part["post_id"].head(EVIDENCE // 2)],
    )  # fmt: skip


def _judge(found: _Silence, span: tuple[pd.Timestamp, pd.Timestamp], q: float) -> Judgement:
    """Return *coordinated silence* if q ≤ alpha and the window is one of the tenth with the largest contrast.

    *Common silence* (an outage, a holiday), where accounts of no cohort fell silent at least half as much; *quiet
    cohort*, where the cohort differs as much in other windows.
    """
    if found.burst.common:
        verdict = "common silence"
    elif q > found.alpha:
        verdict = "inconclusive"
    else:
        verdict = "coordinated silence" if found.burst.alone else "quiet cohort"
    until = f"to {span[1]:%Y-%m-%d %H:%M}" if found.back else "to the end of the data"
    reasons = [
        f"{found.silent} of {found.members} members of cohort {found.cohort} posted nothing from "
        f"{span[0]:%Y-%m-%d %H:%M} {until} (medians, UTC); {found.back} of them came back.",
        found.burst.reason("is silent"),
        f"q = {q:.3g}, {'at most' if q <= found.alpha else 'above'} {found.alpha:g}.",
    ]
    caveats = [
        "Posts that were deleted, or that the collection missed, look like silence.",
        "People who know each other go on holiday, to an exam or to a strike together.",
    ]
    return Judgement(verdict, reasons, caveats)
