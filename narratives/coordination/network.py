"""Pairs of accounts that share more actions than a degree-preserving null gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack
from scipy.stats import poisson

from narratives.config import Coordination
from narratives.coordination.trace import Floats, Ints, Rhythm, Trace

EVIDENCE = 10  # post pairs kept per edge, the closest in time
PRIOR_POSTS = 20.0  # posts, spread as everybody's, that the null adds to an account's own times
COLUMNS = ["source", "target", "shared", "expected", "p", "q", "source_post", "target_post", "seconds", "rank", "what"]
BLOCK = 20_000_000  # multiplications, or rows, in memory at a time
ROWS = 2_000_000  # of accounts and cells in memory at a time
PAIRS = 20_000  # pairs whose expectation is worked out at a time


def validated_edges(traces: Sequence[Trace], section: Coordination) -> pd.DataFrame:
    """Return the post pairs of every validated edge of one trace, or of several together, with the edge's figures.

    The null is a bipartite configuration model (Saracco et al. 2015) in the approximation of Chung & Lu (2002): within
    a stratum an account takes part in action a with probability k · d(a) · u(a) / Σ_b d(b) · u(b), where k is its own
    number of actions, d an action's number of accounts, and u how much more of its posts than others it makes at the
    action's time; and with no more than `Trace.most`, or twice the share of all accounts that take part in the action.
    The number of actions that a pair shares is then a sum of independent trials, whose upper tail Poisson's of the same
    mean bounds from mean + 1 upwards (Anderson & Samuels 1967); and the mean counts touching actions, of which those
    further apart than the window are no meeting. Both make p too large rather than too small. Chung & Lu's error goes
    both ways: where a hub's probability would exceed 1, hubs get too much and quiet accounts too little.

    Of several traces both the shared actions and their means are added up, a post of each side counts once, and a pair
    must meet in two traces at least. q is Benjamini & Hochberg's (1995) over all pairs of accounts that have as many
    actions as an edge needs, a number that the null keeps (Bourgon et al. 2010); pairs that share nothing have p = 1.

    Returns
    -------
    One row per kept post pair: `source`, `target` (account codes, source < target), `shared`, `expected`, `p`, `q`,
    `source_post`, `target_post`, `seconds`, `rank` (0, 1, … by closeness within the edge), and `what` was shared.
    """
    actions = [np.bincount(trace.visits["author"], minlength=trace.n_authors) for trace in traces]
    able = np.sum(actions, axis=0) >= section.min_shared
    left, right, bound = _candidates(traces, section.min_shared)
    left, right, bound = (part[able[left] & able[right]] for part in (left, right, bound))
    if not len(left):
        return pd.DataFrame(columns=COLUMNS)
    expected = np.sum([_expected(trace, left, right) for trace in traces], axis=0)
    possible = poisson.sf(bound - 1, expected) <= section.alpha
    left, right, expected = left[possible], right[possible], expected[possible]
    meetings = _together([_meetings(trace, left, right) for trace in traces])
    shared = np.bincount(meetings["pair"], minlength=len(left))
    edges = pd.DataFrame({"source": left, "target": right, "shared": shared, "expected": expected})
    edges["p"] = poisson.sf(shared - 1, expected)
    tested = int(able.sum())
    edges["q"] = _q_values(edges["p"].to_numpy(), tested * (tested - 1) // 2)
    kept = edges[(edges["q"] <= section.alpha) & (edges["shared"] >= section.min_shared)]
    found = kept.merge(meetings, left_index=True, right_on="pair")
    kind = np.array([trace.kind for trace in traces], dtype=object)[found.pop("trace")]
    return found.assign(what=kind + " " + found["what"].astype(str)).drop(columns="pair")


def _candidates(traces: Sequence[Trace], least: int) -> tuple[Ints, Ints, Ints]:
    """Return pairs (left < right) with at least `least` touching actions, and how many; they share no more."""
    took = [_took(trace) for trace in traces]
    near = hstack([one @ trace.touching for one, trace in zip(took, traces, strict=True)], format="csr")
    took = hstack(took, format="csr")
    work = took @ near.sum(axis=0)
    found = [np.empty((3, 0))]
    for start, stop in _blocks(work):
        product = (took[start:stop] @ near.T).tocoo()
        row = product.row.astype(np.int64) + start
        keep = (product.col > row) & (product.data >= least)
        found.append(np.stack([row[keep], product.col[keep], product.data[keep]]))
    left, right, count = np.concatenate(found, axis=1).astype(np.int64)
    order = np.lexsort((right, left))
    return left[order], right[order], count[order]


def _took(trace: Trace) -> csr_array:
    """Return accounts × actions, 1 where the account takes part."""
    visits, shape = trace.visits, (trace.n_authors, trace.touching.shape[0])
    return csr_array((np.ones(len(visits)), (visits["author"], visits["action"])), shape=shape)


def _blocks(work: Floats, block: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Cut rows into runs of about `block` work each; a single row may be more."""
    number = np.cumsum(work) // block
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(work)]
    return pairwise(cuts)


