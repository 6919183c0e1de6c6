"""Planted lives of narratives: how well we and four other ways find them, on the same vectors, and at what cost.

Run from the root of the repository: ``python -m benchmarks.lives --seeds 5`` (needs bertopic and umap-learn besides).
Prints Markdown tables. Every way gets the same vectors (built-in encoder); the time is that of clustering and tracking,
on one core (set OMP_NUM_THREADS and NUMBA_NUM_THREADS to 1), without imports, compilation and the loading of the
dictionary of base forms. The sizes named `tuned` had the highest macro-F1 of those in `GRID` on seed 1; nothing was
chosen on the seeds reported.

The others name topics or link clusters and stop there. What happens to their tracks is read off by the plain rules of
`transitions_of`, which are ours without the blended similarity and the people: a track's first and last window are
birth and death, adjoining windows that differ by half are growth or shrinkage, a gap is a revival, and a birth (or an
end) within cosine 0.7 of a cluster of the window before (after) is a split (merger).
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
from bertopic import BERTopic
from bertopic.backend import BaseEmbedder
from hdbscan import HDBSCAN
from numpy.typing import NDArray
from umap import UMAP

import narratives
from narratives.cluster import Clustered, cluster_windows
from narratives.config import Study
from narratives.embed import Vectors
from narratives.groups import group_texts
from narratives.morphology import lemma
from narratives.simulation.evaluate import Truth, score_lives
from narratives.text import text_key
from narratives.track import track_narratives
from narratives.windows import make_windows, place

FIRST_SEED = 100
LINK = 0.7  # cosine, BERTrend's default and that of BERTopic's merge_models
RESIZED, MAX_GAP = 1.5, 3
WARM_UP = 5_000  # rows; below 4,096 UMAP compares all, and compiles no search
COLUMNS = {
    "ami": "AMI", "ami_clustered": "AMI of clustered", "coverage": "coverage", "purity": "purity",
    "background_clustered": "background clustered",
    "birth_f1": "birth", "growth_f1": "growth", "shrinkage_f1": "shrinkage", "split_f1": "split", "merge_f1": "merge",
    "death_f1": "death", "revival_f1": "revival", "event_macro_f1": "macro-F1", "idf1": "IDF1",
    "identity_switches": "switches", "seconds": "seconds",
}  # fmt: skip


@dataclass(frozen=True)
class Corpus:
    """What every way starts from: posts in time order with language and window, and a unit vector of each."""

    posts: pd.DataFrame
    vectors: NDArray[np.float32]
    by_key: Vectors
    study: Study
    truth: Truth


@dataclass(frozen=True)
class Found:
    """What a way found: three tables, and the seconds it took."""

    membership: pd.DataFrame
    tracks: pd.DataFrame
    transitions: pd.DataFrame
    seconds: float


def make(seed: int) -> Corpus:
    made = narratives.simulate("lives", seed=seed)
    study = Study.model_validate(made.study)
    key = made.posts["text"].map(text_key)
    posts = made.posts.assign(
        text_key=key, lang=narratives.detect_language(made.posts["text"].tolist())["lang"].to_numpy()
    )
    posts = posts.assign(window_id=place(posts["created_at"], make_windows(posts["created_at"], study))[1])
    texts = posts.drop_duplicates("text_key").sort_values("text_key")
    encoder = narratives.load_encoder("builtin")
    by_key = Vectors(pd.Index(texts["text_key"]), encoder.encode(texts["text"].tolist()), "builtin")
    truth = Truth(made.truth_posts, made.truth_accounts, made.truth_findings, made.truth_events)
    return Corpus(posts, by_key.of(posts["text_key"]), by_key, study, truth)


def ours(corpus: Corpus, changes: dict[str, dict[str, object]] | None = None) -> Found:
    """Our stages from copies to tracks, with `changes` of the study's sections."""
    began = time.perf_counter()
    sections = {name: getattr(corpus.study, name).model_copy(update=values) for name, values in (changes or {}).items()}
    corpus = replace(corpus, study=corpus.study.model_copy(update=sections))
    windows, found = _clustered(corpus)
    tracked = track_narratives(found.clusters, found.membership, corpus.posts, windows, corpus.by_key, corpus.study)
    seconds = time.perf_counter() - began
    return Found(found.membership, tracked.tracks, tracked.transitions, seconds)


def bertopic_over_time(corpus: Corpus, min_topic_size: int = 10) -> Found:
    """One BERTopic model of everything; a topic is a track."""
    began = time.perf_counter()
    texts, windows = corpus.posts["text"].tolist(), corpus.posts["window_id"].tolist()
    model = _bertopic(min_topic_size)
    topics, _ = model.fit_transform(texts, corpus.vectors)
    model.topics_over_time(texts, windows)
    return _from_topics(corpus, np.asarray(topics), began)


