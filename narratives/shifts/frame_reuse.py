"""One frame on several targets: a cohort says of one what it said of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import fisher_exact

from narratives.config import Study
from narratives.config.shifts import FrameReuse
from narratives.shifts.crowd import Crowd, Difference, Pool, make_crowd, match_pools
from narratives.shifts.finding import Finding, Judgement
from narratives.shifts.frames import framed_posts
from narratives.shifts.panel import Flags, Floats, Ints
from narratives.shifts.statistics import beyond_main, permutation_p

MIN_MEMBERS = 3  # on each of two targets
EVIDENCE = 20
SHOWN = 5  # frames
NEUTRAL = 0.1  # a frame whose posts have a mean score nearer to 0 takes no side
EXCERPT = 120  # characters


def find_frame_reuse(frames: Mapping[str, pd.DataFrame], study: Study) -> list[Finding]:
    """Return one test for every cohort of which at least three members use frames.

    Of `frames` it reads `posts`, `mentions`, `stances` and `cohorts`.

    A frame is a text without its target (`framed_posts`). Statistic: over all frames, the accounts beyond the first on
    each target but the frame's main one; so an account that alone puts a frame on many targets adds nothing, nor does
    copying on one target, by which cohorts are found. Null: membership tells nothing about it among accounts that name
    targets in as many posts and name as many targets; labels are permuted within strata. Where enough accounts
    outside share frames at all, the same is tested among those that do, and the larger p counts. An idiom that
    everybody uses of everybody is as frequent among the controls.
    """
    crowd, found = make_crowd(frames, study), []
    posts = framed_posts(frames, crowd, study.shifts.frame_reuse)
    breadth = np.bincount(posts.drop_duplicates(["account", "target_id"])["account"], minlength=len(crowd.accounts))
    features = np.stack([np.log1p(crowd.volume(posts)), breadth], axis=1)
    uses = posts.drop_duplicates(["account", "frame", "target_id"])
    copied = uses.groupby("frame")["account"].transform("nunique") > 1
    copiers = crowd.volume(uses[copied]) > 0
    for cohort, members in crowd.cohorts.items():
        if np.count_nonzero(breadth[members]) < MIN_MEMBERS:
            continue
        pools = match_pools(crowd, members, features, breadth > 0, alike=copiers)
        rng = np.random.default_rng([study.seed, crc32(f"frame_reuse/{cohort}".encode())])
        figures = _figures(_Tested(crowd, cohort, members, posts, uses, pools), study, rng)
        found.append(_finding(crowd, members, figures, posts))
    return found


@dataclass(frozen=True)
class _Tested:
    crowd: Crowd
    cohort: str
    members: Ints
    posts: pd.DataFrame
    uses: pd.DataFrame
    pools: list[Pool]


@dataclass(frozen=True)
class _Figures:
    """`sequence` has the targets of the main frame by the members' first use, with `first` and `members`.

    `use` compares the shares of accounts that use frames found on several targets.
    """

    cohort: str
    names: dict[str, str]
    alpha: float
    p: float
    statistic: float
    expected: float
    use: Difference
    controls: int
    copiers: bool
    score: float
    main: str | None
    excerpt: str
    sequence: pd.DataFrame
    reused: list[dict[str, object]]
    shared: tuple[int, int, int, int]

    @property
    def found(self) -> bool:
        """At least three members put the main frame on each of two targets."""
        return self.main is not None and len(self.sequence) > 1


def _figures(tested: _Tested, study: Study, rng: np.random.Generator) -> _Figures:
    section, pools, members = study.shifts.frame_reuse, tested.pools, tested.members
    mine = tested.uses[tested.uses["account"].isin(members)]
    table = _reused(mine)
    main = None if table.empty else str(table.index[0])
    own = mine[mine["frame"] == main]
    sequence = own.groupby("target_id")["time"].agg(first="min", members="size")
    sequence = sequence[sequence["members"] >= MIN_MEMBERS].sort_values(["first", "members"])
    drawn = [_statistic(tested.uses, pool, section, rng) for pool in pools]
    users = _wide_users(tested.uses, tested.crowd).astype(np.float64)
    use = [pool.difference(users[pool.accounts], section.bootstrap, rng) for pool in pools]
    return _Figures(
        cohort=tested.cohort, names={target.id: target.name for target in study.targets}, alpha=study.shifts.alpha,
        p=max((permutation_p(*draw) for draw in drawn), default=1.0),
        statistic=drawn[-1][0] if drawn else 0.0, expected=float(np.mean(drawn[-1][1])) if drawn else 0.0,
        use=use[-1] if use else Difference(), controls=pools[-1].controls if pools else 0, copiers=len(pools) > 1,
        score=float(tested.posts.loc[tested.posts["frame"] == main, "score"].mean()), main=main,
        excerpt="" if own.empty else str(own["masked"].iloc[0])[:EXCERPT], sequence=sequence,
        reused=_listed(mine, table.head(SHOWN), tested.crowd), shared=_frames_shared(tested),
    )  # fmt: skip


def _reused(mine: pd.DataFrame) -> pd.DataFrame:
    """Return the frames of which at least three members each put it on two or more targets, most widely used first."""
    counts = mine.groupby(["frame", "target_id"]).size().rename("members").reset_index()
    counts = counts[counts["members"] >= MIN_MEMBERS]
    table = counts.groupby("frame")["members"].agg(targets="size", total="sum", most="max")
    table = table[table["targets"] > 1].assign(beyond=lambda t: t["total"] - t["most"]).reset_index()
    return table.sort_values(["beyond", "frame"], ascending=[False, True]).set_index("frame")


def _statistic(uses: pd.DataFrame, pool: Pool, section: FrameReuse, rng: np.random.Generator) -> tuple[float, Floats]:
    """Return the statistic of the cohort, and of every permutation of labels."""
    place = pd.Series(np.arange(len(pool.accounts)), index=pool.accounts)
    inside = uses[uses["account"].isin(pool.accounts)]
    wide = inside[inside.groupby("frame")["target_id"].transform("nunique") > 1].sort_values(["frame", "target_id"])
    if wide.empty:
        return 0.0, np.zeros(section.permutations)
    column = wide.groupby(["frame", "target_id"]).ngroup().to_numpy()
    frame = wide.groupby(column)["frame"].first().to_numpy()
    starts = np.flatnonzero(np.r_[True, frame[1:] != frame[:-1]])
    used = csr_array(
        (np.ones(len(wide)), (place[wide["account"]].to_numpy(), column)), shape=(len(place), len(frame))
    )  # fmt: skip
    return pool.permuted(lambda rows: beyond_main(rows @ used, starts), section.permutations, rng)


def _wide_users(uses: pd.DataFrame, crowd: Crowd) -> Flags:
    """Return the accounts that use a frame which at least two accounts each put on two or more targets."""
    counts = uses.groupby(["frame", "target_id"]).size()
    targets = counts[counts > 1].groupby("frame").size()
    return crowd.volume(uses[uses["frame"].isin(targets.index[targets > 1])]) > 0


def _frames_shared(tested: _Tested) -> tuple[int, int, int, int]:
    """Return the frames that two members or more share, those of them on several targets, and both outside cohorts."""
    uses, crowd = tested.uses, tested.crowd
    numbers = []
    for who in (crowd.flags(tested.members), crowd.outside):
        own = uses[who[uses["account"]]]
        sizes = own.groupby("frame").agg(accounts=("account", "nunique"), targets=("target_id", "nunique"))
        shared = sizes[sizes["accounts"] > 1]
        numbers += [len(shared), int((shared["targets"] > 1).sum())]
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _listed(mine: pd.DataFrame, table: pd.DataFrame, crowd: Crowd) -> list[dict[str, object]]:
    """Return text, targets, members on each, and first uses of some frames, as JSON types."""
    listed: list[dict[str, object]] = []
    for frame in table.index:
        own = mine[mine["frame"] == frame]
        parts = own.groupby("target_id")["time"].agg(first="min", members="size").sort_values("first")
        listed.append({
            "text": str(own["masked"].iloc[0])[:EXCERPT],
            "targets": {
                str(target): f"{members} members from {crowd.moment(first):%Y-%m-%d %H:%M}Z"
                for target, first, members in parts.itertuples()
            },
        })  # fmt: skip
    return listed


def _finding(crowd: Crowd, members: Ints, figures: _Figures, posts: pd.DataFrame) -> Finding:
    own = posts[(posts["frame"] == figures.main) & posts["account"].isin(members)]
    first = own.drop_duplicates(["account", "target_id"])
    turned = first["time"]
    if figures.found:
        turned = first.loc[first["target_id"] == figures.sequence.index[1], "time"]
    low, middle, high = np.percentile(turned, [2.5, 50, 97.5]) if len(turned) else (0.0, 0.0, 0.0)
    return Finding(
        kind="frame reuse", targets=[str(target) for target in figures.sequence.index], cohort=figures.cohort,
        date=crowd.moment(middle), date_low=crowd.moment(low), date_high=crowd.moment(high),
        statistic_name="accounts beyond the first that put a frame on a further target", statistic=figures.statistic,
        effect_name="share of accounts that use frames found on several targets, cohort less matched others",
        effect=figures.use.effect[0], effect_low=figures.use.effect[1], effect_high=figures.use.effect[2],
        p=figures.p, any_p=figures.p, large=figures.found, judge=partial(_judge, figures), details=_details(figures),
        evidence=_evidence(first, figures),
    )  # fmt: skip


def _evidence(first: pd.DataFrame, figures: _Figures) -> list[str]:
    """Return members' first uses of the main frame, as many of each of its targets, in the order of the sequence."""
    targets = len(figures.sequence)
    parts = [
        first.loc[first["target_id"] == target, "post_id"].head(EVIDENCE // targets)
        for target in figures.sequence.index
    ]
    return [str(post) for part in parts for post in part]


def _details(figures: _Figures) -> dict[str, object]:
    names = ("shared_by_members", "of_them_on_several_targets", "shared_outside", "of_those_on_several_targets")
    more, most = figures.shared[:2], figures.shared[2:]
    table = [[side[1], side[0] - side[1]] for side in (more, most)]
    return {
        "frames": {f"frame {n}": frame for n, frame in enumerate(figures.reused, start=1)},
        "expected_statistic": figures.expected, "controls": figures.controls,
        "share_of_members": figures.use.inside, "share_of_controls": figures.use.outside, "mean_score": figures.score,
        "shared_frames": dict(zip(names, figures.shared, strict=True))
        | {"p": float(fisher_exact(table, alternative="greater").pvalue)},
    }  # fmt: skip


def _judge(figures: _Figures, q: float) -> Judgement:
    """Return *coordinated frame reuse* if q ≤ alpha and the main frame takes a side.

    *Common idiom*, where controls use such frames at least half as often; *shared template*, where it takes none.
    """
    if figures.found and 2 * figures.use.outside >= figures.use.inside:
        verdict = "common idiom"
    elif q > figures.alpha or not figures.found:
        verdict = "inconclusive"
    else:
        verdict = "shared template" if abs(figures.score) < NEUTRAL else "coordinated frame reuse"
    caveats = [
        "A phrase may come from a source that the cohort reads and others do not.",
        "The cohort was found by shared texts; that it shares this frame at all is no news, only that it does so on "
        "several targets.",
    ]
    return Judgement(verdict, _reasons(figures, q), caveats)


def _reasons(figures: _Figures, q: float) -> list[str]:
    side = "at most" if q <= figures.alpha else "above"
    steps = [f"{figures.names.get(str(t), t)} ({row.members} members)" for t, row in figures.sequence.iterrows()]
    alike = "share frames and name targets as often" if figures.copiers else "name targets as often"
    reused, shared, common, outside = figures.shared[1], figures.shared[0], figures.shared[3], figures.shared[2]
    return [
        f"Cohort {figures.cohort} puts one frame on {', then '.join(steps)}: “{figures.excerpt}”.",
        f"On further targets its members use frames {figures.statistic:.0f} times beyond the first account; accounts "
        f"in no cohort that {alike} would {figures.expected:.1f} times (p = {figures.p:.3g}; "
        f"q = {q:.3g}, {side} {figures.alpha:g}).",
        f"{figures.use.inside:.0%} of its members and {figures.use.outside:.0%} of {figures.controls} controls use "
        "frames found on several targets.",
        f"Of {shared} frames that members share, {reused} are on several targets; of {outside} shared outside, "
        f"{common}.",
    ]
