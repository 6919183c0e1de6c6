"""One line on several platforms: a cohort brings the same texts to all of them at nearly the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import binomtest

from narratives.config import Study
from narratives.config.shifts import CrossPlatform
from narratives.shifts.crowd import Crowd, Difference, Pool, make_crowd, match_pools
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Floats, Ints
from narratives.shifts.statistics import beyond_main, interval, permutation_p

MIN_TEXTS = 3
MIN_MEMBERS = 2  # on each of two platforms: one person who posts everything twice is no cohort
EVIDENCE = 20
CLOSE = 0.5  # of the lags expected; a small p alone tells of many texts, not of short lags
SOON = 1 / 1440  # days; shorter lags are told apart by nothing that a clock of posts shows


def find_cross_platform(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every cohort with members on two platforms or more; none where all posts are on one.

    Of `frames` it reads `posts`, `text_groups` and `cohorts`.

    Of each account and text (group of near copies) only the first post counts, so whoever repeats his own text on
    another platform brings it there for nothing; of a text, only posts within `window` of its first one. The claim
    "coordinated" has two parts, and its p is the larger of theirs (intersection-union test, Berger 1982). **Who**: over
    all texts, the members beyond the first on each platform but the text's main one, against accounts in no cohort of
    the same platform that post as much, and those of them that copy any text, where there are enough; labels are
    permuted within strata. A text that an agency sends everywhere is as frequent among those. **When**: on the two
    platforms with most of such texts, the lag between the members' median times is shorter than with the second
    platform's time of day drawn from all posts of the cohort there (mean log lag; day and daily rhythm are kept). Who
    leads is a sign test over texts.
    """
    if frames["posts"]["platform"].nunique() < 2:
        return []
    crowd, section, found = make_crowd(frames, study), study.shifts.cross_platform, []
    home = _home(crowd)
    firsts, posts = _firsts(frames, crowd, section), crowd.volume(crowd.posts)
    copied = firsts.groupby("group")["account"].transform("nunique") > 1
    copiers = crowd.volume(firsts[copied]) > 0
    for cohort, members in crowd.cohorts.items():
        if len(np.unique(home[members])) < 2:
            continue
        pools = match_pools(crowd, members, np.log1p(posts)[:, None], posts > 0, alike=copiers, kind=home)
        rng = np.random.default_rng([study.seed, crc32(f"cross_platform/{cohort}".encode())])
        mine = firsts[firsts["account"].isin(members)]
        figures = _figures(_Tested(crowd, cohort, members, firsts, mine, pools), study, rng)
        found.append(_finding(crowd, figures, mine))
    return found


@dataclass(frozen=True)
class _Tested:
    crowd: Crowd
    cohort: str
    members: Ints
    firsts: pd.DataFrame
    mine: pd.DataFrame
    pools: list[Pool]


@dataclass(frozen=True)
class _Lags:
    """Texts on the cohort's two main platforms.

    Attributes
    ----------
    texts
        `group`, `leader` and `follower`: median times on either, in days since the first midnight; by `leader`.
    leader, follower
        Platforms; the former is earlier with more texts.
    p
        Of lags as short.
    expected
        Median lag under the null, hours.
    ratio
        Geometric mean of the lags, over that under the null.
    ahead, ahead_p
        Share of the texts with which the leader is earlier, with its 95 % interval, and the p of half (two-sided).
    hours
        Median of follower less leader with its 95 % interval.
    """

    texts: pd.DataFrame
    leader: str
    follower: str
    p: float
    expected: float
    ratio: float
    ahead: tuple[float, float, float]
    ahead_p: float
    hours: tuple[float, float, float]


@dataclass(frozen=True)
class _Figures:
    cohort: str
    alpha: float
    who_p: float
    statistic: float
    expected: float
    use: Difference
    controls: int
    copiers: bool
    lags: _Lags | None

    @property
    def p(self) -> float:
        """Of the claim."""
        return max(self.who_p, 1.0 if self.lags is None else self.lags.p)


def _home(crowd: Crowd) -> Ints:
    """Return the code of the platform on which each account posts most; of equals the first by name."""
    platform, _ = pd.factorize(crowd.posts["platform"], sort=True)
    counts = pd.crosstab(crowd.posts["account"], platform)
    return np.asarray(counts.to_numpy().argmax(axis=1), dtype=np.int64)


def _firsts(frames: Mapping[str, pd.DataFrame], crowd: Crowd, section: CrossPlatform) -> pd.DataFrame:
    """Return each account's first post of each text, with `group`, within the window of the text's first post."""
    own = frames["posts"][~frames["posts"]["is_repost"]]
    kept = own.loc[own["text"].str.strip().str.len() >= section.min_chars, "post_id"]
    group = frames["text_groups"].set_index("text_key")["group_id"]
    posts = crowd.posts[crowd.posts["post_id"].isin(kept)]
    posts = posts.assign(group=posts["text_key"].map(group)).dropna(subset="group")
    fresh = posts["time"] - posts.groupby("group")["time"].transform("min") <= section.window / pd.Timedelta(days=1)
    return posts[fresh].drop_duplicates(["account", "group"])


