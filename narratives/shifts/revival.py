"""A dormant matter that a cohort which carried it before switches on again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.stats import binom

from narratives.config import Study
from narratives.config.shifts import Revival
from narratives.shifts.crowd import Crowd, Difference, make_crowd, match_pools
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.panel import Flags, Floats, Ints
from narratives.shifts.statistics import permutation_p, stratified_p

MIN_MEMBERS = 4
EVIDENCE = 20
LIVES = 2  # earlier revivals that make a topic a recurring one


def find_revivals(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every revival of a cohort's matter that at least four members carried before.

    Of `frames` it reads `posts`, `cohorts`, `matters` and `stances`.

    Activity is counted in accounts per day, so that one loud account neither keeps a matter alive nor revives it. A
    matter is revived at a midnight before which it was dormant, by its earlier peak and by what follows; of such
    midnights within one dormant time the one with the largest opening counts. No cohort enters. The claim "coordinated"
    has two parts, and its p is the larger of theirs (intersection-union test, Berger 1982). **Who**: of the accounts
    that post during the opening, members reopen the matter more often than accounts of no cohort that are as active
    then and were before (exact, within strata), and more often than those of them that carried it before, where there
    are enough. **When**: the members' first posts on it are closer together than if they came when their other posts
    do. An anniversary brings back everybody, a season brings back each at its own time.

    For the existence of a row, p is twice the smaller of **who**'s and of the null that the opening has no more
    account-days than the dormant time had, for its length (binomial; Bonferroni over all midnights).
    """
    crowd, section, found = make_crowd(frames, study), study.shifts.revival, []
    spoken = frames["stances"].groupby("post_id")["target_id"].agg(frozenset)
    for (cohort, matter), on in frames["matters"].groupby(["cohort_id", "matter_id"]):
        posts = crowd.posts[crowd.posts["post_id"].isin(on["post_id"])]
        posts = posts.assign(targets=posts["post_id"].map(spoken))
        for life in _lives(posts, len(crowd.days), section):
            tested = _Tested(crowd, str(matter), posts, life, str(cohort), crowd.cohorts[str(cohort)])
            if np.count_nonzero(tested.carried[tested.members]) >= MIN_MEMBERS:
                found.append(_finding(tested, study))
    return found


@dataclass(frozen=True)
class _Life:
    """The revival of a matter: its first day, and account-days in the earlier peak, in dormancy and in the opening.

    `earlier` counts the revivals before it; `again_p` is that of an opening no busier than the dormant time.
    """

    at: int
    opening: int
    dormant: int
    peak: int
    quiet: int
    reopened: int
    earlier: int
    again_p: float


@dataclass(frozen=True)
class _Tested:
    crowd: Crowd
    matter: str
    posts: pd.DataFrame
    life: _Life
    cohort: str
    members: Ints

    @property
    def first(self) -> pd.DataFrame:
        """Posts of the opening."""
        return self.posts[self.posts["day"].between(self.life.at, self.life.at + self.life.opening - 1)]

    @property
    def carried(self) -> Flags:
        """Accounts that carried the matter before it fell dormant."""
        before = self.posts["day"] < self.life.at - self.life.dormant
        return self.crowd.volume(self.posts[before]) > 0

    @property
    def aims(self) -> tuple[str | None, str | None]:
        """The target that most of the members' posts speak of, in the earlier life and in the opening."""
        before = self.posts[self.posts["day"] < self.life.at - self.life.dormant]
        mine = (part.loc[part["account"].isin(self.members), "targets"] for part in (before, self.first))
        first, last = (part.dropna().explode().mode() for part in mine)
        return (None if first.empty else first[0]), (None if last.empty else last[0])

    @property
    def opened(self) -> Flags:
        """Accounts that post on it during the opening."""
        return self.crowd.volume(self.first) > 0


@dataclass(frozen=True)
class _Figures:
    matter: str
    cohort: str
    day: pd.Timestamp
    life: _Life
    aims: tuple[str | None, str | None]
    alpha: float
    opened: int
    openers: int
    returned: int
    rate: Difference
    compared: int
    controls: int
    carriers: bool
    who_p: float
    when_p: float
    spread: float

    @property
    def expected(self) -> float:
        """Members that would reopen it at the rate of their controls."""
        return self.rate.outside * self.compared

    @property
    def p(self) -> float:
        """Of the claim."""
        return max(self.who_p, self.when_p)