def _expected(trace: Trace, left: Ints, right: Ints) -> Floats:
    """Return the mean number of touching actions of each pair under the null."""
    profile = _profiles(trace, np.union1d(left, right))
    parts = [
        np.asarray(profile[left[start : start + PAIRS]].multiply(profile[right[start : start + PAIRS]]).sum(axis=1))
        for start in range(0, len(left), PAIRS)
    ]
    return np.concatenate([np.empty(0), *parts])


def _profiles(trace: Trace, accounts: Ints) -> csr_array:
    """Return accounts × cells (stratum, slot, class of size): the product of two rows is the pair's expectation."""
    size = trace.visits.groupby("action").size().reindex(range(trace.touching.shape[0]), fill_value=0).to_numpy()
    visits = trace.visits.assign(
        size=size[trace.visits["action"]], when=trace.visits.groupby(["stratum", "slot"]).ngroup()
    )
    visits["crowd"] = (trace.touching @ size)[visits["action"]]
    visits["class"] = np.log2(visits["size"]).astype(int) if (trace.most < 1).any() else 0
    cells = visits.groupby(["stratum", "slot", "when", "class"], as_index=False).agg(
        visits=("crowd", "size"), crowd=("crowd", "sum"), size=("size", "mean")
    )
    cells["cell"] = np.arange(len(cells))
    seen = csr_array((np.ones(len(visits)), (visits["author"], visits["when"])), shape=(trace.n_authors, len(cells)))
    taken = visits[visits["author"].isin(accounts)].groupby(["author", "stratum"]).size().reset_index(name="k")
    if taken.empty:  # in a trace of several, in which none of them takes part
        return csr_array((trace.n_authors, len(cells)))
    work = taken["stratum"].map(cells.groupby("stratum").size()).to_numpy()
    parts = [_cells_of(trace, taken[start:stop], cells, seen) for start, stop in _blocks(work, ROWS)]
    author, cell, values = np.concatenate(parts, axis=1)
    return csr_array((values, (author.astype(int), cell.astype(int))), shape=(trace.n_authors, len(cells)))


def _cells_of(trace: Trace, taken: pd.DataFrame, cells: pd.DataFrame, seen: csr_array) -> Floats:
    """Return account, cell and its part of the expectation for each account and stratum in `taken`; (3, rows)."""
    rows = taken.assign(row=np.arange(len(taken))).merge(cells, on="stratum")
    rows["own"] = np.asarray(seen[rows["author"], rows["when"]]) > 0
    times = np.prod([_time_factor(rhythm, rows) for rhythm in trace.rhythms], axis=0)
    total = np.bincount(rows["row"], weights=rows["visits"] * times)[rows["row"]]
    spread = np.maximum(total, rows["stratum"].map(trace.least).fillna(0.0))
    posts = trace.rhythms[0].counts.sum(axis=1)
    rate = times * (rows["k"] / spread + (1 - total / spread) * posts[rows["author"]] / posts.sum())
    most = np.maximum(trace.most[rows["author"]], 2 * rows["size"] / trace.n_accounts)
    return np.stack([rows["author"], rows["cell"], np.minimum(rate, most / rows["size"]) * np.sqrt(rows["crowd"])])


def _time_factor(rhythm: Rhythm, rows: pd.DataFrame) -> Floats:
    """Return how much more of its posts an account makes at a slot's time than everybody does, shrunk towards 1.

    Where it has an action of its `own` in the slot, that post is left out: it must not explain itself.
    """
    counts, time, author, left_out = rhythm.counts, rhythm.time[rows["slot"]], rows["author"].to_numpy(), rows["own"]
    common = counts.sum(axis=0) / counts.sum()
    own = (np.asarray(counts[author, time]) - left_out) / common[time]
    factor: Floats = (own + PRIOR_POSTS) / (counts.sum(axis=1)[author] - left_out + PRIOR_POSTS)
    return factor