def _figures(tested: _Tested, study: Study, rng: np.random.Generator) -> _Figures:
    section, pools = study.shifts.cross_platform, tested.pools
    drawn = [_statistic(tested.firsts, pool, section, rng) for pool in pools]
    wide = tested.firsts[tested.firsts["group"].isin(_wide(tested.firsts))]
    users = np.minimum(tested.crowd.volume(wide), 1.0)
    use = [pool.difference(users[pool.accounts], section.bootstrap, rng) for pool in pools]
    return _Figures(
        cohort=tested.cohort, alpha=study.shifts.alpha,
        who_p=max((permutation_p(*draw) for draw in drawn), default=1.0),
        statistic=drawn[-1][0] if drawn else 0.0, expected=float(np.mean(drawn[-1][1])) if drawn else 0.0,
        use=use[-1] if use else Difference(), controls=pools[-1].controls if pools else 0, copiers=len(pools) > 1,
        lags=_lags(tested, section, rng),
    )  # fmt: skip


def _statistic(
    firsts: pd.DataFrame, pool: Pool, section: CrossPlatform, rng: np.random.Generator
) -> tuple[float, Floats]:
    """Return the statistic of the cohort, and of every permutation of labels."""
    inside = firsts[firsts["account"].isin(pool.accounts)]
    wide = inside[inside.groupby("group")["platform"].transform("nunique") > 1].sort_values(["group", "platform"])
    if wide.empty:
        return 0.0, np.zeros(section.permutations)
    column = wide.groupby(["group", "platform"]).ngroup().to_numpy()
    text = wide.groupby(column)["group"].first().to_numpy()
    starts = np.flatnonzero(np.r_[True, text[1:] != text[:-1]])
    place = np.searchsorted(pool.accounts, wide["account"])
    used = csr_array((np.ones(len(wide)), (place, column)), shape=(len(pool.accounts), len(text)))
    return pool.permuted(lambda rows: beyond_main(rows @ used, starts), section.permutations, rng)


def _wide(firsts: pd.DataFrame) -> pd.Index:
    """Return the texts with at least two accounts on each of two platforms."""
    counts = firsts.groupby(["group", "platform"]).size()
    platforms = counts[counts >= MIN_MEMBERS].groupby("group").size()
    return platforms.index[platforms > 1]


def _lags(tested: _Tested, section: CrossPlatform, rng: np.random.Generator) -> _Lags | None:
    """Return the lags of the cohort's texts between the pair of platforms with most of them, or None below three."""
    mine = tested.mine[tested.mine["group"].isin(_wide(tested.mine))]
    times = mine.groupby(["group", "platform"])["time"].agg(["median", "size"]).reset_index()
    wide = times[times["size"] >= MIN_MEMBERS].pivot_table(index="group", columns="platform", values="median")
    known = wide.notna().to_numpy(dtype=np.int64)
    together = np.triu(known.T @ known, k=1)
    if together.max(initial=0) < MIN_TEXTS:
        return None
    left, right = np.unravel_index(int(together.argmax()), together.shape)
    pair = wide.iloc[:, [left, right]].dropna()
    lag = pair.iloc[:, 1] - pair.iloc[:, 0]
    leader, follower = pair.columns if (lag > 0).sum() >= (lag < 0).sum() else pair.columns[::-1]
    texts = pair.rename(columns={leader: "leader", follower: "follower"})[["leader", "follower"]].reset_index()
    texts = texts.sort_values(["leader", "group"], ignore_index=True)
    return _timed(texts, (str(leader), str(follower)), tested, section, rng)


def _timed(
    texts: pd.DataFrame, names: tuple[str, str], tested: _Tested, section: CrossPlatform, rng: np.random.Generator
) -> _Lags:
    posts = tested.crowd.posts
    there = posts["account"].isin(tested.members) & posts["platform"].eq(names[1])
    clock = np.sort(posts.loc[there, "time"].to_numpy() % 1)
    leader, follower = texts["leader"].to_numpy(), texts["follower"].to_numpy()
    moved = np.floor(follower) + rng.choice(clock, (section.permutations, len(texts)))
    gaps, null = np.abs(follower - leader), np.abs(moved - leader)
    lag = 24 * (follower - leader)
    earlier, unequal = int((lag > 0).sum()), int((lag != 0).sum())
    sign = binomtest(earlier, max(unequal, 1), 0.5)
    bounds = sign.proportion_ci(0.95, method="exact")
    drawn = np.median(lag[rng.integers(0, len(lag), (section.bootstrap, len(lag)))], axis=1)
    speed, chance = _speed(gaps[None])[0], _speed(null)
    return _Lags(
        texts, *names, p=permutation_p(-speed, -chance), expected=24 * float(np.median(null)),
        ratio=float(np.exp(speed - chance.mean())),
        ahead=(earlier / max(unequal, 1), float(bounds.low), float(bounds.high)), ahead_p=float(sign.pvalue),
        hours=(float(np.median(lag)), *interval(drawn)),
    )  # fmt: skip