def bertopic_merged(corpus: Corpus, min_topic_size: int = 10) -> Found:
    """One BERTopic model per window, merged; a topic of the merged model is a track."""
    began = time.perf_counter()
    models, order = [], []
    for _, rows in corpus.posts.reset_index(drop=True).groupby("window_id"):
        models.append(_bertopic(min_topic_size).fit(rows["text"].tolist(), corpus.vectors[rows.index]))
        order += rows.index.tolist()
    topics = np.empty(len(order), np.int64)
    topics[order] = BERTopic.merge_models(models, min_similarity=LINK).topics_
    return _from_topics(corpus, topics, began)


def greedy(corpus: Corpus) -> Found:
    """Our clusters; consecutive windows are linked by cosine, the nearest pair first (as BERTrend does)."""
    began = time.perf_counter()
    found = _clustered(corpus)[1]
    membership, clusters = found.membership, found.clusters
    windows = [part for _, part in clusters.groupby("window_id")]
    track = {name: name for name in windows[0]["cluster_id"]}
    for before, after in pairwise(windows):
        cosine = np.vstack([*before["centroid"]]) @ np.vstack([*after["centroid"]]).T
        while cosine.max() >= LINK:
            i, j = np.unravel_index(cosine.argmax(), cosine.shape)
            track[after["cluster_id"].iloc[j]] = track[before["cluster_id"].iloc[i]]
            cosine[i, :] = cosine[:, j] = -1
        for name in after["cluster_id"]:
            track.setdefault(name, name)
    return _found(membership, clusters, clusters["cluster_id"].map(track), began)


def umap_of_centroids(corpus: Corpus) -> Found:
    """Our clusters; the centroids of all windows are clustered by UMAP and HDBSCAN (as ANTM does)."""
    began = time.perf_counter()
    found = _clustered(corpus)[1]
    membership, clusters = found.membership, found.clusters
    reduced = UMAP(n_components=5, min_dist=0.0, metric="cosine", random_state=0, n_jobs=1).fit_transform(
        np.vstack([*clusters["centroid"]])
    )
    label = HDBSCAN(min_cluster_size=2).fit_predict(reduced)
    track = pd.Series(np.where(label >= 0, label.astype(str), clusters["cluster_id"]), index=clusters.index)
    return _found(membership, clusters, track, began)


def _bertopic(min_topic_size: int) -> BERTopic:
    """Return a model with BERTopic's standard settings, seeded, and such that it loads no language model."""
    reducer = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0, n_jobs=1)
    return BERTopic(
        language="multilingual", embedding_model=BaseEmbedder(), umap_model=reducer, min_topic_size=min_topic_size
    )


def _clustered(corpus: Corpus) -> tuple[pd.DataFrame, Clustered]:
    """Return our windows and their clusters, copies grouped first."""
    windows = make_windows(corpus.posts["created_at"], corpus.study)
    groups = group_texts(corpus.posts, corpus.study.copies).text_groups
    posts = corpus.posts.drop(columns="window_id").merge(groups, on="text_key")
    return windows, cluster_windows(posts, windows, corpus.by_key, corpus.study)


def _from_topics(corpus: Corpus, topics: NDArray[np.int64], began: float) -> Found:
    """Return the tables of a topic per post, −1 for none; a cluster is a topic in a window."""
    window = corpus.posts["window_id"].astype(str).to_numpy()
    name = pd.Series([f"{w}-{t}" if t >= 0 else None for w, t in zip(window, topics, strict=True)])
    posts = corpus.posts[["post_id", "window_id"]].assign(cluster_id=name.to_numpy(), topic=topics)
    inside = posts[posts["topic"] >= 0]
    clusters = inside.groupby("cluster_id").agg(
        window_id=("window_id", "first"), n_posts=("post_id", "size"), topic=("topic", "first")
    )
    rows = {name: corpus.vectors[places].mean(axis=0) for name, places in _places(posts).items()}
    clusters["centroid"] = [rows[name] / np.linalg.norm(rows[name]) for name in clusters.index]
    clusters = clusters.reset_index()
    return _found(posts.drop(columns="topic"), clusters, clusters["topic"].astype(str), began)