def _lives(posts: pd.DataFrame, days: int, section: Revival) -> list[_Life]:
    """Return the revivals of a matter in time order: the best midnight of each run of admissible ones."""
    dormant, opening = max(section.dormant.days, 1), max(section.opening.days, 1)
    if len(posts) < 2 * section.min_accounts or days < dormant + 2 * opening:
        return []
    daily = np.bincount(posts.drop_duplicates(["account", "day"])["day"], minlength=days)
    total = np.concatenate([[0], np.cumsum(daily)])
    at = np.arange(dormant + opening, days - opening + 1)
    windows = total[opening:] - total[:-opening]
    peak, after = np.maximum.accumulate(windows)[at - dormant - opening], windows[at]
    quiet = total[at] - total[at - dormant]
    revived = quiet / dormant <= section.share * np.minimum(peak, after) / opening
    revived &= (daily[at] > 0) & (np.minimum(peak, after) >= section.min_accounts)
    again = len(at) * binom.sf(after - 1, after + quiet, opening / (opening + dormant))
    lives: list[_Life] = []
    while revived.any():
        run = np.flatnonzero(revived & (at < at[np.argmax(revived)] + dormant))
        best = run[np.argmax(after[run])]
        counts = int(peak[best]), int(quiet[best]), int(after[best])
        lives.append(_Life(int(at[best]), opening, dormant, *counts, len(lives), min(1.0, float(again[best]))))
        revived[run] = False
    return lives


def _finding(tested: _Tested, study: Study) -> Finding:
    crowd, life, matter = tested.crowd, tested.life, tested.matter
    rng = np.random.default_rng([study.seed, crc32(f"revival/{matter}/{tested.cohort}".encode())])
    section, opened, mine = study.shifts.revival, tested.opened, crowd.flags(tested.members)
    now = crowd.posts[crowd.posts["day"].between(life.at, life.at + life.opening - 1)]
    before = crowd.volume(crowd.posts[crowd.posts["day"] < life.at])
    active = crowd.volume(now)
    features = np.log1p(np.stack([active, before], axis=1))
    pools = match_pools(crowd, tested.members, features, active > 0, alike=tested.carried)
    spread, when_p = _together(tested, section, rng)
    marks = opened.astype(np.float64)
    rates = [pool.difference(marks[pool.accounts], section.bootstrap, rng) for pool in pools]
    rate = rates[-1] if rates else Difference()
    figures = _Figures(
        matter=matter, cohort=tested.cohort, day=crowd.days[life.at].tz_convert(study.time.zone), life=life,
        aims=tested.aims, alpha=study.shifts.alpha, opened=int(opened.sum()), openers=int((opened & mine).sum()),
        returned=int((opened & mine & tested.carried).sum()), rate=rate,
        compared=int(pools[-1].labels.sum()) if pools else 0, controls=pools[-1].controls if pools else 0,
        carriers=len(pools) > 1,
        who_p=max((stratified_p(pool.labels, opened[pool.accounts], pool.stratum) for pool in pools), default=1.0),
        when_p=when_p, spread=spread,
    )  # fmt: skip
    times = tested.first.loc[mine[tested.first["account"]], "time"]
    low, high = (times.min(), times.max()) if len(times) else (life.at, life.at)
    return Finding(
        kind="revival", targets=[target for target in figures.aims[1:] if target], cohort=tested.cohort,
        date=crowd.days[life.at], date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="members that reopened it", statistic=float(figures.openers),
        effect_name="share of active accounts that reopened it, cohort less matched others",
        effect=rate.effect[0], effect_low=rate.effect[1], effect_high=rate.effect[2],
        p=figures.p, any_p=min(1.0, 2 * min(figures.who_p, life.again_p)), large=figures.openers >= MIN_MEMBERS,
        judge=partial(_judge, figures), details=_details(figures), evidence=_evidence(tested, mine),
    )  # fmt: skip


def _together(tested: _Tested, section: Revival, rng: np.random.Generator) -> tuple[float, float]:
    """Return the median deviation (days) of the members' first posts on the revived matter, and its p.

    Null: in the time after the revival, as long as the dormant time, an account's posts on the matter come when its
    other posts do: they are drawn from the distribution of these, evened out between them and towards either end.
    """
    life, posts = tested.life, tested.crowd.posts
    stop = min(life.at + life.dormant, len(tested.crowd.days))
    mine = posts[posts["account"].isin(tested.members) & posts["day"].between(life.at, stop - 1)]
    on = mine["post_id"].isin(tested.posts["post_id"])
    firsts, draws = [], []
    for _, own in mine.assign(on=on).groupby("account"):
        said, times = own["on"].to_numpy(), own["time"].to_numpy()
        if said.any():
            firsts.append(times[said][0])
            others = np.concatenate([[life.at], times[~said], [stop]])
            shares = rng.random((section.permutations, np.count_nonzero(said)))
            draws.append(np.interp(shares.min(axis=1), np.linspace(0, 1, len(others)), others))
    if len(firsts) < MIN_MEMBERS:
        return np.nan, 1.0
    spread, null = _deviation(np.array(firsts)[None])[0], _deviation(np.stack(draws, axis=1))
    return float(spread), permutation_p(-spread, -null)


