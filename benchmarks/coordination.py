"""Our account network beside the peers' rules on the same simulated corpora, and its cost on a large one.

    python -m benchmarks.coordination [--seeds 30]
    python -m benchmarks.coordination --scale
    python -m benchmarks.coordination --reposts 10_000_000

Prints Markdown tables. The peers' rules are written here from their papers and manuals, but for QUT's toolkit, which
runs itself (``pip install coordination-network-toolkit``; its columns are left out where it is not installed). A peer
accuses the accounts that keep an edge; we accuse those in a cohort, at the default settings. Each peer is shown at its
documented defaults, and at the setting of a grid (windows, and also the threshold of an edge) that is best in each
condition: chosen by the truth, so better than a user of it can do. The narratives of these corpora are the planted
topics, without error; CooRTweet gets them too, as objects.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, triu
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer

from benchmarks.reversal import markdown
from narratives import tables
from narratives.config import Coordination
from narratives.coordination import detect_coordination
from narratives.copies import normalise
from narratives.measure import measured
from tests.coordination.planted import DAY, DAYS, TOPICS, Corpus, members, tabulate, words

try:
    from coordination_network_toolkit import compute_networks, preprocess
except ImportError:
    compute_networks = None

SIZE = 24  # accounts of a planted cohort, of 240
WINDOWS = (10, 60, 600, DAY)  # seconds
Tables = tuple[pd.DataFrame, pd.DataFrame]
Accused = dict[str, set[str]]  # by setting; the documented defaults come first


class Exact(Corpus):
    """A corpus in which copies are letter by letter."""

    def _retouched(self, line: list[str]) -> list[str]:
        return line


def honest(corpus: Corpus, copiers: bool) -> Corpus:
    return corpus.habits().copied(60, 0.3) if copiers else corpus.habits()


def copies(kind: type[Corpus], times: int, copiers: bool) -> Callable[[np.random.Generator], Tables]:
    return lambda rng: honest(kind(rng), copiers).cohort(SIZE, times, copy=True).tables()


def paraphrases(copiers: bool) -> Callable[[np.random.Generator], Tables]:
    return lambda rng: honest(Corpus(rng), copiers).shocks(5).cohort(SIZE, 20, copy=False).tables()


def viral(rng: np.random.Generator) -> Tables:
    """Four texts that 200 of 240 accounts copy within ten minutes, each of them with the chance .9."""
    return Corpus(rng).habits().cohort(200, 4, copy=True).tables()


def agency(rng: np.random.Generator) -> Tables:
    """Twenty lines that nine in ten accounts quote within the hour."""
    corpus = Corpus(rng).habits()
    for _ in range(20):
        corpus._together(rng.random(corpus.accounts) < 0.9, 3600, copy=True)
    return corpus.tables()


def loud(rng: np.random.Generator) -> Tables:
    """Honest copiers, and one account that posts 1,500 times more and copies every second copied post in a minute."""
    corpus = honest(Corpus(rng), copiers=True)
    lines = [row for row in corpus.rows if row[3] is not None]
    corpus.rows += [(0, t, int(rng.integers(TOPICS)), None) for t in rng.uniform(0, DAYS * DAY, 1_500)]
    corpus.rows += [(0, time + 60, topic, text) for _, time, topic, text in lines[::2]]
    return corpus.tables()


def club(rng: np.random.Generator, *, repost: bool) -> Tables:
    """Thirty fans who pass on every second of their idol's forty lines 2 to 12 hours later."""
    corpus = Corpus(rng).habits()
    first = len(corpus.rows)
    for start in rng.uniform(0, (DAYS - 1) * DAY, 40):
        topic, line = int(rng.integers(TOPICS)), " ".join(words(rng, 12))
        fans = 1 + np.flatnonzero(rng.random(30) < 0.5)
        corpus.rows.append((0, start, topic, line))
        corpus.rows += [(int(fan), start + rng.uniform(2, 12) * 3600, topic, line) for fan in fans]
    posts, membership = corpus.tables()
    passed = (posts.index >= first) & posts["author_id"].ne("a000") & repost
    original = posts[first:].drop_duplicates("text").set_index("text")["post_id"]
    posts["is_repost"], posts["repost_of"] = passed, posts["text"].map(original).where(passed)
    return tables.check("posts", posts), membership