def _speed(gaps: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(gaps, SOON)).mean(axis=1))


def _finding(crowd: Crowd, figures: _Figures, mine: pd.DataFrame) -> Finding:
    lags = figures.lags
    hours = (0.0, 0.0, 0.0) if lags is None else lags.hours
    moments = mine["time"] if lags is None else lags.texts["leader"]
    low, middle, high = np.percentile(moments, [2.5, 50, 97.5]) if len(moments) else (0.0, 0.0, 0.0)
    return Finding(
        kind="spread across platforms", targets=[], cohort=figures.cohort,
        date=crowd.moment(middle), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="accounts beyond the first that bring a text to a further platform", statistic=figures.statistic,
        effect_name="hours by which the leading platform is ahead, median over texts",
        effect=hours[0], effect_low=hours[1], effect_high=hours[2], p=figures.p, any_p=figures.who_p,
        large=lags is not None, judge=partial(_judge, figures), details=_details(figures),
        evidence=[] if lags is None else _evidence(mine, lags),
    )  # fmt: skip


def _evidence(mine: pd.DataFrame, lags: _Lags) -> list[str]:
    """Return, of each text, the first post on either platform, the texts with the shortest lags first."""
    gap = (lags.texts["follower"] - lags.texts["leader"]).abs()
    order = lags.texts.assign(gap=gap).sort_values(["gap", "group"])["group"].head(EVIDENCE // 2)
    shown = mine[mine["platform"].isin([lags.leader, lags.follower])].drop_duplicates(["group", "platform"])
    by_text = shown.groupby("group")["post_id"].agg(list)
    return [str(post) for text in order for post in by_text[text]]


def _details(figures: _Figures) -> dict[str, object]:
    lags, names = figures.lags, ("value", "low", "high")
    found: dict[str, object] = {
        "who_p": figures.who_p, "expected_statistic": figures.expected, "controls": figures.controls,
        "share_of_members": figures.use.inside, "share_of_controls": figures.use.outside,
    }  # fmt: skip
    if lags is None:
        return found
    return found | {
        "texts": len(lags.texts), "leader": lags.leader, "follower": lags.follower, "when_p": lags.p,
        "lag_hours": dict(zip(names, lags.hours, strict=True)), "expected_lag_hours": lags.expected,
        "lag_ratio": lags.ratio,
        "leader_ahead": dict(zip(names, lags.ahead, strict=True)) | {"p": lags.ahead_p},
    }  # fmt: skip


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated spread* if q ≤ alpha and the lags are at most half as long as expected.

    *Public texts*, where controls post such texts at least half as often.
    """
    if figures.use.inside > 0 and 2 * figures.use.outside >= figures.use.inside:
        verdict = "public texts"
    else:
        close = figures.lags is not None and figures.lags.ratio <= CLOSE
        verdict = "coordinated spread" if q <= figures.alpha and close else "inconclusive"
    caveats = [
        "A newsroom or a party that posts its own texts on all platforms in plain view looks the same.",
        "The cohort was found by shared texts; that it shares them at all is no news, only that it does so across "
        "platforms, and how fast.",
        "Accounts that follow one channel, which others do not, copy its texts everywhere at the same time.",
        "A platform that was collected with gaps, or whose clock is another, seems to follow.",
    ]
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    side = "at most" if q <= figures.alpha else "above"
    alike = "copy texts and post as much" if figures.copiers else "post as much"
    reasons = [
        f"Members of cohort {figures.cohort} bring texts to a further platform {figures.statistic:.0f} times beyond "
        f"the first account; accounts in no cohort of the same platforms that {alike} would "
        f"{figures.expected:.1f} times (p = {figures.who_p:.3g}).",
        f"{figures.use.inside:.0%} of its members and {figures.use.outside:.0%} of {figures.controls} controls post "
        "texts found on two platforms.",
    ]
    lags = figures.lags
    if lags is None:
        return [*reasons, "Too few of its texts have two members on each of two platforms to compare times."]
    typical = 24 * float((lags.texts["follower"] - lags.texts["leader"]).abs().median())
    leads = "leads" if lags.ahead_p <= figures.alpha else "is not shown to lead"
    return [
        *reasons,
        f"{len(lags.texts)} texts are on {lags.leader} and {lags.follower}, {typical:.1f} hours apart (median); at "
        f"the cohort's own times of day it would be {lags.expected:.1f} hours (p = {lags.p:.3g}). By their "
        f"geometric means, lags are {lags.ratio:.0%} of what is expected; a finding needs {CLOSE:.0%} at most.",
        f"{lags.leader} {leads}: it is earlier with {lags.ahead[0]:.0%} of the texts (95 % interval "
        f"{lags.ahead[1]:.0%} to {lags.ahead[2]:.0%}, p = {lags.ahead_p:.3g}).",
        f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}.",
    ]