def _deviation(times: Floats) -> Floats:
    return np.asarray(np.median(np.abs(times - np.median(times, axis=1, keepdims=True)), axis=1))


def _evidence(tested: _Tested, mine: Flags) -> list[str]:
    """Return, of each member that reopened it, the last post of the earlier life and the first of the new one."""
    first = tested.first[mine[tested.first["account"]]].drop_duplicates("account")
    past = tested.posts[tested.posts["day"] < tested.life.at - tested.life.dormant]
    last = past.drop_duplicates("account", keep="last").set_index("account")["post_id"]
    pairs = [[last.get(account), post] for account, post in zip(first["account"], first["post_id"], strict=True)]
    return [str(post) for pair in pairs for post in pair if post is not None][:EVIDENCE]


def _details(figures: _Figures) -> dict[str, object]:
    life = figures.life
    return {
        "matter": figures.matter, "target_before": figures.aims[0], "target_now": figures.aims[1],
        "peak_account_days": life.peak, "dormant_days": life.dormant,
        "dormant_account_days": life.quiet, "opening_days": life.opening, "opening_account_days": life.reopened,
        "earlier_revivals": life.earlier, "accounts_that_reopened": figures.opened,
        "members_that_reopened": figures.openers, "of_them_carried_it_before": figures.returned,
        "members_expected": figures.expected, "controls": figures.controls,
        "who_p": figures.who_p, "when_p": figures.when_p, "spread_days": figures.spread,
    }  # fmt: skip


CAVEATS = [
    "A date that members alone celebrate each year looks the same; the data may be too short to show earlier years.",
    "What counts as one matter is an estimate: two with like words may be one.",
]


def _what(matter: str, day: pd.Timestamp, life: _Life) -> list[str]:
    return [
        f"Matter {matter} had at its earlier peak {life.peak} account-days in {life.opening} days, {life.quiet} in "
        f"the {life.dormant} days before {day:%Y-%m-%d}, and {life.reopened} in the {life.opening} days from then on.",
    ]


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated revival* if q ≤ alpha and most of at least four members carried it before.

    *Recurring topic* where it was revived at least twice before; *organic revival* where members reopened it no more
    than others as active (p > alpha); *another target* where the earlier life spoke mostly of another one, which is no
    return but a frame that moved; *new carriers* where most had not carried it.
    """
    life, enough = figures.life, figures.openers >= MIN_MEMBERS
    side = "at most" if q <= figures.alpha else "above"
    alike = "that carried it before and are as active" if figures.carriers else "that are as active"
    reasons = [
        *_what(figures.matter, figures.day, life),
        f"Of {figures.opened} accounts that reopened it, {figures.openers} are of cohort {figures.cohort}; at the "
        f"rate of accounts of no cohort {alike} it would be {figures.expected:.1f} (p = {figures.who_p:.3g}).",
        f"{figures.returned} of these members had carried it before it fell dormant.",
        f"Their first posts on it lie {figures.spread:.2f} days from their median; at the times of their other posts "
        f"they would lie further apart (p = {figures.when_p:.3g}).",
        f"Both parts together: q = {q:.3g}, {side} {figures.alpha:g}.",
    ]
    if life.earlier >= LIVES:
        verdict = "recurring topic"
    elif figures.who_p > figures.alpha:
        verdict = "organic revival"
    elif None not in figures.aims and figures.aims[0] != figures.aims[1]:
        verdict = "another target"
    elif q > figures.alpha or not enough:
        verdict = "inconclusive"
    else:
        carried = 2 * figures.returned >= figures.openers and figures.returned >= MIN_MEMBERS
        verdict = "coordinated revival" if carried else "new carriers"
    circular = "The cohort was found by shared posts; those of the revival may be among them."
    caveats = [*CAVEATS, circular]
    if None not in figures.aims:
        reasons.insert(1, f"Most of its posts by members spoke of {figures.aims[0]} then, of {figures.aims[1]} now.")
    if not figures.carriers:
        caveats.append("Too few others carried it before: a common interest of the cohort is not ruled out.")
    return Judgement(verdict, reasons, caveats)