def newsroom(rng: np.random.Generator) -> Tables:
    """Five editors who post the same forty headlines within five minutes."""
    corpus = Exact(rng).habits()
    for _ in range(40):
        corpus._together((np.arange(corpus.accounts) < 5) & (rng.random(corpus.accounts) < 0.9), 300, copy=True)
    return corpus.tables()


PLANTED = {
    f"{name}{', among copiers' if copiers else ''}": make
    for copiers in (False, True)
    for name, make in {
        "exact copies, 10 times": copies(Exact, 10, copiers),
        "exact copies, 5 times": copies(Exact, 5, copiers),
        "near copies, 10 times": copies(Corpus, 10, copiers),
        "near copies, 5 times": copies(Corpus, 5, copiers),
        "paraphrases, 20 times": paraphrases(copiers),
    }.items()
}
HONEST: dict[str, Callable[[np.random.Generator], Tables]] = {
    "own words only": lambda rng: honest(Corpus(rng), copiers=False).tables(),
    "copiers": lambda rng: honest(Corpus(rng), copiers=True).tables(),
    "news shocks": lambda rng: Corpus(rng).habits().shocks(40).tables(),
    "viral texts": viral,
    "news agency": agency,
    "loud account": loud,
    "fan club that reposts": lambda rng: club(rng, repost=True),
    "fan club that copies": lambda rng: club(rng, repost=False),
    "newsroom": newsroom,
}


def ours(posts: pd.DataFrame, membership: pd.DataFrame) -> Accused:
    cohorts = detect_coordination(posts, membership, Coordination(), seed=0).cohorts
    return {"defaults": set(cohorts["author_id"])}


def coortweet(posts: pd.DataFrame, objects: dict[str, pd.Series]) -> Accused:
    """CooRTweet (Righetti & Balluff 2025): pairs that share an object within a time window more often than a quantile.

    Objects are taken from accounts with two posts or more (`min_participation`); a pair's weight is the number of its
    posts that meet; the pairs whose weight exceeds the quantile `edge_weight` of all weights are kept.
    """
    found: Accused = {}
    for name, content in objects.items():
        seen = posts[posts.groupby("author_id")["author_id"].transform("size") >= 2].assign(content=content)
        pairs = meetings(seen.dropna(subset="content"))
        for window, quantile in product(WINDOWS, (0.5, 0.9)):
            weight = pairs[pairs["seconds"] <= window].groupby(["source", "target"]).size()
            kept = weight[weight > weight.quantile(quantile)] if len(weight) else weight
            found[f"{name}, {window} s, quantile {quantile}"] = ends(kept.index)
    return found


def meetings(posts: pd.DataFrame) -> pd.DataFrame:
    """Return each pair of posts of one content by two accounts, with the `seconds` between them."""
    side = posts.assign(time=posts["created_at"].astype("int64") / 1e6)[["content", "author_id", "time"]]
    both = side.merge(side, on="content")
    both = both[both["author_id_x"] < both["author_id_y"]]
    pairs = both.rename(columns={"author_id_x": "source", "author_id_y": "target"})[["source", "target"]]
    return pairs.assign(seconds=(both["time_x"] - both["time_y"]).abs())


def ends(pairs: pd.MultiIndex) -> set[str]:
    return {account for pair in pairs for account in pair}