def _places(posts: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    return posts.reset_index(drop=True).groupby("cluster_id").indices


def _found(membership: pd.DataFrame, clusters: pd.DataFrame, track: pd.Series, began: float) -> Found:
    clusters = clusters.assign(track_id=track.to_numpy())
    tracks = clusters.groupby("track_id")["cluster_id"].agg(list).rename("clusters").reset_index()
    seconds = time.perf_counter() - began
    return Found(membership, tracks, pd.DataFrame(transitions_of(clusters)), seconds)


def transitions_of(clusters: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield the transitions of given tracks. Of several clusters of a track in a window the largest stands for all."""
    clusters = clusters.assign(total=clusters.groupby(["track_id", "window_id"])["n_posts"].transform("sum"))
    clusters = clusters.sort_values(["window_id", "n_posts", "cluster_id"], ascending=[True, False, True])
    heads = clusters.drop_duplicates(["track_id", "window_id"])
    last = clusters["window_id"].max()
    for _, life in heads.groupby("track_id"):
        yield _start(life.iloc[0], heads)
        for (_, before), (_, after) in pairwise(life.iterrows()):
            yield _row(_continuation(before, after), after["window_id"], before["cluster_id"], after["cluster_id"])
        if life["window_id"].iloc[-1] + MAX_GAP <= last:
            yield _end(life.iloc[-1], heads)


def _continuation(before: pd.Series, after: pd.Series) -> str:
    ratio = after["total"] / before["total"]
    if after["window_id"] - before["window_id"] > 1:
        return "revival"
    return "growth" if ratio >= RESIZED else "shrinkage" if ratio <= 1 / RESIZED else "survival"


def _start(first: pd.Series, heads: pd.DataFrame) -> dict[str, object]:
    near = _nearest(first, heads[heads["window_id"] == first["window_id"] - 1])
    return _row("birth" if near is None else "split", first["window_id"], near, first["cluster_id"])


def _end(final: pd.Series, heads: pd.DataFrame) -> dict[str, object]:
    near = _nearest(final, heads[heads["window_id"] == final["window_id"] + 1])
    return _row("death" if near is None else "merge", final["window_id"] + 1, final["cluster_id"], near)


def _nearest(cluster: pd.Series, others: pd.DataFrame) -> str | None:
    if others.empty:
        return None
    cosine = np.vstack([*others["centroid"]]) @ cluster["centroid"]
    return str(others["cluster_id"].iloc[cosine.argmax()]) if cosine.max() >= LINK else None


def _row(kind: str, window: int, source: str | None, target: str | None) -> dict[str, object]:
    return {"kind": kind, "window_id": window, "source": source, "target": target}


WAYS: dict[str, Callable[[Corpus], Found]] = {
    "narratives": ours,
    "BERTopic, topics over time": bertopic_over_time,
    "BERTopic, topics over time, tuned": lambda corpus: bertopic_over_time(corpus, 120),
    "BERTopic per window, merged": bertopic_merged,
    "BERTopic per window, merged, tuned": lambda corpus: bertopic_merged(corpus, 25),
    "our clusters, greedy cosine": greedy,
    "our clusters, UMAP of centroids": umap_of_centroids,
}
ABLATIONS: dict[str, dict[str, dict[str, object]]] = {
    "as it is": {},
    "no earlier windows": {"clustering": {"context": 0}},
    "copies are only equal words": {"copies": {"similarity": 1.0}},
    "noise joins nothing": {"clustering": {"min_similarity": 1.0}},
    "PCA 30": {"clustering": {"reduce_to": 30}},
    "PCA 100": {"clustering": {"reduce_to": 100}},
    "clusters without accounts": {"clustering": {"camps": False}},
    "tracks without accounts": {"tracking": {"account_weight": 0.0}},
    "tracks without keywords": {"tracking": {"keyword_weight": 0.0}},
    "tracks without centroids": {"tracking": {"centroid_weight": 0.0}},
    "tracks by centroids alone": {"tracking": {"account_weight": 0.0, "keyword_weight": 0.0}},
}
GRID = {bertopic_over_time: (10, 30, 60, 120), bertopic_merged: (10, 15, 25)}


def score(found: Found, truth: Truth) -> dict[str, float]:
    return score_lives(found.membership, found.tracks, found.transitions, truth) | {"seconds": found.seconds}


def grid(corpus: Corpus) -> None:
    """Print the scores of the settings that `tuned` was chosen from."""
    for way, sizes in GRID.items():
        for size in sizes:
            scores = score(way(corpus, size), corpus.truth)
            print(way.__name__, size, {name: round(scores[key], 3) for key, name in COLUMNS.items()}, flush=True)


def markdown(table: pd.DataFrame) -> str:
    lines = [["", *table.columns], ["---", *["---:"] * table.shape[1]]]
    lines += [
        [str(name), *(f"{value:.2f}" for value in row)] for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--only", nargs="*", help="names of ways")
    parser.add_argument("--grid", action="store_true", help="what `tuned` was chosen from, on seed 1")
    parser.add_argument("--ablations", action="store_true", help="ours, with one thing changed at a time")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    reducer = UMAP(metric="cosine", random_state=0, n_jobs=1)
    reducer.fit(np.random.default_rng(0).random((WARM_UP, 20)))  # compiles it, with the search of neighbours
    lemma("слово")
    if options.grid:
        grid(make(1))
        return
    ways = WAYS
    if options.ablations:
        ways = {name: partial(ours, changes=changes) for name, changes in ABLATIONS.items()}
    rows = []
    for seed in range(options.first, options.first + options.seeds):
        corpus = make(seed)
        for name in options.only or ways:
            rows.append({"way": name, "seed": seed} | score(ways[name](corpus), corpus.truth))
            print(rows[-1], file=sys.stderr, flush=True)
    every = pd.DataFrame(rows).drop(columns="seed").groupby("way", sort=False)
    worst = every.min().assign(**every[["background_clustered", "identity_switches", "seconds"]].max())
    for title, table in (("mean", every.mean()), ("worst", worst)):
        print(f"\n## {title} of {options.seeds} seeds\n\n{markdown(table[list(COLUMNS)].rename(columns=COLUMNS))}")


if __name__ == "__main__":
    main()