def _q_values(p: Floats, tests: int) -> Floats:
    """Return q-values (Benjamini & Hochberg 1995) of the smallest p-values of `tests` tests."""
    order = np.argsort(p, kind="stable")
    raised = p[order] * tests / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return np.minimum(q, 1.0)


def _meetings(trace: Trace, left: Ints, right: Ints) -> pd.DataFrame:
    """Return the post pairs within `window`, each action (or what is said `once`) of each side at most once.

    One row per meeting, the closest first: `pair` (position in `left`), `source_post`, `target_post`, `seconds`,
    `rank`, and the action or text that is shared, a number, as `what`.
    """
    posts = trace.posts
    bounds = np.searchsorted(posts["author"], np.arange(trace.n_authors + 1))
    size = np.diff(bounds)
    swap = size[left] > size[right]  # walk through the posts of the quieter account
    few, many = np.where(swap, right, left), np.where(swap, left, right)
    parts = [_nearest(trace, few[a:b], many[a:b], bounds).assign(base=a) for a, b in _blocks(size[few])]
    near = pd.concat(parts, ignore_index=True)
    near["pair"] += near.pop("base")
    once, name = posts["once" if "once" in posts else "action"].to_numpy(), posts["post_id"].to_numpy()
    flip = swap[near["pair"]]
    near["source_post"] = name[np.where(flip, near["there"], near["here"])]
    near["target_post"] = name[np.where(flip, near["here"], near["there"])]
    near = near.assign(first=once[near["here"]], second=once[near["there"]])
    near = near.sort_values(["pair", "seconds", "source_post", "target_post"])
    near = near.drop_duplicates(["pair", "first"]).drop_duplicates(["pair", "second"])
    if "source" in posts:
        near = _without_main_source(near.assign(source=posts["source"].to_numpy()[near["here"]]), trace.main)
    near["rank"] = near.groupby("pair").cumcount()
    near = near.rename(columns={"first": "what"})
    return near[["pair", "source_post", "target_post", "seconds", "rank", "what"]]


def _without_main_source(near: pd.DataFrame, share: float) -> pd.DataFrame:
    """Leave out each pair's meetings in its main source, the first of equal ones, if more than a `share` are there."""
    count = near.groupby(["pair", "source"]).size()
    main = count.loc[count.groupby("pair").idxmax()].reset_index(level="source", name="size")
    main = main[main["size"] > share * count.groupby("pair").sum()]
    return near[near["source"].ne(near["pair"].map(main["source"]))]


def _together(meetings: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the meetings of all traces, `trace` by number: of several, those of pairs that meet in two at least.

    Each post of a pair is counted once.
    """
    every = pd.concat([found.assign(trace=i) for i, found in enumerate(meetings)], ignore_index=True)
    if len(meetings) == 1:
        return every
    every = every.drop_duplicates(["pair", "source_post"]).drop_duplicates(["pair", "target_post"])
    every = every[every.groupby("pair")["trace"].transform("nunique") > 1]
    every = every.sort_values(["pair", "seconds", "source_post", "target_post"])
    return every.assign(rank=every.groupby("pair").cumcount())


def _nearest(trace: Trace, few: Ints, many: Ints, bounds: Ints) -> pd.DataFrame:
    """Return for each post of `few` the nearest post of `many` on the same key, if within `window`."""
    posts = trace.posts
    size = bounds[few + 1] - bounds[few]
    pair = np.repeat(np.arange(len(few)), size)
    here = np.arange(size.sum()) + np.repeat(bounds[few] - np.cumsum(size) + size, size)
    key, time = posts["key"].to_numpy(), posts["time"].to_numpy()
    n_keys, rank = key.max() + 1, np.unique(time, return_inverse=True)[1]
    group, codes = np.unique(posts["author"].to_numpy() * n_keys + key, return_inverse=True)
    place = codes * len(rank) + rank
    wanted = many[pair] * n_keys + key[here]
    code = np.searchsorted(group, wanted).clip(max=len(group) - 1)
    met = group[code] == wanted
    pair, here, code = pair[met], here[met], code[met]
    after = np.searchsorted(place, code * len(rank) + rank[here])
    found = []
    for there in (after - 1, after.clip(max=len(place) - 1)):
        gap = np.abs(time[there] - time[here])
        good = (there >= 0) & (codes[there] == code) & (gap <= trace.window)
        frame = {"pair": pair[good], "here": here[good], "there": there[good], "seconds": gap[good] / 1e6}
        found.append(pd.DataFrame(frame))
    return pd.concat(found, ignore_index=True)