def pacheco(posts: pd.DataFrame, content: pd.Series, support: int) -> Accused:
    """Pacheco et al. (2021): accounts as TF-IDF vectors of contents, and the most similar pairs by cosine.

    Only contents of two accounts or more count, and accounts with `support` of them or more. Of all pairs with a
    cosine above 0 the top share is kept, ties included.
    """
    shared = posts[["author_id"]].assign(content=content)
    shared = shared[shared.groupby("content")["author_id"].transform("nunique") > 1]
    shared = shared[shared.groupby("author_id")["content"].transform("size") >= support]
    names, row = np.unique(shared["author_id"].to_numpy(dtype=object), return_inverse=True)
    column = pd.factorize(shared["content"])[0]
    shares = (0.005, 0.001, 0.01, 0.05, 0.25)
    if not len(names):
        return {f"top {share:.1%}": set() for share in shares}
    vectors = TfidfTransformer().fit_transform(csr_array((np.ones(len(row)), (row, column))))
    pairs = triu(vectors @ vectors.T, k=1).tocoo()
    found: Accused = {}
    for share in shares:
        n = int(np.ceil(share * pairs.nnz))
        kept = pairs.data >= (np.sort(pairs.data)[-n] - 1e-9 if n else np.inf)
        found[f"top {share:.1%}"] = set(names[np.union1d(pairs.row[kept], pairs.col[kept])])
    return found


def alike(posts: pd.DataFrame) -> pd.Series:
    """Return groups of posts that chains of TF-IDF cosines above .7, each within a day, hold together."""
    vectors = TfidfVectorizer().fit_transform(posts["text"])
    pairs = triu(vectors @ vectors.T, k=1).tocoo()
    time = posts["created_at"].astype("int64").to_numpy() / 1e6
    kept = (pairs.data > 0.7) & (np.abs(time[pairs.row] - time[pairs.col]) <= DAY)
    links = coo_array((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=pairs.shape)
    return pd.Series(connected_components(links, directed=False)[1], index=posts.index)


def toolkit(posts: pd.DataFrame, network: str) -> Accused:
    """QUT's Coordination Network Toolkit (Graham et al. 2020) itself, similar texts by a Jaccard index of .8 (not .9).

    Similar texts are not looked for within a day: the toolkit compares all posts in the window, and every cohort here
    posts within ten minutes.
    """
    options = {"min_edge_weight": 2, "n_threads": 1}
    compute, windows = {
        "co_tweet": (partial(compute_networks.compute_co_tweet_network, **options), (60, 10, 600, DAY)),
        "co_similar_tweet": (
            partial(compute_networks.compute_co_similar_tweet, **options, similarity_threshold=0.8),
            (60, 10, 600),
        ),
    }[network]
    seconds = posts["created_at"].astype("int64") / 1e6
    blank = [""] * len(posts)
    found: Accused = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = str(Path(folder) / "posts.db")
        who = (posts["post_id"], posts["author_id"], posts["author_id"])
        rows = zip(*who, posts["repost_of"].fillna(""), blank, posts["text"], seconds, blank, strict=True)
        preprocess.preprocess_data(path, rows)
        for window in windows:
            compute(path, window)
            with contextlib.closing(sqlite3.connect(path)) as base:
                edges = base.execute(f"select user_1, user_2, weight from {network}_network").fetchall()  # noqa: S608
            for least in (2, 4):
                found[f"{window} s, weight {least}"] = ends([(a, b) for a, b, w in edges if w >= least and a != b])
    return found


def methods(posts: pd.DataFrame, membership: pd.DataFrame) -> Iterator[tuple[str, Accused]]:
    """Yield each method's answers."""
    texts = {"text": posts["text"], "normalised text": posts["text"].map(normalise)}
    narrative = posts["post_id"].map(tables.one_per_post(membership).set_index("post_id")["cluster_id"])
    yield "ours", ours(posts, membership)
    yield "CooRTweet", coortweet(posts, texts)
    yield "CooRTweet, narratives as objects", coortweet(posts, {"narrative": narrative})
    yield "Pacheco, same text", pacheco(posts, texts["normalised text"], 2)
    yield "Pacheco, similar text", pacheco(posts, alike(posts), 2)
    yield "Pacheco, same half hour", pacheco(posts, posts["created_at"].dt.floor("30min"), 8)
    if compute_networks is not None:
        yield "QUT co_tweet", toolkit(posts, "co_tweet")
        yield "QUT co_similar_tweet", toolkit(posts, "co_similar_tweet")


def measure(conditions: dict[str, Callable[[np.random.Generator], Tables]], seeds: int) -> pd.DataFrame:
    """Return a row per condition, seed, method and setting, with its scores against the first `SIZE` accounts."""
    truth = {f"a{i:03d}" for i in range(SIZE)}
    rows = []
    for (condition, make), seed in product(conditions.items(), range(seeds)):
        print(condition, seed, file=sys.stderr, flush=True)
        for method, answers in methods(*make(np.random.default_rng(seed))):
            for setting, accused in answers.items():
                hits = len(accused & truth)
                precision, recall = hits / max(len(accused), 1), hits / SIZE
                f1 = 2 * hits / (len(accused) + SIZE)
                scores = {"precision": precision, "recall": recall, "f1": f1, "accused": len(accused)}
                rows.append({"condition": condition, "method": method, "setting": setting, **scores})
    frame = pd.DataFrame(rows)
    frame["any"] = frame["accused"] > 0
    keys = ["condition", "method", "setting"]
    return frame.groupby(keys, sort=False, as_index=False).mean()


def wide(rows: pd.DataFrame, cell: Callable[[pd.Series], str]) -> pd.DataFrame:
    """Return conditions × methods."""
    cells = rows.assign(cell=rows.apply(cell, axis=1)).pivot_table(
        index="condition", columns="method", values="cell", aggfunc="first", sort=False
    )
    return cells.rename_axis(columns=None).reset_index()


def large(rng: np.random.Generator, accounts: int = 100_000, posts: int = 1_000_000) -> Tables:
    """Return posts of ten weeks by accounts of uneven activity, three in ten of them copies, and twenty cohorts.

    50,000 texts of uneven appeal are copied within days of their first moment. The first 20 times 30 accounts post ten
    lines each cohort within ten minutes. A post's narrative is its week and one of a hundred topics of uneven size.
    """
    lines = 20 * 10
    cohort = np.repeat(np.arange(lines), 30)
    n_copies = 3 * posts // 10
    own = posts - n_copies - len(cohort)
    appeal, loudness = (1 / np.arange(1, n + 1) ** power for n, power in ((50_000, 0.8), (accounts, 0.6)))
    viral = rng.choice(len(appeal), n_copies, p=appeal / appeal.sum())
    firsts, starts = rng.uniform(0, DAYS * DAY, len(appeal)), rng.uniform(0, DAYS * DAY, lines)
    voices = rng.permutation(accounts)[rng.choice(accounts, own + n_copies, p=loudness / loudness.sum())]
    author = np.concatenate([voices, cohort // 10 * 30 + np.tile(np.arange(30), lines)])
    late = firsts[viral] + rng.exponential(DAY / 2, n_copies)
    times = [rng.uniform(0, DAYS * DAY, own), late, starts[cohort] + rng.uniform(0, 600, len(cohort))]
    vocabulary = np.array(words(rng, 50_000))
    texts = np.array(
        [" ".join(row) for row in vocabulary[rng.integers(0, len(vocabulary), (own + 50_000 + lines, 12))]]
    )
    text = np.concatenate([texts[:own], texts[own:-lines][viral], texts[-lines:][cohort]])
    seconds = np.concatenate(times)
    table = tabulate([f"a{a:06d}" for a in author], seconds, text.tolist())
    size = 1 / np.arange(1, 101)
    week, topic = (seconds // (7 * DAY)).astype(int), rng.choice(100, posts, p=size / size.sum())
    clusters = [f"{w}-{t}" for w, t in zip(week, topic, strict=True)]
    return table, members(clusters, week)


def reposts(rng: np.random.Generator, number: int) -> Tables:
    """Return reposts by a thirtieth as many accounts of a 25th as many posts, both uneven, within days, and 20 cohorts.

    The first 20 times 30 accounts pass on ten posts each cohort within 40 seconds.
    """
    accounts, items, lines = number // 30, number // 25, 20 * 10
    loudness, appeal = (1 / np.arange(1, n + 1) ** power for n, power in ((accounts, 0.6), (items, 0.8)))
    voices = rng.permutation(accounts)[rng.choice(accounts, number, p=loudness / loudness.sum())]
    passed = rng.choice(items, number, p=appeal / appeal.sum())
    late = rng.uniform(0, DAYS * DAY, items)[passed] + rng.exponential(DAY / 2, number)
    cohort = np.repeat(np.arange(lines), 30)
    quick = rng.uniform(0, DAYS * DAY, lines)[cohort] + rng.uniform(0, 40, len(cohort))
    author = np.concatenate([voices, cohort // 10 * 30 + np.tile(np.arange(30), lines)])
    item = np.concatenate([passed, items // 2 + rng.permutation(items // 2)[:lines][cohort]])
    names = [f"a{a:06d}" for a in range(accounts)]
    posts = tabulate([names[a] for a in author], np.concatenate([late, quick]), ["да"] * len(author), repost=True)
    posts["repost_of"] = [f"o{i}" for i in item]
    return tables.check("posts", posts), tables.empty("membership")


def scale(corpus: Tables) -> None:
    """Print the wall time and the peak memory of `detect_coordination` on a large corpus, and what it finds."""
    posts, membership = corpus
    with measured() as cost:
        found = detect_coordination(posts, membership, Coordination(), seed=0)
    planted = {f"a{a:06d}" for a in range(600)}
    accused = set(found.cohorts["author_id"])
    row = {
        "accounts": f"{posts['author_id'].nunique():,}",
        "posts": f"{len(posts):,}",
        "seconds": f"{cost.seconds:.0f}",
        "peak MB": f"{cost.peak_mb:,.0f}",
        "edges": f"{len(found.edges):,}",
        "cohorts": found.cohorts["cohort_id"].nunique(),
        "accounts in cohorts": len(accused),
        "of the planted 600": len(accused & planted),
    }
    print(markdown(pd.DataFrame([row])))


def scores(row: pd.Series) -> str:
    return f"{row['f1']:.2f} ({row['precision']:.2f}, {row['recall']:.2f})"


def alarms(row: pd.Series) -> str:
    return f"{row['any']:.0%} ({row['accused']:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30, help="corpora per condition")
    parser.add_argument("--scale", action="store_true", help="the cost on 1,000,000 posts of 100,000 accounts instead")
    parser.add_argument("--reposts", type=int, help="the cost on so many reposts instead")
    options = parser.parse_args()
    if options.reposts is not None:
        scale(reposts(np.random.default_rng(0), options.reposts))
    elif options.scale:
        scale(large(np.random.default_rng(0)))
    else:
        compare(options.seeds)


def compare(seeds: int) -> None:
    """Print the tables of the comparison."""
    if compute_networks is None:
        print("QUT's toolkit is not installed, so its columns are left out.\n")
    planted, clean = measure(PLANTED, seeds), measure(HONEST, seeds)
    keys = ["condition", "method"]
    best = planted.loc[planted.groupby(keys, sort=False)["f1"].idxmax()]
    overall = planted.groupby(["method", "setting"], sort=False)["f1"].mean().groupby("method").idxmax()
    for title, table in {
        "Defaults: F1 of accounts (precision, recall)": wide(planted.groupby(keys, sort=False).head(1).copy(), scores),
        "Best setting of each condition: the same": wide(best, lambda row: f"{scores(row)} {row['setting']}"),
        "Nobody planted, defaults: corpora with anyone accused (mean accounts accused)": wide(
            clean.groupby(keys, sort=False).head(1).copy(), alarms
        ),
        "Nobody planted, each method's best setting over all planted conditions: the same": wide(
            clean[[pair in set(overall) for pair in zip(clean["method"], clean["setting"], strict=True)]].copy(), alarms
        ),
    }.items():
        print(f"### {title}\n\n{markdown(table)}\n")


if __name__ == "__main__":
    main()
